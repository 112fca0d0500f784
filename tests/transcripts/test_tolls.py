"""A toll: one signed TRANSFER, handed over at the gate, which submits it and then opens."""

import pytest

from negotiation import (
    UNSEEN,
    AskLedger,
    Cancel,
    Credit,
    Deliver,
    Ended,
    Fact,
    Failure,
    IllegalMoveError,
    ImplausibleError,
    Receipt,
    Start,
    State,
    Submit,
)
from tests.transcripts.cast import (
    NETWORK,
    NOW_US,
    PARENTS,
    STRANGER,
    TOLL,
    record_id,
    toll_transfer,
    voucher,
)
from tests.transcripts.scenes import confirmed_buyer, confirmed_seller, paying_toll_buyer
from tests.transcripts.transcript import (
    Crashes,
    Does,
    Fails,
    Hears,
    HearsAgain,
    Repeats,
    Says,
    Waits,
)

TRANSFER = toll_transfer()
PAID = record_id(TRANSFER)
RECEIPT = Receipt(transaction=PAID, position=4, amount=250_000)


def test_the_buyers_toll() -> None:
    """A buyer hands its payment over and believes the ledger, not the gate."""
    transcript = (
        confirmed_buyer(TOLL)
        >> Does("pay", TRANSFER, PAID)
        << Says(Start(transfer=TRANSFER))
        << State.STARTED
        >> Hears(RECEIPT)
        << AskLedger(transaction=PAID)
        << State.CLOSING
        >> Does("ledger_said", Fact.SETTLED, transaction=PAID, amount=250_000)
        << Ended(reason="")
        << State.SETTLED
    )
    assert transcript
    assert transcript.memory.paid == 250_000
    assert transcript.memory.transactions == [PAID]


def test_the_sellers_toll() -> None:
    """A gate submits the payment, and opens when the ledger has taken it."""
    transcript = (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit(record=TRANSFER)
        << State.CLOSING
        >> HearsAgain()
        >> Does("submitted", PAID, 4)
        << Deliver(demand_w=0)
        << State.CLOSING
        >> Does("gate_opened")
        << Says(RECEIPT)
        << Ended(reason="")
        << State.SETTLED
        >> HearsAgain()
        << Repeats(Receipt)
    )
    assert transcript
    assert transcript.memory.paid == 250_000
    assert transcript.memory.transactions == [PAID]


def test_a_toll_that_the_ledger_refuses() -> None:
    """The gate stays shut, the refusal is recorded, and the buyer hears why."""
    transcript = (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Does("submitted", PAID, None, refusal="the ledger refused: INSUFFICIENT_FUNDS")
        << Says(Failure(reason="the ledger refused: INSUFFICIENT_FUNDS"))
        << Ended(reason="the ledger refused: INSUFFICIENT_FUNDS")
        << State.UNPAID
    )
    assert transcript
    assert transcript.memory.paid == 0
    assert (
        paying_toll_buyer()
        >> Hears(Failure(reason="the ledger refused: INSUFFICIENT_FUNDS"))
        << AskLedger(transaction=PAID)
        >> Does("ledger_said", Fact.UNPAID)
        << Ended(reason="the ledger refused: INSUFFICIENT_FUNDS")
        << State.FAILED
    )


def test_a_gate_that_never_answers() -> None:
    """A buyer repeats its payment, then asks the ledger whether it was taken."""
    assert (
        paying_toll_buyer()
        >> Waits(0.5)
        << Repeats(Start)
        >> Waits(9.5)
        << AskLedger(transaction=PAID)
        << State.CLOSING
    )


@pytest.mark.parametrize(
    ("transfer", "words"),
    [
        (b"", "a record has 256 bytes, not 0"),
        (toll_transfer(amount=249_999), "not over the agreed amount"),
        (toll_transfer(amount=250_001), "not over the agreed amount"),
        (toll_transfer(target=STRANGER.public_key), "goes to another account"),
        (toll_transfer(digest=bytes(32)), "names other terms"),
        (toll_transfer(network=NETWORK + 1), "no TRANSFER of this network"),
        (toll_transfer(STRANGER), "not issued by the buyer"),
        (toll_transfer(parents=(PARENTS[0], PARENTS[0])), "names one parent twice"),
        (toll_transfer(issued_at=NOW_US + 60_000_001), "not valid now"),
        (toll_transfer(issued_at=NOW_US - 60_000_000), "not valid now"),
        (TRANSFER[:-1] + bytes([TRANSFER[-1] ^ 1]), "not signed by the buyer"),
        (TRANSFER[:140] + b"\xff" + TRANSFER[141:], "not signed by the buyer"),
        (b"\x02" + TRANSFER[1:], "no TRANSFER of this network"),
        (voucher(250_000, 0), "no TRANSFER of this network"),
    ],
)
def test_a_gate_submits_only_what_pays_it(transfer: bytes, words: str) -> None:
    """A payment that is not exactly the agreed one ends the dialogue; nothing is submitted."""
    transcript = confirmed_seller(TOLL) >> Hears(Start(transfer=transfer)) << Says(Failure)
    assert transcript << Ended << State.FAILED
    assert words in transcript.memory.reason


def test_the_shell_may_look_first() -> None:
    """The same check is offered to a shell that wants to know before it lets the dialogue hear."""
    scene = confirmed_seller(TOLL)
    good, bad = Start(transfer=TRANSFER), Start(transfer=toll_transfer(amount=1))
    assert scene >> Does("check_start", good)
    assert scene >> Does("check_start", bad) << Fails(ImplausibleError, "not over the agreed")
    assert confirmed_seller() >> Does("check_start", Start(hold=b"H" * 32))


def test_a_toll_survives_a_crash() -> None:
    """A gate submits the same bytes again; a buyer goes on repeating what it has handed over."""
    assert (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Crashes()
        << Submit(record=TRANSFER)
        << State.CLOSING
    )
    assert paying_toll_buyer() >> Crashes(after_s=1) >> Waits(0) << Repeats(Start)


CREDIT = b"C" * 32
"""Id of a credit note."""


def test_a_gate_that_breaks_gives_the_money_back() -> None:
    """Once the toll is on the ledger, only a credit note corrects it, and is written down first."""
    transcript = (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Does("submitted", PAID, 4)
        << Deliver(demand_w=0)
        >> Does("gate_jammed", "motor failure")
        << Credit(amount=250_000, paid_by=PAID, note=b"")
        << State.CLOSING
        >> Does("credit_signed", TRANSFER)
        >> Does("credited", CREDIT, 250_000)
        << Says(Receipt(transaction=PAID, position=4, amount=250_000, credit=CREDIT))
        << Ended(reason="the toll was given back: motor failure")
        << State.SETTLED
    )
    assert transcript
    memory = transcript.memory
    assert (memory.paid, memory.credited) == (250_000, 250_000)
    assert memory.transactions == [PAID, CREDIT]


def test_a_credit_note_survives_a_crash() -> None:
    """The note that was signed is submitted again, not a second one signed; the toll stays one."""
    jammed = (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        >> Does("submitted", PAID, 4)
        >> Does("gate_jammed", "motor failure")
        >> Does("credit_signed", TRANSFER)
    )
    transcript = (
        jammed.played()
        >> Crashes()
        << Submit(record=TRANSFER)
        >> Does("submitted", PAID, 4)
        << Credit(amount=250_000, paid_by=PAID, note=TRANSFER)
        << State.CLOSING
    )
    assert transcript
    assert transcript.memory.transactions == [PAID]


def test_the_buyer_hears_of_a_credit_note() -> None:
    """The gate names it; what was given back is what the ledger says."""
    transcript = (
        paying_toll_buyer()
        >> Hears(Receipt(transaction=PAID, position=4, amount=250_000, credit=CREDIT))
        << AskLedger(transaction=PAID)
        >> Does("ledger_said", Fact.SETTLED, transaction=PAID, amount=250_000, credited=250_000)
        << Ended(reason="the toll was given back: the gate did not open")
        << State.SETTLED
    )
    assert transcript
    assert not transcript.memory.opened
    assert transcript.memory.transactions == [PAID, CREDIT]


ON_TRUST = Receipt(transaction=PAID, position=UNSEEN, amount=250_000)


def test_a_gate_opens_on_trust() -> None:
    """It opens once, says that it has not seen the payment, and submits it until it is judged."""
    scene = confirmed_seller(TOLL) >> Hears(Start(transfer=TRANSFER)) << Submit
    transcript = (
        scene.played()
        >> Does("trusted")
        << Deliver(demand_w=0)
        >> Does("gate_opened")
        << Says(ON_TRUST)
        << State.CLOSING
        >> HearsAgain()
        << Repeats(Receipt)
        >> Crashes(after_s=600)
        << Submit(record=TRANSFER)
        >> Does("trusted")
        >> Does("submitted", PAID, 9)
        << Says(Receipt(transaction=PAID, position=9, amount=250_000))
        << Ended(reason="")
        << State.SETTLED
    )
    assert transcript
    assert transcript.memory.on_trust


def test_what_was_trusted_and_refused_is_a_loss() -> None:
    """The passage was given and nothing was paid: the books say so."""
    transcript = (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Does("trusted")
        << Deliver
        >> Does("gate_opened")
        << Says(ON_TRUST)
        >> Does("submitted", PAID, None, refusal="the ledger refused: SEQUENCE_USED")
        << Says(Failure(reason="the ledger refused: SEQUENCE_USED"))
        << Ended(reason="the ledger refused: SEQUENCE_USED")
        << State.UNPAID
    )
    assert transcript
    assert transcript.memory.on_trust
    assert transcript.memory.paid == 0


def test_nothing_is_trusted_that_does_not_wait_for_the_ledger() -> None:
    """Before a payment is handed over, and for what is paid by vouchers, there is no trust."""
    for scene in (confirmed_seller(TOLL), confirmed_seller()):
        assert scene >> Does("trusted") << Fails(IllegalMoveError, "only a toll that waits")


def test_a_buyer_that_is_let_through_on_trust_asks_the_ledger() -> None:
    """It may drive on, and still follows its money."""
    transcript = paying_toll_buyer() >> Hears(ON_TRUST) << AskLedger(transaction=PAID)
    assert transcript << State.CLOSING
    assert (transcript.memory.opened, transcript.memory.on_trust) == (True, True)


def test_a_gate_that_jams_on_trust_gives_back_what_it_gets() -> None:
    """Nothing can be given back before it was paid; when it was, it is."""
    assert (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Does("trusted")
        << Deliver
        >> Does("gate_jammed", "motor failure")
        << State.CLOSING
        >> Does("submitted", PAID, 4)
        << Credit(amount=250_000, paid_by=PAID, note=b"")
    )


def test_a_toll_can_not_be_withdrawn_once_it_is_handed_over() -> None:
    """The buyer may lose its patience, but only the ledger ends the dialogue."""
    assert (
        paying_toll_buyer()
        >> Does("cancel", "no patience")
        << Says(Cancel(reason="no patience"))
        << AskLedger(transaction=PAID)
        << State.CLOSING
    )
    assert (
        confirmed_seller(TOLL)
        >> Hears(Start(transfer=TRANSFER))
        << Submit
        >> Does("declined", "no patience")
        << Fails(IllegalMoveError, "sends cancel")
        << State.CLOSING
    )
