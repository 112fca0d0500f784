"""Settings by environment variable: `TANGLEWAY_` and the key's path, in capitals, with `_`.

`clock.speed` is `TANGLEWAY_CLOCK_SPEED`, `key_file` is `TANGLEWAY_KEY_FILE`. A variable wins over
the file. Lists of tables can not be set this way. Variables that match no key of the wanted
settings are left alone: several programs share one environment.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from configuration.shapes import accepts_text, struct_of

PREFIX = "TANGLEWAY_"
"""How the project's variables begin."""


def variables(shape: type[msgspec.Struct]) -> dict[str, tuple[str, ...]]:
    """Return the variable of each key that can be set by the environment, with the key's path."""
    return {PREFIX + "_".join(path).upper(): path for path, _ in _leaves(shape, ())}


def with_environment(
    table: dict[str, Any], shape: type[msgspec.Struct], environment: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the file's table with the environment's values in it, and where each came from.

    Args:
        table: What the file says; it is not changed.
        shape: The settings wanted.
        environment: Variables and their values.

    Returns:
        The new table, and the variable's name by dotted key path.
    """
    origins: dict[str, str] = {}
    for path, annotation in _leaves(shape, ()):
        variable = PREFIX + "_".join(path).upper()
        if variable in environment:
            table = _with_value(table, path, _value(environment[variable], annotation))
            origins[".".join(path)] = variable
    return table, origins


def _leaves(
    shape: type[msgspec.Struct], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and annotation of each key that is not a table itself."""
    for field in msgspec.structs.fields(shape):
        inner = struct_of(field.type)
        if inner is None:
            yield (*path, field.encode_name), field.type
        else:
            yield from _leaves(inner, (*path, field.encode_name))


def _value(text: str, annotation: Any) -> Any:  # noqa: ANN401 (annotations have no narrower type)
    """Return what a variable's text means: itself for a text key, else a TOML value."""
    if accepts_text(annotation):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # A number may have more digits than Python reads.
        return text


def _with_value(
    table: dict[str, Any],
    path: tuple[str, ...],
    value: Any,  # noqa: ANN401 (a TOML value)
) -> dict[str, Any]:
    """Return a copy of a table with one value set, deep inside if need be."""
    first, *rest = path
    if not rest:
        return {**table, first: value}
    inner = table.get(first, {})
    if not isinstance(inner, dict):
        return table  # the file has something else there: the shape check will say so
    return {**table, first: _with_value(inner, tuple(rest), value)}
