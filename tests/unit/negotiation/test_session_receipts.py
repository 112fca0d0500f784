"""Receipts of sessions: what they prove, and every way in which one can be forged."""

import json

import msgspec
import pytest

from ledger_core import (
    CheckFailedError,
    KeyPair,
    Policy,
    QuorumError,
    Receipt,
    ReceiptError,
    Records,
    log_key,
)
from negotiation import (
    Accept,
    Bill,
    Meter,
    Propose,
    SessionReceipt,
    SessionReceiptError,
    Stop,
    Terms,
    is_session_receipt,
    verify_session_receipt,
)
from negotiation.session_receipts import SESSION_RECEIPT_SIZE_MAX
from tests.transcripts.cast import BUYER, DIALOGUE, SELLER, STRANGER, TERMS, TOLL
from tests.unit.ledger_core.operators import LOG, NETWORK, POLICY
from tests.unit.negotiation.finished_sessions import (
    BILL,
    HOLD,
    PASSED,
    RECLAIMED,
    RELEASED,
    SETTLED,
    Conversation,
    conversation,
    hold_record,
    ledger_receipt,
    pieces,
    reclaim_record,
    release_record,
    settle_record,
    toll_record,
)

GOOD = {
    "settled": (SETTLED, TERMS, BILL),
    "released": (RELEASED, TERMS, Bill()),
    "reclaimed": (RECLAIMED, TERMS, Bill()),
    "passed": (PASSED, TOLL, Bill()),
}


def refused(receipt: SessionReceipt) -> str:
    """Return the reason for which a session's receipt is refused."""
    with pytest.raises(SessionReceiptError) as caught:
        verify_session_receipt(receipt.encode(), POLICY)
    return str(caught.value)


def replaced(receipt: SessionReceipt, **changes: object) -> SessionReceipt:
    """Return a receipt with other parts."""
    return msgspec.structs.replace(receipt, **changes)


def says(speaker: KeyPair, body: Propose | Accept | Meter | Stop, dialogue: bytes = b"") -> bytes:
    """Return a frame that somebody else could have made."""
    return Conversation(dialogue or DIALOGUE).says(speaker, body)


def paid_by(record: Records, opening: Records | None = HOLD) -> str:
    """Return the ledger's part that another record gives."""
    return ledger_receipt(record, opening).encode().decode()


@pytest.mark.parametrize("name", GOOD)
def test_a_good_receipt_proves_terms_bill_and_payment(name: str) -> None:
    """Each way in which a session can end leaves a receipt that anybody can check."""
    receipt, terms, bill = GOOD[name]
    found = verify_session_receipt(receipt.encode(), POLICY)
    assert (found.terms, found.bill, found.ledger.position) == (terms, bill, 1)
    assert SessionReceipt.parse(receipt.encode()) == receipt


def test_the_ledgers_part_stands_by_itself() -> None:
    """It is the unchanged text of the ledger's receipt, below 4 KiB."""
    text = json.loads(SETTLED.encode())["ledger"]
    assert Receipt.parse(text.encode()) == ledger_receipt(settle_record(HOLD), HOLD)
    assert len(text.encode()) < 4096


def test_both_forms_are_told_apart() -> None:
    """The first character tells a session's receipt from one of the ledger alone."""
    assert is_session_receipt(SETTLED.encode())
    assert not is_session_receipt(SETTLED.ledger.encode())
    assert not is_session_receipt(b"")


def test_no_bit_can_be_flipped() -> None:
    """Flip a bit in any part, and the receipt is refused."""
    good = SETTLED.encode()
    for place in range(0, len(good), 11):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        with pytest.raises(CheckFailedError):
            verify_session_receipt(bytes(bad), POLICY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "This is no receipt of a session"),
        (b"\xff", "This is no receipt of a session"),
        (b'{"format":"tangleway.session-receipt/2"}', "This is no receipt of a session"),
        (SETTLED.encode().replace(b",", b", ", 1), "was altered since it was written"),
        (SETTLED.encode()[:-1], "was altered since it was written"),
        (b" " * (SESSION_RECEIPT_SIZE_MAX + 1), "has at most"),
    ],
)
def test_what_is_no_receipt(data: bytes, words: str) -> None:
    """Only the one form that is written is read."""
    with pytest.raises(SessionReceiptError, match=words):
        verify_session_receipt(data, POLICY)


def test_the_policy_decides() -> None:
    """Another log's policy, or too few signatures, and the receipt proves nothing."""
    other = Policy(log_key(NETWORK, STRANGER.public_key))
    with pytest.raises(CheckFailedError):
        verify_session_receipt(SETTLED.encode(), other)
    all_of_them = Policy(POLICY.log, POLICY.validators, quorum=4)
    with pytest.raises(QuorumError):
        verify_session_receipt(SETTLED.encode(), all_of_them)
    found = verify_session_receipt(SETTLED.encode(), Policy(log_key(NETWORK, LOG.public_key)))
    assert found.ledger.position == 1


OTHER_TERMS = msgspec.structs.replace(TERMS, place="outlet 2")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"propose": says(SELLER, Stop(reason="no"))}, "not an offer and its acceptance"),
        ({"accept": says(BUYER, Stop(reason="no"))}, "not an offer and its acceptance"),
        ({"propose": says(STRANGER, Propose(terms=TERMS))}, "not signed by the buyer and"),
        (
            {"accept": says(STRANGER, Accept(terms_digest=TERMS.digest()))},
            "not signed by the buyer and",
        ),
        (
            {"accept": says(BUYER, Accept(terms_digest=TERMS.digest()), b"?" * 16)},
            "of different dialogues",
        ),
        ({"accept": says(BUYER, Accept(terms_digest=bytes(32)))}, "has accepted other terms"),
        (
            {
                "propose": says(SELLER, Propose(terms=OTHER_TERMS)),
                "accept": says(BUYER, Accept(terms_digest=OTHER_TERMS.digest())),
            },
            "are not those that the payer signed",
        ),
        ({"propose": SETTLED.propose[1:]}, "The propose in the receipt is forged"),
    ],
)
def test_terms_that_were_not_agreed(changes: dict[str, bytes], words: str) -> None:
    """Both have to have signed them, in one dialogue, and the payer's money has to name them."""
    assert words in refused(replaced(SETTLED, **changes))


FIRST, SECOND, LAST = pieces()


@pytest.mark.parametrize(
    ("meters", "words"),
    [
        ((), "not the one that the payer signed"),
        (SETTLED.meters[:-1], "not the one that the payer signed"),
        (SETTLED.meters[1:], "a chunk of the bill is missing"),
        ((*SETTLED.meters, SETTLED.meters[-1]), "brings nothing that was paid"),
        ((SETTLED.meters[0], *SETTLED.meters), "brings nothing that was paid"),
        ((says(STRANGER, FIRST), *SETTLED.meters[1:]), "not signed by this seller"),
        ((says(SELLER, FIRST, b"?" * 16), *SETTLED.meters[1:]), "not signed by this seller"),
        ((says(SELLER, Stop(reason="x")), *SETTLED.meters[1:]), "is no meter reading"),
        (
            (
                SETTLED.meters[0],
                says(
                    SELLER,
                    Meter(
                        index=1,
                        chunks=(msgspec.structs.replace(SECOND.chunks[0], cost=1),),
                        total=1,
                    ),
                ),
            ),
            "The bill does not follow the terms",
        ),
    ],
)
def test_bills_that_were_not_paid(meters: tuple[bytes, ...], words: str) -> None:
    """The pieces have to be the seller's, all there, and exactly those that the payer signed."""
    assert words in refused(replaced(SETTLED, meters=meters))


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        (paid_by(settle_record(HOLD, amount=1)), "pays 1 base units, the bill is over 400000"),
        (paid_by(settle_record(HOLD, number=1)), "brings nothing that was paid"),
        (paid_by(settle_record(HOLD, payer=STRANGER)), "not signed by the side that makes it"),
        (paid_by(settle_record(HOLD, network=8)), "of another network"),
        (paid_by(settle_record(HOLD), None), "are not those that the payer signed"),
        (paid_by(toll_record(), None), "A TRANSFER does not close a session of charge"),
        (paid_by(HOLD, None), "A HOLD does not close a session of charge"),
        (
            paid_by(settle_record(hold_record(payer=STRANGER)), hold_record(payer=STRANGER)),
            "Payer and payee on the ledger are not buyer and seller",
        ),
        (
            paid_by(settle_record(hold_record(payee=STRANGER)), hold_record(payee=STRANGER)),
            "Payer and payee on the ledger are not buyer and seller",
        ),
        (
            paid_by(settle_record(hold_record(amount=1)), hold_record(amount=1)),
            "not over the agreed amount",
        ),
        (paid_by(release_record(HOLD)), "nothing can have been billed"),
    ],
)
def test_payments_of_another_session(ledger: str, words: str) -> None:
    """Kind, parties, network, amounts and the hold have to be those of this session."""
    assert words in refused(replaced(SETTLED, ledger=ledger))


@pytest.mark.parametrize(
    ("receipt", "record", "opening"),
    [
        (RELEASED, release_record(HOLD, payee=BUYER), HOLD),
        (RECLAIMED, reclaim_record(HOLD, payer=SELLER), HOLD),
    ],
)
def test_holds_that_the_wrong_side_closed(
    receipt: SessionReceipt, record: Records, opening: Records
) -> None:
    """A payee releases, a payer reclaims."""
    assert "not signed by the side that makes it" in refused(
        replaced(receipt, ledger=paid_by(record, opening))
    )


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (toll_record(payee=STRANGER), "Payer and payee on the ledger are not buyer and seller"),
        (toll_record(payer=STRANGER), "Payer and payee on the ledger are not buyer and seller"),
        (toll_record(amount=TOLL.limits.amount_max + 1), "not over the agreed amount"),
        (toll_record(amount=1), "not over the agreed amount"),
    ],
)
def test_tolls_that_were_not_paid(record: Records, words: str) -> None:
    """A TRANSFER has to go from this buyer to this seller, over exactly the price."""
    assert words in refused(replaced(PASSED, ledger=paid_by(record, None)))


def test_a_ledger_part_that_was_altered() -> None:
    """What the ledger's part can not prove by itself is refused as its own receipt would be."""
    altered = SETTLED.ledger.replace("extra ", "extra A", 1)
    with pytest.raises(ReceiptError, match="is no Base 64"):
        verify_session_receipt(replaced(SETTLED, ledger=altered).encode(), POLICY)


@pytest.mark.parametrize(
    ("terms", "frames", "words"),
    [
        (OTHER_TERMS, conversation(meters=pieces()), "The propose of this session was not kept"),
        (TERMS, conversation()[:4], "The accept of this session was not kept"),
        (TERMS, conversation(meters=pieces()[:2]), "A piece of the bill was not kept"),
        (TERMS, conversation(meters=pieces()[2:]), "A piece of the bill was not kept"),
    ],
)
def test_receipts_that_can_not_be_made(terms: Terms, frames: list[bytes], words: str) -> None:
    """Without all the words there is no receipt of a session."""
    ledger = ledger_receipt(settle_record(HOLD), HOLD)
    with pytest.raises(SessionReceiptError, match=words):
        SessionReceipt.of(frames, terms=terms, ledger=ledger)
