"""Settings written as TOML text, so that one program can write what another one loads."""

import json
import math
import re
import tomllib
from typing import Any

import msgspec

from configuration.errors import SettingsError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def dump(value: msgspec.Struct) -> str:
    """Return settings as TOML text that loads into an equal value.

    Args:
        value: The settings; keys whose value is None are left out.

    Raises:
        SettingsError: TOML can not say this value (a None where None is not the default, a number
            that is none).
    """
    text = "\n".join(_table(msgspec.to_builtins(value), "")).strip("\n") + "\n"
    try:
        same = msgspec.convert(tomllib.loads(text), type(value)) == value
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(
            f"{type(value).__name__} can not be written as TOML: {error}"
        ) from error
    if not same:
        raise SettingsError(
            f"{type(value).__name__} can not be written as TOML without loss; "
            "leave out keys that are None by choice, not by default"
        )
    return text


def _table(table: dict[str, Any], path: str) -> list[str]:
    """Return the lines of a table: its own keys first, then the tables inside."""
    own = [f"{_key(key)} = {_inline(value)}" for key, value in table.items() if _is_own(value)]
    inner: list[str] = []
    for key, value in table.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(value, dict):
            inner += ["", f"[{name}]", *_table(value, name)]
        elif _is_tables(value):
            for item in value:
                inner += ["", f"[[{name}]]", *_table(item, name)]
    return own + inner


def _is_own(value: Any) -> bool:  # noqa: ANN401 (any value that TOML knows)
    """Say whether a value is written on its key's own line."""
    return value is not None and not isinstance(value, dict) and not _is_tables(value)


def _is_tables(value: Any) -> bool:  # noqa: ANN401
    """Say whether a value is a list of tables."""
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(v, dict) for v in value)
    )


def _inline(value: Any) -> str:  # noqa: ANN401
    """Return a value as TOML writes it within a line."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value) if math.isfinite(value) else str(value)
        case int():
            return str(value)
        case list() | tuple():
            return f"[{', '.join(_inline(item) for item in value)}]"
        case dict():
            pairs = (f"{_key(k)} = {_inline(v)}" for k, v in value.items() if v is not None)
            return f"{{{', '.join(pairs)}}}"
        case _:
            return _quoted(str(value))


def _key(key: str) -> str:
    """Return a key, in quotes where TOML wants them."""
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """Return a basic string; JSON escapes are TOML's, but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
