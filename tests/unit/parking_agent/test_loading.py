"""Drivers are found by name or by module and class; anything else is named in one sentence."""

import sys
from types import ModuleType

import pytest

from parking_agent import UnknownDriverError, load_driver
from parking_agent.drivers.simulated import SimulatedGate


def test_drivers_are_loaded_by_name() -> None:
    """The one that comes along has a short name and a long one."""
    assert load_driver("simulated") is SimulatedGate
    assert load_driver("parking_agent.drivers.simulated:SimulatedGate") is SimulatedGate


def test_a_pilots_own_driver_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any class that has the calls will do."""
    module = ModuleType("pilot")
    mine = type("Mine", (SimulatedGate,), {})
    monkeypatch.setattr(module, "Mine", mine, raising=False)
    monkeypatch.setitem(sys.modules, "pilot", module)
    assert load_driver("pilot:Mine") is mine


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("shelly99", "no driver has this name"),
        ("no.such.module:Driver", "No module named 'no'"),
        (":Driver", "Empty module name"),
        ("math:Driver", "math has no 'Driver'"),
        ("math:pi", "pi is no class"),
        ("fractions:Fraction", "Fraction lacks open, close, vehicle_present"),
    ],
)
def test_wrong_drivers_are_named(name: str, reason: str) -> None:
    """The sentence says why, and which drivers there are."""
    with pytest.raises(UnknownDriverError, match=f"{reason}.*name one of simulated"):
        load_driver(name)
