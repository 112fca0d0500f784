"""The teller: every payment ends, in one of four ways, and never happens twice."""

import pytest

from ledger_core import KeyPair, UnavailableError, Verdict
from ledger_node import Answer
from tests.unit.wallet.memory_ledger import NETWORK, SUPPLY, TREASURY, MemoryLedger
from wallet import (
    NetworkMismatchError,
    NodeBusyError,
    PaymentRefusedError,
    PaymentUnknownError,
    Teller,
)
from wallet.teller import PATIENCE_S, SIGNINGS_MAX, VALID_FOR_S

ANN, BEN = (KeyPair.from_seed(bytes([number] * 32)) for number in (1, 2))
BUSY = Answer(Verdict.BUSY, None, retry_after_s=0.5)


@pytest.fixture
def ledger() -> MemoryLedger:
    """Return a node in memory."""
    return MemoryLedger()


@pytest.fixture
def teller(ledger: MemoryLedger) -> Teller:
    """Return a teller at that node."""
    clock = ledger.clock
    return Teller(ledger, network=NETWORK, now_us=clock.now_us, sleep=clock.sleep)


def balances(ledger: MemoryLedger) -> tuple[int, int, int]:
    """Return what the treasury, Ann and Ben have."""
    treasury, ann, ben = (ledger.ledger.balance(one.public_key) for one in (TREASURY, ANN, BEN))
    return treasury, ann, ben


async def test_payment(ledger: MemoryLedger, teller: Teller) -> None:
    """A payment returns its id and place, and the money has moved."""
    first = await teller.pay(TREASURY, ANN.public_key, 400)
    second = await teller.pay(ANN, BEN.public_key, 150)
    assert (first.position, second.position) == (1, 2)
    assert (second.payer, second.payee, second.amount) == (ANN.public_key, BEN.public_key, 150)
    assert second.id == ledger.all[2].id
    assert balances(ledger) == (SUPPLY - 400, 250, 150)


async def test_sweep(ledger: MemoryLedger, teller: Teller) -> None:
    """Sweeping moves all there is, and is done when there is nothing."""
    assert await teller.sweep(ANN, BEN.public_key) is None
    await teller.pay(TREASURY, ANN.public_key, 400)
    swept = await teller.sweep(ANN, BEN.public_key)
    assert swept is not None
    assert swept.amount == 400
    assert await teller.sweep(ANN, BEN.public_key) is None
    assert balances(ledger) == (SUPPLY - 400, 0, 400)


async def test_sweep_while_somebody_pays(ledger: MemoryLedger, teller: Teller) -> None:
    """What comes in meanwhile stays until the next sweep."""
    await teller.pay(TREASURY, ANN.public_key, 400)
    ledger.meanwhile = lambda: ledger.pay(TREASURY, ANN.public_key, 7)
    swept = await teller.sweep(ANN, BEN.public_key)
    assert swept is not None
    assert balances(ledger) == (SUPPLY - 407, 7, 400)


async def test_sweep_while_the_account_pays(ledger: MemoryLedger, teller: Teller) -> None:
    """When another program spends meanwhile, what is left is swept."""
    await teller.pay(TREASURY, ANN.public_key, 400)
    ledger.meanwhile = lambda: ledger.pay(ANN, TREASURY.public_key, 100)
    swept = await teller.sweep(ANN, BEN.public_key)
    assert swept is not None
    assert swept.amount == 300
    assert balances(ledger) == (SUPPLY - 300, 0, 300)


async def test_another_program_on_the_same_key(ledger: MemoryLedger, teller: Teller) -> None:
    """A number that was taken meanwhile is refused by the ledger, and the payment signed anew."""
    ledger.meanwhile = lambda: ledger.pay(TREASURY, ANN.public_key, 1)
    payment = await teller.pay(TREASURY, BEN.public_key, 10)
    assert payment.position == 2
    assert balances(ledger) == (SUPPLY - 11, 1, 10)


async def test_it_does_not_sign_for_ever(ledger: MemoryLedger, teller: Teller) -> None:
    """When others are quicker each time, the payment is given up and nothing was paid."""
    ledger.door = [Answer(Verdict.SEQUENCE_USED, None)] * SIGNINGS_MAX
    with pytest.raises(PaymentRefusedError, match=r"SEQUENCE_USED.*try again") as caught:
        await teller.pay(TREASURY, BEN.public_key, 10)
    assert caught.value.verdict is Verdict.SEQUENCE_USED
    assert balances(ledger) == (SUPPLY, 0, 0)


@pytest.mark.parametrize("lost", [1, 3])
async def test_lost_answers_do_not_pay_twice(
    ledger: MemoryLedger, teller: Teller, lost: int
) -> None:
    """The same record is handed in until an answer comes, and counts once."""
    ledger.lost = lost
    payment = await teller.pay(TREASURY, ANN.public_key, 10)
    assert len(set(ledger.submitted)) == 1
    assert len(ledger.submitted) == lost + 1
    assert payment.position == 1
    assert balances(ledger) == (SUPPLY - 10, 10, 0)


async def test_an_answer_that_never_comes(ledger: MemoryLedger, teller: Teller) -> None:
    """The error names the payment and says until when it can still happen."""
    ledger.lost = 1_000_000
    issued_at_us = ledger.clock.now_us()
    with pytest.raises(PaymentUnknownError, match="wallet history before you pay again") as caught:
        await teller.pay(TREASURY, ANN.public_key, 10)
    assert caught.value.transaction_id == ledger.all[1].id
    assert caught.value.transaction_id.hex() in str(caught.value)
    assert caught.value.expires_at_us == issued_at_us + (VALID_FOR_S + 60) * 1_000_000
    assert "after 08:02:00 UTC" in str(caught.value)
    assert sum(ledger.clock.slept) <= PATIENCE_S


async def test_a_node_that_is_away(ledger: MemoryLedger, teller: Teller) -> None:
    """Away from the beginning, nothing was signed and nothing is in doubt."""
    ledger.away = 1
    with pytest.raises(UnavailableError) as caught:
        await teller.pay(TREASURY, ANN.public_key, 10)
    assert not isinstance(caught.value, PaymentUnknownError)
    assert ledger.submitted == []


async def test_a_short_rush(ledger: MemoryLedger, teller: Teller) -> None:
    """Turned away at the door, the payment comes again when the node said."""
    ledger.door = [BUSY, Answer(Verdict.RATE_LIMITED, None)]
    await teller.pay(TREASURY, ANN.public_key, 10)
    assert ledger.clock.slept == [0.5, 0.25]
    assert balances(ledger) == (SUPPLY - 10, 10, 0)


async def test_a_long_rush(ledger: MemoryLedger, teller: Teller) -> None:
    """Turned away time and again, nothing was paid, and the error says when to come back."""
    ledger.door = [BUSY] * 1000
    with pytest.raises(NodeBusyError, match=r"Nothing was paid.*in 0.5 s") as caught:
        await teller.pay(TREASURY, ANN.public_key, 10)
    assert caught.value.retry_after_s == 0.5
    assert balances(ledger) == (SUPPLY, 0, 0)


async def test_a_rush_after_a_lost_answer(ledger: MemoryLedger, teller: Teller) -> None:
    """Once an answer got lost, a busy node leaves it open whether the payment was made."""
    ledger.lost = 1
    ledger.door = [BUSY] * 1000
    with pytest.raises(PaymentUnknownError):
        await teller.pay(TREASURY, ANN.public_key, 10)


async def test_too_little(ledger: MemoryLedger, teller: Teller) -> None:
    """The sentence says what is there, and nothing is submitted."""
    await teller.pay(TREASURY, ANN.public_key, 400)
    with pytest.raises(PaymentRefusedError, match=r"has 0.0004 tokens, not 0.0005") as caught:
        await teller.pay(ANN, BEN.public_key, 500)
    assert caught.value.verdict is Verdict.INSUFFICIENT_FUNDS
    assert balances(ledger) == (SUPPLY - 400, 400, 0)
    assert len(ledger.submitted) == 1


async def test_an_account_that_nobody_paid(ledger: MemoryLedger, teller: Teller) -> None:
    """An account that is not there can not pay."""
    with pytest.raises(PaymentRefusedError, match="nobody has paid this account yet") as caught:
        await teller.pay(ANN, BEN.public_key, 1)
    assert caught.value.verdict is Verdict.UNKNOWN_ISSUER
    assert ledger.submitted == []


@pytest.mark.parametrize(
    ("verdict", "advice"),
    [
        (Verdict.EXPIRED, "clock is behind"),
        (Verdict.NOT_YET_VALID, "clock is ahead"),
        (Verdict.INVALID_TARGET, "can not be an account"),
        (Verdict.UNKNOWN_PARENT, "docs/ledger.md"),
    ],
)
async def test_refusals(
    ledger: MemoryLedger, teller: Teller, verdict: Verdict, advice: str
) -> None:
    """The ledger's word is named with what to do, and is not argued with."""
    ledger.door = [Answer(verdict, None)]
    with pytest.raises(PaymentRefusedError, match=rf"\({verdict.name}\): .*{advice}") as caught:
        await teller.pay(TREASURY, ANN.public_key, 1)
    assert caught.value.verdict is verdict
    assert len(ledger.submitted) == 1


async def test_another_network(ledger: MemoryLedger) -> None:
    """A node of another network is not paid through."""
    ledger.network = "city"
    teller = Teller(ledger, network=NETWORK)
    with pytest.raises(NetworkMismatchError, match="network city, but commute is meant"):
        await teller.pay(TREASURY, ANN.public_key, 1)
    assert ledger.submitted == []


async def test_a_trip_on_a_fresh_account(ledger: MemoryLedger, teller: Teller) -> None:
    """Funded before and swept after, the fresh account ends empty and no token is lost."""
    main, fresh = ANN, BEN
    await teller.pay(TREASURY, main.public_key, 1000)
    await teller.pay(main, fresh.public_key, 300)
    await teller.pay(fresh, TREASURY.public_key, 120)
    await teller.sweep(fresh, main.public_key)
    assert balances(ledger) == (SUPPLY - 880, 880, 0)
