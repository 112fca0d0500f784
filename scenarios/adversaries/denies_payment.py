"""A gate that takes the toll, says that nobody has paid, and stays shut.

The car believes the ledger, not the gate: it is to have the proof of one payment, and not to pay
a second time.
"""

import sys

import msgspec

from agent_runtime import Runtime, run_agents
from negotiation import Body, Envelope, Failure, Receipt
from parking_agent import TollSettings
from parking_agent.drivers.simulated import SimulatedGate
from parking_agent.toll import TollAgent
from scenarios.adversaries.tampering import tampered

WORDS = "you have not paid"
"""What it says to whoever has."""


class ShutGate(SimulatedGate):
    """A barrier that never opens, and does not say so."""

    async def pulse_open(self, seconds: float) -> None:
        """Leave it shut. [story s]"""


class DeniesPayment:
    """The gate.

    Args:
        settings: The gate.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: TollSettings, runtime: Runtime) -> None:
        barrier = msgspec.structs.replace(settings.gate, driver=f"{ShutGate.__module__}:ShutGate")
        shut = msgspec.structs.replace(settings, gate=barrier)
        self._agent = TollAgent(shut, tampered(runtime, _say))

    async def run(self) -> None:
        """Take tolls until cancelled."""
        await self._agent.run()


def _say(envelope: Envelope) -> Body:
    """Deny what was paid."""
    return Failure(reason=WORDS) if isinstance(envelope.body, Receipt) else envelope.body


ACTOR = DeniesPayment

if __name__ == "__main__":
    sys.exit(run_agents(None, TollSettings, ACTOR, role="toll"))
