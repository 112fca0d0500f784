"""What counts as final: only what the agent's own policy says."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent_runtime import ManualClock, Proofs, Wallet, settle
from agent_runtime.proofs import FINAL_S
from ledger_core import (
    CheckFailedError,
    KeyPair,
    NoteSignatureError,
    Policy,
    Receipt,
    RefusedError,
    UnavailableError,
    log_key,
    record_ids,
)
from tests.unit.agent_runtime.memory_ledger import NETWORK, POLICY, TREASURY, MemoryLedger

PAYEE = KeyPair.from_seed(bytes([1] * 32)).public_key

FOREIGN = Policy(log_key("town", PAYEE))
"""A policy that trusts another log."""


class World:
    """A ledger with one payment."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.ledger = MemoryLedger(self.clock)
        self.wallet = Wallet(TREASURY, self.ledger, clock=self.clock, network_number=NETWORK)
        self.payment = bytes(32)

    async def pay(self) -> None:
        """Make the payment."""
        async with self.wallet.turn():
            record = await self.wallet.sign_transfer(
                target=PAYEE, amount=1, digest=bytes(32), valid_for_s=60
            )
        await self.wallet.submit(record)
        self.payment = record_ids(record)[0].tobytes()

    def proofs(self, policy: Policy = POLICY, final_from: int | None = None) -> Proofs:
        """Return what an agent can prove."""
        return Proofs(self.ledger, policy, clock=self.clock, final_from=final_from)


@pytest.fixture
async def world() -> World:
    """Return a ledger with one payment."""
    world = World()
    await world.pay()
    return world


async def test_a_receipt_is_verified(world: World) -> None:
    """It is the one that was asked for, and the policy's log has signed it."""
    receipt = await world.proofs().receipt(world.payment)
    assert receipt.position == 1
    with pytest.raises(NoteSignatureError):
        await world.proofs(FOREIGN).receipt(world.payment)


async def test_a_receipt_of_something_else_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that shows another transaction has shown nothing."""
    other = await world.ledger.receipt(next(iter(world.ledger.records)))

    async def answer(_: bytes) -> Receipt | None:
        return other

    monkeypatch.setattr(world.ledger, "receipt", answer)
    with pytest.raises(CheckFailedError, match="the receipt of another transaction"):
        await world.proofs().receipt(world.payment)


async def test_what_can_not_be_had(world: World) -> None:
    """Not yet, not any more, and never seen are told apart."""
    with pytest.raises(UnavailableError, match="the node knows no such transaction"):
        await world.proofs().receipt(bytes(32))
    world.ledger.final_size = 1
    with pytest.raises(UnavailableError, match="no quorum stands over it yet"):
        await world.proofs().receipt(world.payment)
    world.ledger.pruned = {world.payment}
    with pytest.raises(RefusedError, match="pruned"):
        await world.proofs().receipt(world.payment)


@pytest.mark.parametrize(
    ("final_from", "amount", "waits"),
    [(None, 10**15, False), (0, 0, True), (5, 4, False), (5, 5, True)],
)
def test_large_amounts_wait(final_from: int | None, amount: int, *, waits: bool) -> None:
    """From the limit on (inclusive); without one, never."""
    assert World().proofs(final_from=final_from).waits_for_final(amount) is waits


async def ended(world: World, waiting: Awaitable[str], limit_s: float) -> str:
    """Return what a wait came to within a time. [real s]"""
    task = asyncio.ensure_future(waiting)
    for _ in range(int(limit_s * 10)):
        await settle()
        if task.done():
            break
        await world.clock.advance(0.1)
    assert task.done(), f"it did not end within {limit_s} s"
    return task.result()


async def test_waiting_ends_when_it_is_final(world: World) -> None:
    """However the node's absence and the quorum's silence fall together."""
    world.ledger.final_size, world.ledger.away = 1, 3
    waiting = asyncio.ensure_future(world.proofs().until_final(world.payment))
    await settle()
    await world.clock.advance(2)
    world.ledger.final_size = None
    assert await ended(world, waiting, 1) == ""


Trouble = Callable[[World], Policy]


def not_final(world: World) -> Policy:
    """Let no quorum stand over the payment."""
    world.ledger.final_size = 1
    return POLICY


def away(world: World) -> Policy:
    """Let the node vanish."""
    world.ledger.away = 10**9
    return POLICY


def lying(_: World) -> Policy:
    """Let the node show signatures that prove nothing."""
    return FOREIGN


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (not_final, "no quorum stands"),
        (away, "the node is away"),
        (lying, "is not signed by the log"),
    ],
)
async def test_waiting_ends_in_any_case(world: World, trouble: Trouble, words: str) -> None:
    """After its time the reason is returned."""
    policy = trouble(world)
    reason = await ended(world, world.proofs(policy).until_final(world.payment), FINAL_S + 1)
    assert words in reason


async def test_nobody_waits_for_what_is_gone(world: World) -> None:
    """A node that has pruned it will never show it."""
    world.ledger.pruned = {world.payment}
    assert "pruned" in await ended(world, world.proofs().until_final(world.payment), 0.1)
