"""Questions to the ledger are asked until they are answered, and no answer is no refusal."""

import asyncio

import pytest

from agent_runtime import Wallet
from agent_runtime.known_parents import KnownParents
from agent_runtime.ledger_checks import UNSEEN_S, LedgerChecks
from ledger_core import (
    InputError,
    Records,
    UnavailableError,
    Verdict,
    record_ids,
)
from negotiation import Fact
from tests.market.town import GRANT, Town, key_of
from tests.unit.agent_runtime.memory_ledger import NETWORK, Judged

DIGEST = bytes([5] * 32)
HOLD_S = 60


class Pair:
    """A buyer and a seller of a town, and what each asks the ledger."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.buyer, self.seller = self.wallet("anna"), self.wallet("mill")
        self.asks = LedgerChecks(town.ledger, self.buyer, town.clock)
        self.sells = LedgerChecks(town.ledger, self.seller, town.clock)

    def wallet(self, name: str) -> Wallet:
        """Return a wallet."""
        town = self.town
        return Wallet(key_of(name), town.ledger, clock=town.clock, network_number=NETWORK)

    async def sign_hold(self, amount: int = 1_000) -> Records:
        """Sign a hold for the seller."""
        async with self.buyer.turn():
            return await self.buyer.sign_hold(
                target=key_of("mill").public_key,
                amount=amount,
                digest=DIGEST,
                valid_for_s=HOLD_S,
            )

    async def hold(self) -> bytes:
        """Return the id of an open hold."""
        record = await self.sign_hold()
        assert (await self.buyer.submit(record)).verdict is Verdict.ACCEPTED
        return id_of(record)

    async def sign_transfer(self, amount: int = 100) -> Records:
        """Sign a transfer to the seller."""
        async with self.buyer.turn():
            return await self.buyer.sign_transfer(
                target=key_of("mill").public_key, amount=amount, digest=DIGEST, valid_for_s=30
            )

    def in_s(self, seconds: float) -> int:
        """Return a time from now. [µs]"""
        return self.town.clock.now_us() + int(seconds * 1_000_000)


def id_of(record: Records) -> bytes:
    """Return a record's id."""
    found: bytes = record_ids(record)[0].tobytes()
    return found


@pytest.fixture
async def pair() -> Pair:
    """Return a buyer and a seller with accounts."""
    town = Town()
    for name in ("anna", "mill"):
        await town.grant(name)
    return Pair(town)


async def test_an_open_hold_is_found(pair: Pair) -> None:
    """With all that the terms are checked against, also after an outage."""
    hold = await pair.hold()
    pair.town.ledger.away = 20
    found = await pair.town.play(pair.sells.open_hold(hold, pair.in_s(60)))
    assert found is not None
    assert (found.amount, found.digest) == (1_000, DIGEST)


async def test_a_hold_may_come_a_little_later(pair: Pair) -> None:
    """What the node does not know at once may still be on its way."""
    record = await pair.sign_hold()
    looking = asyncio.create_task(pair.sells.open_hold(id_of(record), pair.in_s(60)))
    await pair.town.clock.advance(UNSEEN_S / 2)
    await pair.buyer.submit(record)
    found = await pair.town.play(asyncio.wait_for(looking, None))
    assert found is not None


async def test_a_hold_that_nobody_knows_or_that_is_closed_is_none(pair: Pair) -> None:
    """The first is waited for a little, the second not at all, an expired one neither."""
    began_us = pair.town.clock.now_us()
    assert await pair.town.play(pair.sells.open_hold(bytes(32), pair.in_s(60))) is None
    assert pair.town.clock.now_us() - began_us >= UNSEEN_S * 1_000_000
    hold = await pair.hold()
    await pair.sells.give_back(hold)
    assert await pair.sells.open_hold(hold, pair.in_s(60)) is None
    assert await pair.sells.open_hold(await pair.hold(), pair.in_s(0)) is None


async def test_collecting_goes_on_until_the_ledger_has_judged(pair: Pair) -> None:
    """However long it takes; the outcome is the same when the answer was lost before."""
    hold = await pair.hold()
    voucher = await pair.buyer.voucher(
        hold_id=hold, amount=300, number=0, digest=bytes(32), valid_for_s=60
    )
    pair.town.ledger.lost_answers, pair.town.ledger.away = 1, 100
    outcome = await pair.town.play(pair.sells.collect(voucher.tobytes()))
    assert (outcome.transaction, outcome.refusal) == (id_of(voucher), "")
    assert outcome.position is not None
    assert pair.town.balance("mill") == GRANT + 300


async def test_a_refused_payment_says_why(pair: Pair) -> None:
    """The verdict stands in the reason, and nothing has moved."""
    transfer = await pair.sign_transfer(amount=GRANT + 1)
    outcome = await pair.sells.collect(transfer.tobytes())
    assert outcome.position is None
    assert outcome.refusal == "the ledger refused the payment: INSUFFICIENT_FUNDS"
    assert pair.town.balance("mill") == GRANT


async def test_a_hold_is_given_back_once(pair: Pair) -> None:
    """In spite of an outage; a second time says that it is closed."""
    hold = await pair.hold()
    pair.town.ledger.away = 150
    outcome = await pair.town.play(pair.sells.give_back(hold))
    assert outcome.position is not None
    again = await pair.sells.give_back(hold)
    assert (again.position, again.refusal) == (None, "the ledger refused the release: HOLD_CLOSED")
    assert pair.town.balance("anna") == GRANT


async def test_the_fate_of_a_hold_is_what_closed_it(pair: Pair) -> None:
    """Settled with its amount, or released."""
    hold = await pair.hold()
    fate = asyncio.create_task(pair.asks.fate_of_hold(hold, pair.in_s(HOLD_S)))
    voucher = await pair.buyer.voucher(
        hold_id=hold, amount=300, number=0, digest=bytes(32), valid_for_s=60
    )
    await pair.seller.submit(voucher)
    settled = await pair.town.play(asyncio.wait_for(fate, None))
    assert (settled.fact, settled.amount) == (Fact.SETTLED, 300)
    assert settled.transaction == id_of(voucher)
    hold = await pair.hold()
    await pair.sells.give_back(hold)
    assert (await pair.asks.fate_of_hold(hold, pair.in_s(HOLD_S))).fact is Fact.RELEASED


async def test_an_expired_hold_is_reclaimed(pair: Pair) -> None:
    """As soon as it has expired by the ledger's clock, whatever ours says; outages included."""
    hold = await pair.hold()
    pair.town.ledger.away = 50
    fate = await pair.town.play(pair.asks.fate_of_hold(hold, pair.in_s(HOLD_S / 2)))
    assert fate.fact is Fact.RECLAIMED
    assert pair.town.balance("anna") == GRANT


async def test_a_hold_that_never_came_is_unpaid(pair: Pair) -> None:
    """After the node has not known it for a while, and not before."""
    record = await pair.sign_hold()
    began_us = pair.town.clock.now_us()
    fate = await pair.town.play(pair.asks.fate_of_hold(id_of(record), pair.in_s(HOLD_S)))
    assert fate.fact is Fact.UNPAID
    assert pair.town.clock.now_us() - began_us >= UNSEEN_S * 1_000_000


@pytest.mark.parametrize("way", ["paid", "expired", "overtaken"])
async def test_the_fate_of_a_transfer(pair: Pair, way: str) -> None:
    """It was accepted, its time is over, or another record has its number."""
    record = await pair.sign_transfer()
    asking = asyncio.create_task(pair.asks.fate_of_transfer(record.tobytes()))
    began_us = pair.town.clock.now_us()
    match way:
        case "paid":
            await pair.seller.submit(record)
        case "overtaken":
            await pair.hold()
    fate = await pair.town.play(asyncio.wait_for(asking, None))
    waited_s = (pair.town.clock.now_us() - began_us) / 1_000_000
    assert fate.fact is (Fact.SETTLED if way == "paid" else Fact.UNPAID)
    assert fate.amount == (100 if way == "paid" else 0)
    assert (waited_s >= 30) is (way == "expired")


async def test_a_busy_door_is_no_refusal(pair: Pair) -> None:
    """A record that is turned away comes back until it is judged."""
    record = await pair.sign_transfer()
    pair.town.ledger.door = [Judged(Verdict.BUSY, None, retry_after_s=1.0)] * 3
    outcome = await pair.town.play(pair.sells.collect(record.tobytes()))
    assert outcome.position is not None


class TestKnownParents:
    """A voucher whose parents nobody knows would be refused at the end."""

    async def voucher(self, pair: Pair) -> bytes:
        """Return a voucher."""
        record = await pair.buyer.voucher(
            hold_id=bytes(32), amount=1, number=0, digest=bytes(32), valid_for_s=60
        )
        return record.tobytes()

    async def test_what_was_seen_is_not_asked_again(self, pair: Pair) -> None:
        """So a delivery goes on while the node is away."""
        known, voucher = KnownParents(pair.town.ledger), await self.voucher(pair)
        assert await known.are_known(voucher)
        pair.town.ledger.away = 1_000
        assert await known.are_known(voucher)
        with pytest.raises(UnavailableError):
            await KnownParents(pair.town.ledger).are_known(voucher)

    async def test_unknown_ones_are_found_out(self, pair: Pair) -> None:
        """Both are looked up."""
        voucher = bytearray(await self.voucher(pair))
        voucher[40:72] = bytes(32)
        assert not await KnownParents(pair.town.ledger).are_known(bytes(voucher))

    async def test_what_is_no_record_has_no_parents(self, pair: Pair) -> None:
        """A record cut short is the buyer's mistake."""
        with pytest.raises(InputError):
            await KnownParents(pair.town.ledger).are_known(b"short")

    async def test_pruned_ones_are_no_parents(self, pair: Pair) -> None:
        """A node that has pruned a parent would not take a record that names it."""
        voucher = await self.voucher(pair)
        pair.town.ledger.pruned = set(pair.town.ledger.records)
        assert not await KnownParents(pair.town.ledger).are_known(voucher)


async def test_a_transfer_that_was_pruned_is_not_asked_for_for_ever(pair: Pair) -> None:
    """Once it can not come to the ledger any more, the dialogue ends."""
    record = await pair.sign_transfer()
    pair.town.ledger.pruned = {record_ids(record)[0].tobytes()}
    asking = asyncio.create_task(pair.asks.fate_of_transfer(record.tobytes()))
    fate = await pair.town.play(asyncio.wait_for(asking, None))
    assert fate.fact is Fact.UNPAID


async def test_a_hold_whose_closing_was_pruned_is_asked_for_again(pair: Pair) -> None:
    """The node may restore it; nothing false is written into the books meanwhile."""
    hold = await pair.hold()
    voucher = await pair.buyer.voucher(
        hold_id=hold, amount=300, number=0, digest=bytes(32), valid_for_s=60
    )
    await pair.seller.submit(voucher)
    pair.town.ledger.pruned = {record_ids(voucher)[0].tobytes()}
    fate = asyncio.create_task(pair.asks.fate_of_hold(hold, pair.in_s(HOLD_S)))
    for _ in range(20):
        await pair.town.clock.advance(0.5)
    assert not fate.done()
    pair.town.ledger.pruned = set()
    settled = await pair.town.play(asyncio.wait_for(fate, None))
    assert (settled.fact, settled.amount) == (Fact.SETTLED, 300)


async def test_a_hold_that_its_payer_has_closed_is_seen(pair: Pair) -> None:
    """The seller learns by which SETTLE; while the hold is open, or after a release, there is none.

    A node that is away shows nothing, so a restart of it ends no delivery.
    """
    hold = await pair.hold()
    assert not await pair.sells.is_closed(hold)
    assert await pair.sells.settle_that_closed(hold) is None
    record = await pair.buyer.voucher(
        hold_id=hold, amount=5, number=0, digest=DIGEST, valid_for_s=HOLD_S
    )
    assert (await pair.buyer.submit(record)).verdict is Verdict.ACCEPTED
    pair.town.ledger.away = 1
    assert not await pair.sells.is_closed(hold)
    assert await pair.sells.is_closed(hold)
    pair.town.ledger.away = 3
    found = await pair.town.play(pair.sells.settle_that_closed(hold))
    assert found is not None
    assert found.record.tobytes() == record.tobytes()
    released = await pair.hold()
    await pair.sells.give_back(released)
    assert await pair.sells.settle_that_closed(released) is None
