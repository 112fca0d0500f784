"""The roster: single agents out of tables, varied by seed and name alone."""

from pathlib import Path

import msgspec
import pytest

from scenarios.loading import STORIES, load_story
from scenarios.roster import Agent, roster, shifted
from scenarios.story import Story
from vehicle_agent import Charge, Drive, Park

RUSH_HOUR = STORIES / "rush_hour.toml"


@pytest.fixture(scope="module")
def rush_hour() -> Story:
    """Return the story with fifty varied cars."""
    return load_story(RUSH_HOUR)


def named(story: Story) -> dict[str, Agent]:
    """Return a story's agents by name."""
    return {agent.name: agent for agent in roster(story)}


def test_numbers_of_rush_hour(rush_hour: Story) -> None:
    """Fifty cars, eight chargers, three car parks, four gates; sellers alone, cars together."""
    agents = roster(rush_hour)
    kinds = [agent.kind.name for agent in agents]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "charger": 8,
        "car_park": 3,
        "toll": 4,
        "vehicle": 50,
    }
    sellers = [agent for agent in agents if agent.kind.name != "vehicle"]
    assert all(agent.process == agent.name for agent in sellers)
    assert len({agent.process for agent in agents if agent.kind.name == "vehicle"}) == 4


def test_same_seed_same_cast(rush_hour: Story) -> None:
    """Nothing in the cast comes from anywhere but the story."""
    assert roster(rush_hour) == roster(load_story(RUSH_HOUR))


def test_another_seed_another_cast(rush_hour: Story) -> None:
    """The seed decides what varies."""
    other = named(msgspec.structs.replace(rush_hour, seed=12))
    this = named(rush_hour)
    assert list(other) == list(this)
    charges = {name: agent.own.get("charge_percent") for name, agent in this.items()}
    assert charges != {name: agent.own.get("charge_percent") for name, agent in other.items()}


def test_one_vehicle_more_changes_no_other(rush_hour: Story) -> None:
    """Chance belongs to a name, so the cast can grow without changing."""
    table = rush_hour.vehicle[0]
    grown = msgspec.structs.replace(
        rush_hour,
        vehicle=(msgspec.structs.replace(table, count=table.count + 1), *rush_hour.vehicle[1:]),
    )
    before, after = named(rush_hour), named(grown)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"commuter-17"}


def test_varied_within_the_ranges(rush_hour: Story) -> None:
    """What a vehicle draws lies within what its table allows."""
    for agent in roster(rush_hour):
        if agent.process == "vans":
            assert 25 <= agent.own["charge_percent"] <= 45
            assert agent.own["place"] in {"south", "west"}
            delay_s = agent.own["itinerary"][0].depart_s - rush_hour.begins_s
            assert 0 <= delay_s <= 900


def test_gate_stands_on_its_road(tmp_path: Path, rush_hour: Story) -> None:
    """A gate's position is that share of the way between its road's ends."""
    gate = named(rush_hour)["north-gate"]
    assert gate.own["position_m"] == pytest.approx((0, 6000 - 2000))


def test_times_count_from_the_beginning() -> None:
    """Departures and deadlines move to the story's time of day; other steps stay."""
    park = Park(budget=1, duration_s=60)
    steps = (
        Drive(to="mill", depart_s=30),
        Charge(budget=1, energy_wh=5, by_s=600),
        Charge(budget=1, energy_wh=5),
        park,
    )
    later = shifted(steps, 27_000)
    assert later == (
        Drive(to="mill", depart_s=27_030),
        Charge(budget=1, energy_wh=5, by_s=27_600),
        Charge(budget=1, energy_wh=5),
        park,
    )
