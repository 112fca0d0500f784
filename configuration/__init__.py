"""Settings and key files: what a person writes for a program, checked to the last key.

- `load` reads a TOML file into a frozen settings class (`msgspec.Struct`). A key that the class
  does not know, a wrong type or range, a missing key: one sentence names file, key and what is
  allowed. `FilePath` marks keys whose relative paths are relative to the file.
- Variables `TANGLEWAY_<SECTION>_<KEY>` win over the file (`clock.speed` is
  `TANGLEWAY_CLOCK_SPEED`, a key outside any section is `TANGLEWAY_<KEY>`).
- `dump` writes settings as TOML text that loads into an equal value.
- `read_key` and `write_key` keep a `KeyPair` in a file that its owner alone can read.

Units stand last in a key's name (`timeout_s`), money is in base units, `true` is not a number.
"""

from configuration.dumping import dump
from configuration.environment import variables
from configuration.errors import KeyFileError, SettingsError
from configuration.key_files import read_key, write_key
from configuration.loading import FILE_SIZE_MAX, load
from configuration.shapes import FilePath

__all__ = [
    "FILE_SIZE_MAX",
    "FilePath",
    "KeyFileError",
    "SettingsError",
    "dump",
    "load",
    "read_key",
    "variables",
    "write_key",
]
