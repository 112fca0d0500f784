"""A story's town, so many times as large: more cars, and as many more places for them."""

from typing import Any

from msgspec.structs import replace

from scenarios.story import Story

__all__ = ["TIMES_MAX", "enlarged"]

TIMES_MAX = 20
"""So many times a town is enlarged at most: fifty cars become a thousand, and the largest of its
charging sites has eighty outlets."""


def enlarged(story: Story, times: int) -> Story:
    """Return a story with so many times the vehicles, outlets and bays at the same sellers.

    A town that has more cars than places for them shows mostly how cars ask again; this one keeps
    the proportion. Its gates let everybody through, so they stay as they are.

    Args:
        story: The story.
        times: How many times, 1 to TIMES_MAX.
    """
    assert 1 <= times <= TIMES_MAX, "a town grows, within bounds"
    if times == 1:
        return story
    return replace(
        story,
        vehicle=tuple(replace(each, count=each.count * times) for each in story.vehicle),
        charger=tuple(_more_outlets(each, times) for each in story.charger),
        car_park=tuple(_more_bays(each, times) for each in story.car_park),
    )


def _more_outlets(site: Any, times: int) -> Any:  # noqa: ANN401 (a table made of settings)
    """Return a charging site with so many outlets for each, and the power for them."""
    outlets = tuple(
        replace(outlet, name=f"{outlet.name}-{number}")
        for outlet in site.outlets
        for number in range(1, times + 1)
    )
    return replace(site, site_power_w=site.site_power_w * times, outlets=outlets)


def _more_bays(car_park: Any, times: int) -> Any:  # noqa: ANN401 (a table made of settings)
    """Return a car park with so many times the bays."""
    return replace(car_park, bays=car_park.bays * times)
