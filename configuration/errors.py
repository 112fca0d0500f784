"""The errors of this package: what was written into a file is wrong, so change the file.

```
InputError (ledger_core)
├── SettingsError     a settings file: missing, not TOML, an unknown key, a wrong value
└── KeyFileError      a key file: missing, cut short, not hexadecimal, readable by others
```
"""

from ledger_core import InputError


class SettingsError(InputError):
    """A settings file can not be used; the sentence names file, key and what is allowed."""


class KeyFileError(InputError):
    """A key file can not be used; the sentence never shows what is in it."""
