"""One account with its key: numbers, outages, lost answers, and nothing paid twice."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from agent_runtime import LedgerAwayError, ManualClock, Wallet, settle
from agent_runtime.wallet import PATIENCE_S, TRY_AGAIN_S
from ledger_core import KeyPair, Records, Verdict, record_ids
from tests.unit.agent_runtime.memory_ledger import NETWORK, SUPPLY, TREASURY, Judged, MemoryLedger

SELLER = KeyPair.from_seed(bytes([1] * 32))
DIGEST = bytes([5] * 32)
SECOND_US = 1_000_000

ResultT = TypeVar("ResultT")


class World:
    """A ledger, a clock, and the treasury's and a seller's wallets."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.node = MemoryLedger(self.clock)
        self.buyer = self.wallet(TREASURY)
        self.seller = self.wallet(SELLER)

    def wallet(self, key_pair: KeyPair) -> Wallet:
        """Return a wallet, as a new start would open it."""
        return Wallet(key_pair, self.node, clock=self.clock, network_number=NETWORK)

    def in_s(self, real_s: float) -> int:
        """Return a time from now. [µs]"""
        return self.clock.now_us() + round(real_s * SECOND_US)

    async def patiently(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Return what comes of some work, moving the clock while it waits."""
        task = asyncio.create_task(work)
        await settle()
        while not task.done():
            await self.clock.advance(TRY_AGAIN_S)
        return await task

    async def hold(self, amount: int = 1_000) -> bytes:
        """Put money on hold for the seller and return the hold's id."""
        async with self.buyer.turn():
            record = await self.buyer.sign_hold(
                target=SELLER.public_key, amount=amount, digest=DIGEST, valid_for_s=60
            )
            answer = await self.buyer.submit(record, deadline_us=self.in_s(10))
        assert answer.verdict is Verdict.ACCEPTED
        hold_id: bytes = record_ids(record)[0].tobytes()
        return hold_id

    async def transfer(self, amount: int = 100) -> Records:
        """Sign a transfer to the seller."""
        async with self.buyer.turn():
            return await self.buyer.sign_transfer(
                target=SELLER.public_key, amount=amount, digest=DIGEST, valid_for_s=60
            )


@pytest.fixture
async def world() -> World:
    """Return a world in which the treasury has everything."""
    return World()


async def test_pays(world: World) -> None:
    """A payment moves the money once, and each has the account's next number."""
    for _ in range(3):
        answer = await world.buyer.pay(
            SELLER.public_key, 100, digest=DIGEST, deadline_us=world.in_s(10)
        )
        assert answer.verdict is Verdict.ACCEPTED
    assert await world.buyer.balance() == SUPPLY - 300
    assert await world.seller.balance() == 300


async def test_payments_side_by_side_wait_for_each_other(world: World) -> None:
    """However many pay at once, each gets a number of its own and all are accepted."""
    payments = [
        world.buyer.pay(SELLER.public_key, 1, digest=DIGEST, deadline_us=world.in_s(10))
        for _ in range(20)
    ]
    verdicts = {answer.verdict for answer in await asyncio.gather(*payments)}
    assert verdicts == {Verdict.ACCEPTED}
    assert await world.seller.balance() == 20


async def test_a_lost_answer_pays_once(world: World) -> None:
    """When the answer is lost, the same bytes are sent again, and the money has moved once."""
    world.node.lost_answers = 3
    paying = world.buyer.pay(SELLER.public_key, 100, digest=DIGEST, deadline_us=world.in_s(10))
    answer = await world.patiently(paying)
    assert answer.verdict is Verdict.ALREADY_ACCEPTED
    assert answer.position == 1
    assert len(world.node.submitted) == 4
    assert len(set(world.node.submitted)) == 1
    assert await world.seller.balance() == 100


async def test_an_outage_is_waited_for(world: World) -> None:
    """A node that comes back within the time judges the record."""
    record = await world.transfer()
    world.node.away = 12
    answer = await world.patiently(world.buyer.submit(record, deadline_us=world.in_s(10)))
    assert answer.verdict is Verdict.ACCEPTED


async def test_a_long_outage_ends_in_an_error_that_keeps_the_record(world: World) -> None:
    """After the deadline the record is handed back; sending it later tells what became of it."""
    record = await world.transfer()
    world.node.lost_answers, world.node.away = 1, 1_000_000
    deadline_us = world.in_s(10)
    with pytest.raises(LedgerAwayError, match=r"in time .*: submit the record again") as told:
        await world.patiently(world.buyer.submit(record, deadline_us=deadline_us))
    assert world.clock.now_us() <= deadline_us
    assert told.value.record is not None
    assert told.value.record.tobytes() == record.tobytes()
    world.node.away = 0
    again = await world.buyer.submit(told.value.record, deadline_us=world.in_s(10))
    assert again.verdict is Verdict.ALREADY_ACCEPTED
    assert await world.seller.balance() == 100


async def test_the_door_is_obeyed(world: World) -> None:
    """A record that is turned away comes back when it was told to, not before."""
    record = await world.transfer()
    world.node.door = [
        Judged(Verdict.RATE_LIMITED, None, retry_after_s=3.0),
        Judged(Verdict.BUSY, None, retry_after_s=2.0),
    ]
    submitting = asyncio.create_task(world.buyer.submit(record, deadline_us=world.in_s(60)))
    await settle()
    await world.clock.advance(2.9)
    assert len(world.node.submitted) == 1
    await world.clock.advance(0.2)
    assert len(world.node.submitted) == 2
    await world.clock.advance(2.0)
    assert (await submitting).verdict is Verdict.ACCEPTED


async def test_the_door_may_stay_shut(world: World) -> None:
    """A record that is turned away beyond its deadline ends in an error that says so."""
    record = await world.transfer()
    world.node.door = [Judged(Verdict.BUSY, None, retry_after_s=30.0)]
    with pytest.raises(LedgerAwayError, match="BUSY"):
        await world.buyer.submit(record, deadline_us=world.in_s(10))
    assert await world.seller.balance() == 0


async def test_a_refusal_is_an_answer(world: World) -> None:
    """A wallet without funds is told so by the ledger, at once, and nothing has changed."""
    await world.buyer.pay(SELLER.public_key, 5, digest=DIGEST, deadline_us=world.in_s(10))
    answer = await world.seller.pay(
        TREASURY.public_key, 6, digest=DIGEST, deadline_us=world.in_s(10)
    )
    assert answer.verdict is Verdict.INSUFFICIENT_FUNDS
    assert await world.seller.balance() == 5
    assert await world.buyer.balance() == SUPPLY - 5


async def test_signing_waits_for_a_node_that_is_away(world: World) -> None:
    """Numbers and parents are asked for again during a short outage; a long one signs nothing."""
    world.node.away = 10
    record = await world.patiently(world.transfer())
    assert int(record["sequence"]) == 0
    fresh = World()
    fresh.node.away = 1_000_000
    patience_us = fresh.in_s(PATIENCE_S)
    with pytest.raises(LedgerAwayError, match=r"the node is away .*: start it"):
        await fresh.patiently(fresh.transfer())
    assert fresh.clock.now_us() <= patience_us
    assert fresh.node.submitted == []


async def test_the_number_comes_from_the_ledger(world: World) -> None:
    """A new start, or a second program on the key, goes on with the number that comes next."""
    await world.buyer.pay(SELLER.public_key, 1, digest=DIGEST, deadline_us=world.in_s(10))
    other = world.wallet(TREASURY)
    await other.pay(SELLER.public_key, 1, digest=DIGEST, deadline_us=world.in_s(10))
    answer = await world.buyer.pay(SELLER.public_key, 1, digest=DIGEST, deadline_us=world.in_s(10))
    assert answer.verdict is Verdict.ACCEPTED
    assert await world.seller.balance() == 3


async def test_numbers_are_given_in_a_turn_only(world: World) -> None:
    """Signing a numbered record outside a turn is a programmer's mistake."""
    with pytest.raises(AssertionError, match="in the wallet's turn"):
        await world.buyer.sign_transfer(
            target=SELLER.public_key, amount=1, digest=DIGEST, valid_for_s=60
        )


async def test_vouchers_settle_a_hold(world: World) -> None:
    """A voucher is worth its amount to the payee, the rest returns, and it is not sent itself."""
    hold = await world.hold(1_000)
    sent = len(world.node.submitted)
    voucher = await world.buyer.voucher(
        hold_id=hold, amount=400, number=2, digest=DIGEST, valid_for_s=60
    )
    assert len(world.node.submitted) == sent
    assert (int(voucher["sequence"]), int(voucher["amount"])) == (2, 400)
    answer = await world.seller.submit(voucher, deadline_us=world.in_s(10))
    assert answer.verdict is Verdict.ACCEPTED
    assert await world.seller.balance() == 400
    assert await world.buyer.balance() == SUPPLY - 400


async def test_vouchers_go_on_while_the_node_is_away(world: World) -> None:
    """With parents known from before, vouchers need no node, so delivery need not stop."""
    hold = await world.hold()
    world.node.away = 1_000_000
    vouchers = [
        await world.buyer.voucher(
            hold_id=hold, amount=amount, number=amount, digest=DIGEST, valid_for_s=60
        )
        for amount in (1, 2, 3)
    ]
    world.node.away = 0
    answer = await world.seller.submit(vouchers[-1], deadline_us=world.in_s(10))
    assert answer.verdict is Verdict.ACCEPTED
    assert await world.seller.balance() == 3


async def test_releases_and_reclaims(world: World) -> None:
    """The payee may give a hold back at once; the payer only takes it back when it has expired."""
    await world.buyer.pay(SELLER.public_key, 1, digest=DIGEST, deadline_us=world.in_s(10))
    answer, transaction = await world.seller.release(await world.hold(500))
    assert answer.verdict is Verdict.ACCEPTED
    assert transaction in world.node.records
    hold = await world.hold(500)
    assert (await world.buyer.reclaim(hold)).verdict is Verdict.HOLD_NOT_EXPIRED
    await world.clock.advance(61)
    assert (await world.buyer.reclaim(hold)).verdict is Verdict.ACCEPTED
    assert await world.buyer.balance() == SUPPLY - 1


async def test_a_number_is_voided(world: World) -> None:
    """A record that was signed by a clock far ahead never applies, also when its time has come."""
    record = await world.transfer()
    await world.buyer.void(int(record["sequence"]))
    answer = await world.buyer.submit(record, deadline_us=world.in_s(10))
    assert answer.verdict is Verdict.SEQUENCE_USED
    assert world.node.ledger.balance(SELLER.public_key) == 0
    async with world.buyer.turn():
        assert await world.buyer._next_sequence() == int(record["sequence"]) + 1


async def test_a_number_that_is_used_is_not_voided(world: World) -> None:
    """Where the account has gone on, or has not come so far, nothing is submitted."""
    record = await world.transfer()
    await world.buyer.submit(record, deadline_us=world.in_s(10))
    submitted = len(world.node.submitted)
    for sequence in (int(record["sequence"]), int(record["sequence"]) + 2):
        await world.buyer.void(sequence)
    assert len(world.node.submitted) == submitted


async def test_voiding_outlasts_a_node_that_is_away(world: World) -> None:
    """It is asked again; an answer that is lost voids the number once."""
    record = await world.transfer()
    sequence = int(record["sequence"])
    world.node.away, world.node.lost_answers = 3, 1
    await world.patiently(world.buyer.void(sequence))
    assert world.node.ledger.next_sequence(TREASURY.public_key) == sequence + 1
    assert len({bytes(each) for each in world.node.submitted}) == 1


async def test_voiding_gives_up_on_a_node_that_stays_away(world: World) -> None:
    """Then nothing was voided, and the error says so."""
    record = await world.transfer()
    world.node.away = 10_000
    with pytest.raises(LedgerAwayError):
        await world.patiently(world.buyer.void(int(record["sequence"])))
