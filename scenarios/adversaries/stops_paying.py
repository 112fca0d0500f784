"""A car that signs two vouchers, then none any more, and goes on taking energy or standing there.

To be stopped after one slice at the latest: a seller delivers no further than it is paid.
"""

import dataclasses
import sys

from agent_runtime import Runtime, Wallet, run_agents
from ledger_core import Records, UnavailableError
from vehicle_agent import VehicleSettings
from vehicle_agent.agent import VehicleAgent

VOUCHERS = 2
"""Vouchers that it signs before it has had enough of paying."""


class TightWallet(Wallet):
    """A wallet that signs the first vouchers of each hold alone."""

    async def voucher(
        self, *, hold_id: bytes, amount: int, number: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Sign one of the first vouchers; for any later one find an excuse.

        Raises:
            UnavailableError: It is a later one.
        """
        if number >= VOUCHERS:
            raise UnavailableError("the wallet stays shut")
        return await super().voucher(
            hold_id=hold_id, amount=amount, number=number, digest=digest, valid_for_s=valid_for_s
        )


class StopsPaying:
    """The car.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        wallet = TightWallet(
            runtime.key_pair,
            runtime.ledger,
            clock=runtime.clock,
            network_number=runtime.network_number,
        )
        self._agent = VehicleAgent(settings, dataclasses.replace(runtime, wallet=wallet))

    async def run(self) -> None:
        """Live like any car, but for the paying."""
        await self._agent.run()


ACTOR = StopsPaying

if __name__ == "__main__":
    sys.exit(run_agents(None, VehicleSettings, ACTOR, role="vehicle"))
