"""A car that settles its own hold with its first voucher, just before it has had what it wanted.

The ledger asks who has signed a SETTLE, not who hands it in. So whoever has signed a small voucher
can submit it itself: the hold is closed, and the seller's better voucher comes too late. The seller
sees it, stops, and has the proof; a node that asks for the payee does not take it at all: see "Who
hands a voucher in" in the protocol.
"""

import dataclasses
import sys

from agent_runtime import Runtime, Wallet, run_agents
from ledger_core import Records
from vehicle_agent import VehicleSettings
from vehicle_agent.agent import VehicleAgent

VOUCHERS = 8
"""Vouchers after which it has had enough."""


class HastyWallet(Wallet):
    """A wallet that submits the first voucher of a hold as soon as it has signed some more."""

    _first: Records | None = None

    async def voucher(
        self, *, hold_id: bytes, amount: int, number: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Sign a voucher; after some of them, hand the first one in."""
        record = await super().voucher(
            hold_id=hold_id, amount=amount, number=number, digest=digest, valid_for_s=valid_for_s
        )
        if number == 0:
            self._first = record
        if number == VOUCHERS and self._first is not None:
            await self.submit(self._first)
        return record


class SettlesFirst:
    """The car.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        wallet = HastyWallet(
            runtime.key_pair,
            runtime.ledger,
            clock=runtime.clock,
            network_number=runtime.network_number,
        )
        self._agent = VehicleAgent(settings, dataclasses.replace(runtime, wallet=wallet))

    async def run(self) -> None:
        """Live like any car, but for the paying."""
        await self._agent.run()


ACTOR = SettlesFirst

if __name__ == "__main__":
    sys.exit(run_agents(None, VehicleSettings, ACTOR, role="vehicle"))
