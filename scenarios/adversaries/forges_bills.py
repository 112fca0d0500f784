"""A charger that asks twice the agreed price for what it gives.

The car knows the tariff and the registers, so it is to stop at the first such bill.
"""

import sys

from agent_runtime import Runtime, run_agents
from charger_agent import ChargerSettings
from negotiation import Chunk, Terms
from scenarios.adversaries.false_meter import FalseMeter, costing

FACTOR = 2
"""How many times the agreed price it asks for."""


class ForgesBills(FalseMeter):
    """The charger.

    Args:
        settings: The site.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: ChargerSettings, runtime: Runtime) -> None:
        super().__init__(settings, runtime, _told)


def _told(_terms: Terms, _first: Chunk, chunk: Chunk) -> Chunk:
    """Return a chunk at a higher price."""
    return costing(chunk, FACTOR * chunk.cost)


ACTOR = ForgesBills

if __name__ == "__main__":
    sys.exit(run_agents(None, ChargerSettings, ACTOR, role="charger"))
