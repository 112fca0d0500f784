"""A settings file read into its settings class: all of it fits, or one sentence says what not."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from configuration.checking import Checker
from configuration.environment import with_environment
from configuration.errors import SettingsError
from configuration.shapes import StructT

FILE_SIZE_MAX = 1 << 20
"""A story of a thousand cars takes a tenth of it; more is no settings file. [bytes]"""


def load(
    path: str | Path, shape: type[StructT], *, environment: Mapping[str, str] | None = None
) -> StructT:
    """Return the settings that a TOML file holds.

    Args:
        path: The file; relative paths in it (`FilePath`) are relative to its folder.
        shape: The settings class, a frozen `msgspec.Struct`; keys it does not know are refused.
        environment: Variables that win over the file; None means those of the process. See
            `configuration.environment`.

    Raises:
        SettingsError: The file is missing, unreadable, too large or not TOML, a key is unknown or
            missing, or a value is not of the wanted kind or range.
    """
    table = _parsed(_text(Path(path)), path)
    given = os.environ if environment is None else environment
    table, origins = with_environment(table, shape, given)
    checker = Checker(str(path), folder=Path(path).absolute().parent, origins=origins)
    return msgspec.convert(checker.checked(table, shape), shape)


def _text(path: Path) -> str:
    """Return what stands in a settings file.

    Raises:
        SettingsError: It is missing, unreadable, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_SIZE_MAX + 1)
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file; name an existing one") from error
    except OSError as error:
        raise SettingsError(f"{path}: can not be read: {error.strerror}") from error
    if len(content) > FILE_SIZE_MAX:
        raise SettingsError(f"{path}: is larger than {FILE_SIZE_MAX} bytes, no settings file is")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}: line {line} is not UTF-8 text; save it as UTF-8") from error


def _parsed(text: str, path: str | Path) -> dict[str, Any]:
    """Return the table that a TOML text stands for."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # Also for a number of more digits than Python reads.
        raise SettingsError(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: is nested too deeply to be a settings file") from error
