"""The errors of this package.

```
InputError (ledger_core)
├── UnknownFakeError   there is no fake device of that name
└── FakeOptionError    an option or a word typed to a fake device is wrong
UnavailableError (ledger_core)
└── FakeAwayError      a fake device has no connection over which to speak
```
"""

from ledger_core import InputError, UnavailableError


class UnknownFakeError(InputError):
    """There is no fake device of that name."""


class FakeOptionError(InputError):
    """An option or a word typed to a fake device is wrong."""


class FakeAwayError(UnavailableError):
    """A fake device has no connection now; it tries again by itself."""
