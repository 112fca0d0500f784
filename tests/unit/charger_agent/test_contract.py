"""What a driver can do besides is declared, never guessed."""

import random

from charger_agent import Capability, DriverSetup, cable_of
from charger_agent.drivers.simulated import SimulatedCharger
from tests.conformance.story_clock import BenchClock


class Undeclared(SimulatedCharger):
    """A driver that has a cable's calls and does not declare them."""

    capabilities = frozenset[Capability]()


def test_only_a_declared_cable_counts() -> None:
    """Calls that happen to have the right names are not used."""
    setup = DriverSetup(
        outlet="left",
        power_w_max=1,
        fallback_w=0,
        options={},
        clock=BenchClock(),
        random=random.Random(1),
    )
    declared = SimulatedCharger(setup)
    assert cable_of(declared) is declared
    assert cable_of(Undeclared(setup)) is None
