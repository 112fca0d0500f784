"""What every observation has."""

import msgspec

__all__ = ["Observed"]


class Observed(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Hold what every observation has."""

    at_us: int
    """When it reached the viewer. [µs since 1970]"""
