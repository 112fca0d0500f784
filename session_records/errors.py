"""The errors of this package.

```
InputError (ledger_core)
└── RecordSettingsError   the settings do not say what a record needs
```
"""

from ledger_core import InputError


class RecordSettingsError(InputError):
    """The settings do not say what a record needs to be written."""
