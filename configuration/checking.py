"""A table held against a settings class, with the path of whatever does not fit.

msgspec decides what fits. It is asked from the leaves upwards, because what it says about a whole
document does not name the item of a list and calls an unknown key by its last part only.
"""

import difflib
import enum
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from configuration.errors import SettingsError
from configuration.shapes import (
    bare,
    is_path,
    items_of,
    known_keys,
    options,
    struct_of,
    structs_of,
    values_of,
)

_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


class Checker:
    """Checks one file's table against a settings class.

    Args:
        file: How errors call the file.
        folder: What relative paths in it are relative to.
        origins: The environment variable by key path, for keys that it has set.
    """

    def __init__(self, file: str, *, folder: Path, origins: Mapping[str, str]) -> None:
        self._file = file
        self._folder = folder
        self._origins = origins

    def checked(self, value: Any, annotation: Any, path: str = "") -> Any:  # noqa: ANN401
        """Return the value with its paths made absolute, after all of it was found to fit.

        Args:
            value: What the file says: a TOML value.
            annotation: What the settings class wants.
            path: Where it stands, `cars[2].name`; empty for the whole document.

        Raises:
            SettingsError: A key is unknown or missing, or a value is not of the wanted kind.
        """
        if isinstance(value, dict):
            value = self._table(value, annotation, path)
        elif isinstance(value, list) and (items := items_of(annotation)) is not None:
            value = [self.checked(item, items, f"{path}[{i}]") for i, item in enumerate(value)]
        elif isinstance(value, str) and is_path(annotation):
            value = self._absolute(value, path)
        try:
            msgspec.convert(value, annotation)
        except msgspec.ValidationError as error:
            raise self._error(path, _sentence(str(error), annotation)) from error
        return value

    def _table(
        self,
        table: dict[str, Any],
        annotation: Any,  # noqa: ANN401
        path: str,
    ) -> dict[str, Any]:
        """Check the keys of a table one by one."""
        shape = self._shape(table, annotation, path)
        prefix = f"{path}." if path else ""
        if shape is None:
            inner = values_of(annotation)
            return {
                key: value if inner is None else self.checked(value, inner, prefix + key)
                for key, value in table.items()
            }
        self._known(table, known_keys(shape), prefix)
        fields = msgspec.structs.fields(shape)
        kinds = {field.encode_name: field.type for field in fields}
        defaults = {
            field.encode_name: self._absolute(field.default, prefix + field.encode_name)
            for field in fields
            if isinstance(field.default, str) and is_path(field.type)
        }
        return defaults | {
            key: self.checked(value, kinds[key], prefix + key) if key in kinds else value
            for key, value in table.items()
        }

    def _shape(
        self,
        table: dict[str, Any],
        annotation: Any,  # noqa: ANN401
        path: str,
    ) -> type[msgspec.Struct] | None:
        """Return the settings class that a table is for; a union's is chosen by its tag."""
        shapes = structs_of(annotation)
        if len(shapes) < 2:
            return struct_of(annotation)
        tag_field = str(shapes[0].__struct_config__.tag_field)
        tags = {shape.__struct_config__.tag: shape for shape in shapes}
        allowed = ", ".join(str(tag) for tag in tags)
        prefix = f"{path}." if path else ""
        if tag_field not in table:
            raise self._error(path, f"needs the key {tag_field}, one of: {allowed}")
        tag = table[tag_field]
        if not isinstance(tag, str | int) or tag not in tags:
            raise self._error(prefix + tag_field, f"{tag!r} is not known; allowed: {allowed}")
        return tags[tag]

    def _absolute(self, value: str, path: str) -> str:
        """Return a file's path as it is from anywhere; an empty one means none and stays empty."""
        try:
            return str(self._folder / Path(value).expanduser()) if value else value
        except RuntimeError as error:
            name = value.partition("/")[0]
            raise self._error(path, f"{name} is nobody's home; write the path in full") from error

    def _known(self, table: dict[str, Any], known: list[str], prefix: str) -> None:
        """Refuse the first key that is not among the known ones."""
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                allowed = ", ".join(known) or "nothing"
                raise self._error(
                    prefix + key, f"is not known here; allowed: {allowed}{hint}", colon=False
                )

    def _error(self, path: str, sentence: str, *, colon: bool = True) -> SettingsError:
        """Return the error that names file, key and what is wrong with it."""
        origin = f" (from {self._origins[path]})" if path in self._origins else ""
        place = f" {path}{origin}" if path else ""
        separator = ":" if colon and path else ""
        return SettingsError(f"{self._file}:{place}{separator} {sentence}")


def _sentence(message: str, annotation: Any) -> str:  # noqa: ANN401
    """Return msgspec's message in the words of a person who writes TOML."""
    message = re.sub(r" - at `.*`$", "", message)
    if message.startswith("Object missing required field"):
        return f"the key {message.split('`')[1]} is missing"
    if message.startswith("Invalid enum value"):
        value = message.removeprefix("Invalid enum value ")
        return f"{value} is not known; allowed: {', '.join(_choices(annotation))}"
    message = message.replace("Expected ", "must be ", 1).replace(", got ", ", not ", 1)
    return re.sub(r"`([^`]*)`", lambda found: _words(found.group(1)), message)


def _words(kinds: str) -> str:
    """Return the names of kinds as words: `int | null` is a whole number or nothing."""
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")


def _choices(annotation: Any) -> list[str]:  # noqa: ANN401
    """Return the values that an enumeration or a literal allows."""
    found: list[str] = []
    for option in options(annotation):
        inner = bare(option)
        if get_origin(inner) is Literal:
            found.extend(str(value) for value in get_args(inner))
        elif isinstance(inner, type) and issubclass(inner, enum.Enum):
            found.extend(str(member.value) for member in inner)
    return found
