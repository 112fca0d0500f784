"""Towns so many times as large: everything grows that cars compete for."""

from pathlib import Path
from typing import Any

import pytest

from scenarios import find_story, load_story
from scenarios.cast import Addresses, Cast
from scenarios.scaling import TIMES_MAX, enlarged
from scenarios.simulation import simulate


def test_a_town_keeps_its_proportions() -> None:
    """As many cars for each outlet, for each bay and for each watt as before."""
    before: Any = load_story(find_story("rush_hour"))
    after: Any = enlarged(before, TIMES_MAX)
    assert sum(each.count for each in after.vehicle) == 1_000
    for small, large in zip(before.charger, after.charger, strict=True):
        assert len(large.outlets) == len({each.name for each in large.outlets})
        assert len(large.outlets) == TIMES_MAX * len(small.outlets)
        assert large.site_power_w == TIMES_MAX * small.site_power_w
    bays = [sum(each.bays for each in town.car_park) for town in (before, after)]
    assert bays[1] == TIMES_MAX * bays[0]
    assert after.toll_gate == before.toll_gate


def test_once_as_large_is_the_story_itself() -> None:
    """Nothing is renamed where nothing grows."""
    story = load_story(find_story("commute"))
    assert enlarged(story, 1) is story


@pytest.mark.parametrize("name", ["rush_hour", "mixed_faults"])
def test_every_agent_of_a_large_town_has_settings(name: str) -> None:
    """Names are unique, and no limit of an agent's settings is passed."""
    story = enlarged(load_story(find_story(name)), TIMES_MAX)
    cast = Cast(
        story, folder=Path("simulated"), addresses=Addresses.on_ports(1, 2, "mqtt://127.0.0.1:3")
    )
    names = [agent.name for agent in cast.agents]
    assert len(names) == len(set(names)) == 1_015
    assert all(cast.settings(agent, 1).name == agent.name for agent in cast.agents)


def test_a_larger_town_keeps_its_books() -> None:
    """Twice the demo's cars find their places, and all that must hold does."""
    outcome = simulate(enlarged(load_story(find_story("commute")), 2), 3)
    assert [each.detail for each in outcome.findings if not each.ok] == []
