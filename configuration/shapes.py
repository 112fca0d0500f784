"""What the annotations of a settings class say: tables, lists, texts and file paths."""

import types
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec

_PATH_MARK: Final = "tangleway_path"

FilePath = Annotated[str, msgspec.Meta(extra={_PATH_MARK: True})]
"""A path in a settings file; after `load` it is absolute, relative ones (a default too) being
relative to the folder of that file. An empty text stays empty."""

StructT = TypeVar("StructT", bound=msgspec.Struct)
"""A settings class."""


def bare(annotation: Any) -> Any:  # noqa: ANN401 (annotations have no narrower type)
    """Return an annotation without what `Annotated` adds."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def is_path(annotation: Any) -> bool:  # noqa: ANN401
    """Say whether a key holds a path that is relative to the settings file."""
    return any(
        isinstance(mark, msgspec.Meta) and bool((mark.extra or {}).get(_PATH_MARK))
        for option in options(annotation)
        if get_origin(option) is Annotated
        for mark in get_args(option)[1:]
    )


def options(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the alternatives of a union, or the annotation alone."""
    inner = bare(annotation)
    return get_args(inner) if get_origin(inner) in {Union, types.UnionType} else (annotation,)


def structs_of(annotation: Any) -> list[type[msgspec.Struct]]:  # noqa: ANN401
    """Return the settings classes among the alternatives of an annotation."""
    inner = [bare(option) for option in options(annotation)]
    return [kind for kind in inner if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]


def struct_of(annotation: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401
    """Return the one settings class that an annotation allows, or None."""
    found = structs_of(annotation)
    return found[0] if len(found) == 1 else None


def items_of(annotation: Any) -> Any | None:  # noqa: ANN401
    """Return the annotation of a list's items, or None when it is no list."""
    for option in options(annotation):
        inner = bare(option)
        arguments = get_args(inner)
        if get_origin(inner) in {list, set, frozenset} and arguments:
            return arguments[0]
        if get_origin(inner) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            return arguments[0]
    return None


def values_of(annotation: Any) -> Any | None:  # noqa: ANN401
    """Return the annotation of a free table's values, or None when it is no free table."""
    for option in options(annotation):
        inner = bare(option)
        if get_origin(inner) is dict:
            return get_args(inner)[1]
    return None


def accepts_text(annotation: Any) -> bool:  # noqa: ANN401
    """Say whether any text is a value of this annotation."""
    return any(bare(option) is str for option in options(annotation))


def known_keys(shape: type[msgspec.Struct]) -> list[str]:
    """Return the keys that a settings class knows, in their order, its tag first."""
    tag_field = shape.__struct_config__.tag_field
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    return names if tag_field is None else [tag_field, *names]
