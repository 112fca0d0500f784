"""What a driver can do besides is declared, never guessed."""

import random

from parking_agent import Capability, DriverSetup, lane_of
from parking_agent.drivers.simulated import SimulatedGate
from tests.conformance.story_clock import BenchClock


class Undeclared(SimulatedGate):
    """A driver that has a lane's calls and does not declare them."""

    capabilities = frozenset[Capability]()


def test_only_a_declared_lane_counts() -> None:
    """Calls that happen to have the right names are not used."""
    setup = DriverSetup(
        gate="exit",
        opens_on_fault=True,
        options={},
        clock=BenchClock(),
        random=random.Random(1),
    )
    declared = SimulatedGate(setup)
    assert lane_of(declared) is declared
    assert lane_of(Undeclared(setup)) is None
