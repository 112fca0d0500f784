"""Drivers by name: those that come along, and a pilot's own as `package.module:Class`."""

import importlib
from collections.abc import Mapping, Sequence


def find_driver(name: str, *, known: Mapping[str, str], calls: Sequence[str]) -> type | str:
    """Return a driver's class, or in a few words why there is none.

    Args:
        name: One of `known`, or `package.module:Class`.
        known: Where the drivers that come along are; each is imported only when it is named.
        calls: What a class must have to be taken for a driver.
    """
    module, colon, attribute = known.get(name, name).partition(":")
    if not colon:
        return "no driver has this name"
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError) as error:
        return str(error)
    except AttributeError:
        return f"{module} has no {attribute!r}"
    if not isinstance(found, type):
        return f"{attribute} is no class"
    missing = [call for call in calls if not hasattr(found, call)]
    return f"{attribute} lacks {', '.join(missing)}" if missing else found
