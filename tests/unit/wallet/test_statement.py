"""The statement: each transaction as its owner sees it, and the changes add up to the balance."""

import pytest

from ledger_core import (
    ZERO,
    KeyPair,
    Records,
    UnavailableError,
    Verdict,
    data,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
)
from tests.unit.wallet.memory_ledger import NETWORK_KEY, NUMBER, SUPPLY, TREASURY, MemoryLedger
from wallet import Entry, Event, statement

ANN, BEN = (KeyPair.from_seed(bytes([number] * 32)) for number in (1, 2))
HOLD_S = 60


@pytest.fixture
def ledger() -> MemoryLedger:
    """Return a ledger on which Ann has 1,000."""
    made = MemoryLedger()
    made.pay(TREASURY, ANN.public_key, 1000)
    return made


def accepted(ledger: MemoryLedger, record: Records) -> bytes:
    """Let the ledger accept a record, and return its id."""
    assert ledger.apply(record.reshape(1)).verdict is Verdict.ACCEPTED
    return bytes(record_ids(record)[0])


def opened(ledger: MemoryLedger, payer: KeyPair, payee: KeyPair, amount: int) -> bytes:
    """Set an amount aside."""
    record = hold(
        payer,
        network=NUMBER,
        parents=ledger.parents(),
        target=payee.public_key,
        amount=amount,
        sequence=ledger.ledger.next_sequence(payer.public_key),
        issued_at=ledger.clock.now_us(),
        valid_for=HOLD_S,
        digest=ZERO,
    )
    return accepted(ledger, record)


def settled(ledger: MemoryLedger, payer: KeyPair, hold_id: bytes, amount: int) -> None:
    """Pay out of a hold."""
    record = settle(
        payer,
        network=NUMBER,
        parents=ledger.parents(),
        hold_id=hold_id,
        amount=amount,
        number=1,
        issued_at=ledger.clock.now_us(),
        valid_for=HOLD_S,
    )
    accepted(ledger, record)


def lines(entries: list[Entry]) -> list[tuple[Event, int, int]]:
    """Return what happened, its effect, and what it was about."""
    return [(entry.event, entry.change, entry.amount) for entry in entries]


async def check_balance(ledger: MemoryLedger, pair: KeyPair) -> None:
    """Make sure that the changes add up to what is there."""
    entries = await statement(ledger, pair.public_key)
    assert sum(entry.change for entry in entries) == ledger.ledger.balance(pair.public_key)


async def test_payments(ledger: MemoryLedger) -> None:
    """Payments have a sign and a partner; the first one opened the account."""
    ledger.pay(ANN, BEN.public_key, 150)
    ledger.pay(ANN, ANN.public_key, 5)
    entries = await statement(ledger, ANN.public_key)
    assert lines(entries) == [
        (Event.RECEIVED, 1000, 1000),
        (Event.PAID, -150, 150),
        (Event.MOVED, 0, 5),
    ]
    assert [entry.partner for entry in entries] == [
        TREASURY.public_key,
        BEN.public_key,
        ANN.public_key,
    ]
    assert [entry.position for entry in entries] == [1, 2, 3]
    assert [entry.id for entry in entries] == [one.id for one in ledger.all[1:]]
    await check_balance(ledger, ANN)


async def test_the_beginning(ledger: MemoryLedger) -> None:
    """The supply came from nobody; the network's key has signed, but gained nothing."""
    first, *_ = await statement(ledger, TREASURY.public_key)
    assert (first.event, first.change, first.partner) == (Event.FOUNDED, SUPPLY, None)
    [only] = await statement(ledger, NETWORK_KEY.public_key)
    assert (only.event, only.change, only.partner) == (Event.FOUNDED, 0, None)
    await check_balance(ledger, TREASURY)


async def test_a_charge(ledger: MemoryLedger) -> None:
    """A session is set aside and settled: the payer sees the rest come back, the payee its part."""
    settled(ledger, ANN, opened(ledger, ANN, BEN, 400), 120)
    ann, ben = [await statement(ledger, pair.public_key) for pair in (ANN, BEN)]
    assert lines(ann)[1:] == [(Event.SET_ASIDE, -400, 400), (Event.SETTLED, 280, 120)]
    assert lines(ben) == [(Event.PROMISED, 0, 400), (Event.EARNED, 120, 120)]
    assert {entry.partner for entry in ann[1:]} == {BEN.public_key}
    assert {entry.partner for entry in ben} == {ANN.public_key}
    await check_balance(ledger, ANN)
    await check_balance(ledger, BEN)


async def test_released(ledger: MemoryLedger) -> None:
    """A hold that the payee gave up is back with the payer."""
    record = release(
        BEN,
        network=NUMBER,
        parents=ledger.parents(),
        hold_id=opened(ledger, ANN, BEN, 400),
        issued_at=ledger.clock.now_us(),
        valid_for=HOLD_S,
    )
    accepted(ledger, record)
    ann, ben = [await statement(ledger, pair.public_key) for pair in (ANN, BEN)]
    assert lines(ann)[-1] == (Event.RETURNED, 400, 0)
    assert lines(ben)[-1] == (Event.GIVEN_UP, 0, 0)
    await check_balance(ledger, ANN)


async def test_reclaimed(ledger: MemoryLedger) -> None:
    """A hold that ran out is back with the payer."""
    hold_id = opened(ledger, ANN, BEN, 400)
    await ledger.clock.sleep(HOLD_S)
    record = reclaim(
        ANN,
        network=NUMBER,
        parents=ledger.parents(),
        hold_id=hold_id,
        issued_at=ledger.clock.now_us(),
        valid_for=HOLD_S,
    )
    accepted(ledger, record)
    ann, ben = [await statement(ledger, pair.public_key) for pair in (ANN, BEN)]
    assert lines(ann)[-1] == (Event.RETURNED, 400, 0)
    assert lines(ben)[-1] == (Event.GIVEN_UP, 0, 0)
    await check_balance(ledger, ANN)


async def test_a_hold_for_oneself(ledger: MemoryLedger) -> None:
    """Who sets aside for itself has all of it back, settled or not."""
    settled(ledger, ANN, opened(ledger, ANN, ANN, 400), 120)
    entries = await statement(ledger, ANN.public_key)
    assert lines(entries)[1:] == [(Event.SET_ASIDE, -400, 400), (Event.SETTLED, 400, 120)]
    await check_balance(ledger, ANN)


async def test_a_forgotten_hold(ledger: MemoryLedger) -> None:
    """When the node knows the hold no more, its end is told without an effect or a partner."""
    settled(ledger, ANN, opened(ledger, ANN, BEN, 400), 120)
    entries = await statement(ForgetfulLedger(ledger), ANN.public_key)
    assert (entries[-1].event, entries[-1].change, entries[-1].partner) == (Event.SETTLED, 0, None)


class ForgetfulLedger(MemoryLedger):
    """A node that has forgotten its holds."""

    def __init__(self, remembered: MemoryLedger) -> None:
        super().__init__()
        self.all, self.ledger = remembered.all, remembered.ledger
        self._remembered = remembered

    async def hold(self, hold_id: bytes) -> None:
        return None

    def _parties(self, record: Records) -> set[bytes]:
        return self._remembered._parties(record)


async def test_notes(ledger: MemoryLedger) -> None:
    """A DATA record moves nothing, and its channel is nobody's account."""
    record = data(
        ANN,
        network=NUMBER,
        parents=ledger.parents(),
        sequence=0,
        issued_at=ledger.clock.now_us(),
        valid_for=HOLD_S,
        digest=bytes([7] * 32),
        target=bytes([3] * 32),
    )
    accepted(ledger, record)
    note = (await statement(ledger, ANN.public_key))[-1]
    assert (note.event, note.change, note.partner) == (Event.NOTED, 0, None)


async def test_pages(ledger: MemoryLedger) -> None:
    """More than a page is read to the end; of all, the latest are kept."""
    for _ in range(300):
        ledger.pay(ANN, BEN.public_key, 1)
    entries = await statement(ledger, BEN.public_key, latest=1000)
    assert len(entries) == 300
    latest = await statement(ledger, BEN.public_key, latest=3)
    assert latest == entries[-3:]
    assert await statement(ledger, BEN.public_key, after=entries[-2].position) == entries[-1:]
    assert await statement(ledger, bytes(32)) == []


async def test_a_node_that_is_away(ledger: MemoryLedger) -> None:
    """Half a statement is none."""
    ledger.away = 1
    with pytest.raises(UnavailableError):
        await statement(ledger, ANN.public_key)
