"""Itineraries as settings write them, and what follows from them."""

from typing import Any

import msgspec
import pytest

from vehicle_agent import (
    Battery,
    BatteryModel,
    Charge,
    Drive,
    Itinerary,
    Park,
    Pass,
    Passage,
    Purse,
    destination_after,
)

STEPS: list[dict[str, Any]] = [
    {"step": "drive", "to": "mall", "depart_s": 60},
    {"step": "charge", "to_percent": 80, "budget": 9_000_000, "by_s": 7_200},
    {"step": "park", "duration_s": 3_600, "budget": 4_000_000, "near": "mall"},
    {"step": "drive", "to": "home"},
]


def test_an_itinerary_is_read() -> None:
    """Each step becomes what its word says."""
    itinerary = msgspec.convert(STEPS, Itinerary)
    assert itinerary == (
        Drive(to="mall", depart_s=60),
        Charge(budget=9_000_000, to_percent=80, by_s=7_200),
        Park(budget=4_000_000, duration_s=3_600, near="mall"),
        Drive(to="home"),
    )


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"step": "fly"}, "Invalid value 'fly'"),
        ({"step": "drive"}, "missing required field `to`"),
        ({"step": "charge", "budget": 1}, "either to_percent or energy_wh"),
        ({"step": "charge", "budget": 1, "to_percent": 1, "energy_wh": 1}, "either to_percent"),
        ({"step": "charge", "budget": 0, "to_percent": 80}, ">= 1|> 0"),
        ({"step": "park", "budget": 1, "duration_s": 0}, "> 0"),
        ({"step": "park", "budget": 1, "duration_s": 1, "bay": 7}, "unknown field `bay`"),
    ],
)
def test_a_wrong_step_is_refused(step: dict[str, Any], sentence: str) -> None:
    """Each mistake is named."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        msgspec.convert([step], Itinerary)


def test_the_next_destination_is_found() -> None:
    """Detours are measured against where the car drives next, or where it is."""
    itinerary = msgspec.convert(STEPS, Itinerary)
    found = [destination_after(itinerary, index, here="lot") for index in range(4)]
    assert found == ["home", "home", "home", "lot"]


@pytest.mark.parametrize(
    ("charge", "wanted_wh"),
    [
        (Charge(budget=1, to_percent=80), 3_000),
        (Charge(budget=1, to_percent=20), 0),
        (Charge(budget=1, energy_wh=1_234), 1_234),
        (Charge(budget=1, energy_wh=9_999), 5_000),
    ],
)
def test_wanted_energy_fits(charge: Charge, wanted_wh: int) -> None:
    """A charge never wants more than the battery still takes."""
    battery = Battery(BatteryModel(capacity_wh=10_000), energy_wh=5_000)
    assert charge.wanted_wh(battery) == wanted_wh


def test_a_gate_makes_a_need() -> None:
    """Tolls come from the route."""
    need = Pass.through(Passage("west", 10.0, 1.0), budget=7, vehicle_class="van")
    assert need == Pass(gate="west", budget=7, vehicle_class="van")


@pytest.mark.parametrize(
    ("spent", "held", "room"), [(0, 0, 60), (50, 0, 50), (50, 30, 20), (90, 20, 0), (0, 60, 0)]
)
def test_a_purse_has_room_within_both_limits(spent: int, held: int, room: int) -> None:
    """Open holds count against what may be spent and against what may be held."""
    assert Purse(spend_max=100, hold_max=60).room(spent=spent, held=held) == room
