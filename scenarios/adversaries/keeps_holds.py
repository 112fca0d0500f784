"""A charger that never fetches its money, nor gives back what was set aside for it.

Out of spite, or because its program hangs. The buyer is to get everything back when the hold ends.
"""

import dataclasses
import sys
from collections.abc import Sequence

from agent_runtime import Answer, Runtime, Wallet, run_agents
from charger_agent import ChargerSettings
from charger_agent.agent import ChargerAgent
from ledger_core import Kind, Records, UnavailableError
from scenarios.adversaries.relay import Relay

CLOSINGS = frozenset({Kind.SETTLE, Kind.RELEASE})
"""What would end a hold before its time."""


class Drawer(Relay):
    """A way to the node on which what would close a hold stays in a drawer."""

    async def submit(self, records: Records) -> Sequence[Answer]:
        """Hand in records, but none that closes a hold.

        Raises:
            UnavailableError: One of them does.
        """
        if CLOSINGS & {Kind(int(kind)) for kind in records["kind"]}:
            raise UnavailableError("it lies in a drawer")
        return await super().submit(records)


class KeepsHolds:
    """The charger.

    Args:
        settings: The site.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: ChargerSettings, runtime: Runtime) -> None:
        ledger = Drawer(runtime.ledger)
        wallet = Wallet(
            runtime.key_pair,
            ledger,
            clock=runtime.clock,
            network_number=runtime.network_number,
        )
        ports = dataclasses.replace(runtime, ledger=ledger, wallet=wallet)
        self._agent = ChargerAgent(settings, ports)

    async def run(self) -> None:
        """Sell until cancelled, and never fetch the money."""
        await self._agent.run()


ACTOR = KeepsHolds

if __name__ == "__main__":
    sys.exit(run_agents(None, ChargerSettings, ACTOR, role="charger"))
