"""A charger whose meter shows three times what it gives.

The bill is in order: the registers rise, the sums are right, the price is the agreed one. But more
energy than the car asked for can not have flowed, so the car is to stop within one slice.
"""

import sys

import msgspec

from agent_runtime import Runtime, run_agents
from charger_agent import ChargerSettings
from negotiation import Chunk, Reading, Terms
from scenarios.adversaries.false_meter import FalseMeter

FACTOR = 3
"""How many Wh it shows for each that it gives."""


class OverReads(FalseMeter):
    """The charger.

    Args:
        settings: The site.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: ChargerSettings, runtime: Runtime) -> None:
        super().__init__(settings, runtime, _told)


def _told(terms: Terms, first: Chunk, chunk: Chunk) -> Chunk:
    """Return a chunk with more energy on it, and the price of that."""
    begin, start, end = first.start, _shown(first, chunk.start), _shown(first, chunk.end)
    # The very first chunk also bears what is due at the start.
    before = terms.tariff.cost(start.since(begin)) if chunk is not first else 0
    return Chunk(start=start, end=end, cost=terms.tariff.cost(end.since(begin)) - before)


def _shown(first: Chunk, reading: Reading) -> Reading:
    """Return the registers as they are shown."""
    energy_wh = first.start.energy_wh + FACTOR * (reading.energy_wh - first.start.energy_wh)
    return msgspec.structs.replace(reading, energy_wh=energy_wh)


ACTOR = OverReads

if __name__ == "__main__":
    sys.exit(run_agents(None, ChargerSettings, ACTOR, role="charger"))
