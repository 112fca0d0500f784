"""The map: places and roads as the runner tells them, or as far as agents show where they are."""

from collections.abc import Iterable

import msgspec

from dashboard.observed import Place

__all__ = ["Bounds", "City"]

MARGIN = 0.04
"""Part of the map's width that is left free around it, so that nobody stands on the edge."""

EXTENT_MIN_M = 100.0
"""A map of one point is shown this wide. [m]"""


class Bounds(msgspec.Struct, frozen=True):
    """The part of the plane that a map shows."""

    west_m: float
    """Its left edge. [m]"""
    south_m: float
    """Its lower edge. [m]"""
    width_m: float
    """From left to right. [m]"""
    height_m: float
    """From below to above. [m]"""


class City(msgspec.Struct, kw_only=True):
    """Places, roads and gates."""

    places: tuple[Place, ...] = ()
    """Where roads meet."""
    roads: tuple[tuple[str, str], ...] = ()
    """Which places they join."""
    gates: tuple[Place, ...] = ()
    """Where toll gates stand."""

    def bounds(self, positions: Iterable[tuple[float, float]] = ()) -> Bounds:
        """Return what has to be shown.

        Args:
            positions: Where agents are. [m]
        """
        points = [(place.x_m, place.y_m) for place in (*self.places, *self.gates)]
        points.extend(positions)
        xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        width_m = max(max(xs) - min(xs), EXTENT_MIN_M)
        height_m = max(max(ys) - min(ys), EXTENT_MIN_M)
        return Bounds(
            west_m=min(xs) - MARGIN * width_m,
            south_m=min(ys) - MARGIN * height_m,
            width_m=width_m * (1 + 2 * MARGIN),
            height_m=height_m * (1 + 2 * MARGIN),
        )
