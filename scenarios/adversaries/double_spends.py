"""A car that promises the same money twice.

The number of each HOLD, and of each TRANSFER for a toll, is spent on a payment to an accomplice
first. The car then says that its hold was accepted, and hands the toll over, as if nothing had
happened. Nothing is to be delivered for either: a seller looks the hold up, and a gate that has a
link opens when the ledger has taken the toll.
"""

import dataclasses
import sys
from hashlib import sha256

from agent_runtime import Answer, Runtime, Wallet, run_agents
from ledger_core import ZERO, KeyPair, Kind, Records, Verdict, transfer
from vehicle_agent import VehicleSettings
from vehicle_agent.agent import VehicleAgent

ACCOMPLICE = b"tangleway accomplice\n"
"""What the accomplice's key is made of, beside the car's own."""

SHARE = 1
"""What the accomplice gets each time: enough to use a number up. [base units]"""

VALID_FOR_S = 300
"""How long such a payment can be applied. [s]"""


class Promised:
    """What the car tells its own dialogue of a hold that the ledger has refused."""

    verdict = Verdict.ACCEPTED
    """A lie."""
    position = None
    """There is none."""
    retry_after_s = None
    """It was not turned away at the door."""


class TwoFacedWallet(Wallet):
    """A wallet that uses each number up before the record that bears it can count."""

    async def sign_transfer(
        self, *, target: bytes, amount: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Sign a payment whose number is spent already."""
        record = await super().sign_transfer(
            target=target, amount=amount, digest=digest, valid_for_s=valid_for_s
        )
        await self._spend(record)
        return record

    async def submit(self, record: Records, *, deadline_us: int | None = None) -> Answer:
        """Submit a record; of a hold, spend its number first and call it accepted."""
        if int(record["kind"]) != Kind.HOLD:
            return await super().submit(record, deadline_us=deadline_us)
        await self._spend(record)
        await super().submit(record, deadline_us=deadline_us)
        return Promised()

    async def _spend(self, record: Records) -> None:
        """Use a record's number up for the accomplice."""
        key_pair = self.key_pair
        other = transfer(
            key_pair,
            network=int(record["network"]),
            parents=(record["parent_a"].tobytes(), record["parent_b"].tobytes()),
            target=accomplice(key_pair).public_key,
            amount=SHARE,
            sequence=int(record["sequence"]),
            issued_at=int(record["issued_at"]),
            valid_for=VALID_FOR_S,
            digest=ZERO,
        )
        await super().submit(other)


def accomplice(key_pair: KeyPair) -> KeyPair:
    """Return the key that a car's second payments go to.

    Args:
        key_pair: The car's own.
    """
    return KeyPair.from_seed(sha256(ACCOMPLICE + key_pair.seed).digest())


class DoubleSpends:
    """The car.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        wallet = TwoFacedWallet(
            runtime.key_pair,
            runtime.ledger,
            clock=runtime.clock,
            network_number=runtime.network_number,
        )
        self._agent = VehicleAgent(settings, dataclasses.replace(runtime, wallet=wallet))

    async def run(self) -> None:
        """Live like any car, but for the paying."""
        await self._agent.run()


ACTOR = DoubleSpends

if __name__ == "__main__":
    sys.exit(run_agents(None, VehicleSettings, ACTOR, role="vehicle"))
