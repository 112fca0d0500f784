"""A car that hands its first voucher over again and again, in the place of every later one.

To be stopped after one slice at the latest: a voucher counts only when it pays exactly the bill.
"""

import sys

import msgspec

from agent_runtime import Runtime, run_agents
from negotiation import Body, Envelope, Voucher
from scenarios.adversaries.tampering import tampered
from vehicle_agent import VehicleSettings
from vehicle_agent.agent import VehicleAgent


class ReplaysVouchers:
    """The car.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        self._first: dict[bytes, bytes] = {}
        self._agent = VehicleAgent(settings, tampered(runtime, self._say))

    async def run(self) -> None:
        """Live like any car, but for the paying."""
        await self._agent.run()

    def _say(self, envelope: Envelope) -> Body:
        """Put the first record that was worth anything into every later voucher."""
        if not isinstance(envelope.body, Voucher):
            return envelope.body
        record = self._first.setdefault(envelope.dialogue, envelope.body.record)
        return msgspec.structs.replace(envelope.body, record=record)


ACTOR = ReplaysVouchers

if __name__ == "__main__":
    sys.exit(run_agents(None, VehicleSettings, ACTOR, role="vehicle"))
