"""The check of receipts: good ones prove a position, every other one is refused with its reason."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from ledger_core import (
    CheckFailedError,
    InclusionError,
    Note,
    NoteSignatureError,
    Policy,
    QuorumError,
    Receipt,
    ReceiptError,
    cosign,
    inclusion_proof,
    log_key,
    record_ids,
    settle,
    verify_receipt,
)
from tests.unit.ledger_core.operators import AT_S, LOG, NAMES, POLICY, cosigned, log_note
from tests.unit.ledger_core.sessions import (
    BILL,
    HOLD,
    PAYEE,
    PAYER,
    RECORDS,
    TERMS,
    TREE,
    receipt_of,
)
from tests.unit.ledger_core.stored_tree import tree_of

SETTLED = receipt_of("SETTLE", hold=HOLD, terms=TERMS, bill=BILL)


def logged(record: bytes, **parts: bytes) -> bytes:
    """Return the receipt of any bytes that a lying quorum has taken into the log."""
    leaf = sha256(b"\0" + record).digest()
    tree = tree_of([leaf, TREE.read(0, 0)])
    return Receipt(
        record=record,
        position=0,
        path=tuple(inclusion_proof(0, 2, tree.read)),
        note=cosigned(log_note(2, tree.frontier.root())),
        **parts,
    ).encode()


@pytest.mark.parametrize("name", RECORDS)
def test_good_receipts_prove_a_position(name: str) -> None:
    """Each kind of record has receipts, without anything but the policy."""
    found = verify_receipt(receipt_of(name).encode(), POLICY)
    assert found.position == list(RECORDS).index(name)
    assert found.record.tobytes() == RECORDS[name].tobytes()
    assert set(found.cosigned.signed_at_s) == set(NAMES[:3])


def test_a_session_is_proved_with_terms_and_bill() -> None:
    """The receipt of a SETTLE carries what was agreed and what was billed."""
    found = verify_receipt(SETTLED.encode(), POLICY)
    assert (found.receipt.terms, found.receipt.bill) == (TERMS, BILL)
    assert found.receipt.hold == HOLD
    assert int(found.record["amount"]) == 2_800_000


def test_a_toll_is_proved_with_its_terms() -> None:
    """The receipt of a TRANSFER carries the terms that its digest names."""
    assert verify_receipt(receipt_of("TRANSFER", terms=TERMS).encode(), POLICY).receipt.terms


@pytest.mark.parametrize(
    ("receipt", "reason"),
    [
        (receipt_of("SETTLE", hold=HOLD, terms=BILL), "terms in the receipt are not those"),
        (receipt_of("SETTLE", hold=HOLD, bill=TERMS), "bill in the receipt is not the one"),
        (receipt_of("SETTLE", terms=TERMS), "terms in the receipt are not those"),
        (receipt_of("TRANSFER", terms=BILL), "terms in the receipt are not those"),
        (receipt_of("TRANSFER", bill=TERMS), "bill in the receipt is not the one"),
        (receipt_of("RELEASE", hold=HOLD, bill=BILL), "bill in the receipt is not the one"),
        (receipt_of("TRANSFER", hold=HOLD), "HOLD in the receipt is not the one"),
        (receipt_of("SETTLE", hold=RECORDS["TRANSFER"].tobytes()), "HOLD in the receipt is not"),
        (receipt_of("SETTLE", hold=HOLD[:-1] + b"\0"), "HOLD in the receipt is not"),
    ],
)
def test_what_does_not_belong_is_refused(receipt: Receipt, reason: str) -> None:
    """HOLD, terms and bill are those that the record commits to, or the receipt is refused."""
    with pytest.raises(ReceiptError, match=reason):
        verify_receipt(receipt.encode(), POLICY)


def test_nobody_can_pay_in_anothers_name() -> None:
    """Even a quorum that lies can not make up a payment: its issuer has not signed."""
    forged = bytearray(RECORDS["SETTLE"].tobytes())
    forged[136] ^= 1
    with pytest.raises(ReceiptError, match="record in the receipt is not signed by its issuer"):
        verify_receipt(logged(bytes(forged)), POLICY)


def test_nobody_can_agree_in_anothers_name() -> None:
    """A HOLD that its payer has not signed binds nobody to its terms."""
    forged = np.frombuffer(HOLD[:192] + bytes(64), RECORDS["HOLD"].dtype)
    closing = settle(
        PAYER, network=7, parents=(bytes(32), bytes(32)), hold_id=record_ids(forged).tobytes(),
        amount=1, number=0, issued_at=1, valid_for=1,
    )  # fmt: skip
    with pytest.raises(ReceiptError, match="HOLD in the receipt is not signed by its issuer"):
        verify_receipt(logged(closing.tobytes(), hold=forged.tobytes()), POLICY)


def test_another_position_is_refused() -> None:
    """The record is where the receipt says, or nowhere."""
    with pytest.raises(InclusionError):
        verify_receipt(replace(SETTLED, position=4).encode(), POLICY)


def test_the_quorum_has_to_have_signed() -> None:
    """Two of the three that are needed are not enough."""
    note = cosigned(Note(SETTLED.note.text, SETTLED.note.signatures[:1]), *NAMES[:2])
    with pytest.raises(QuorumError):
        verify_receipt(replace(SETTLED, note=note).encode(), POLICY)


def test_another_network_is_refused() -> None:
    """Who trusts another log does not take this one's word."""
    policy = Policy(log_key("paris", LOG.public_key), POLICY.validators, 3)
    with pytest.raises(NoteSignatureError, match="not signed by the log tangleway/paris"):
        verify_receipt(SETTLED.encode(), policy)


def test_strangers_may_sign_too() -> None:
    """More signatures than the policy asks for, also by unknown keys, do no harm."""
    note = SETTLED.note.signed_by(cosign(PAYEE, "stranger.example", SETTLED.note, at_s=AT_S))
    assert verify_receipt(replace(SETTLED, note=note).encode(), POLICY).position == 3


def test_damage_in_a_strangers_signature_is_seen() -> None:
    """What no known key protects is protected by the seal."""
    note = SETTLED.note.signed_by(cosign(PAYEE, "stranger.example", SETTLED.note, at_s=AT_S))
    data = replace(SETTLED, note=note).encode()
    with pytest.raises(ReceiptError, match="was altered since it was issued"):
        verify_receipt(data.replace(b"stranger.example", b"strangle.example"), POLICY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        SETTLED.encode()[:-1],
        SETTLED.encode() + b"\n",
        b"\xff" * 1_000,
        bytes(70_000),
    ],
    ids=["nothing", "text", "cut", "longer", "noise", "flood"],
)
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    """Whatever it is, the refusal is a failed check with its reason."""
    with pytest.raises(ReceiptError):
        verify_receipt(data, POLICY)


def test_other_logs_checkpoints_are_refused() -> None:
    """A note of the log that is no checkpoint makes no receipt."""
    text = "hello\n"
    [line] = log_note(2, bytes(32)).signatures
    note = Note(text, (replace(line, signature=LOG.sign(text.encode())),))
    with pytest.raises(ReceiptError, match="a line each for its origin"):
        verify_receipt(replace(SETTLED, note=note).encode(), POLICY)


def test_every_line_counts() -> None:
    """A receipt with a line left out, doubled or swapped with the next is refused."""
    lines = SETTLED.encode().split(b"\n")
    for number, line in enumerate(lines[:-1]):
        for other in (
            lines[:number] + lines[number + 1 :],
            [*lines[:number], line, *lines[number:]],
            [*lines[:number], lines[number + 1], line, *lines[number + 2 :]],
        ):
            with pytest.raises(CheckFailedError):
                verify_receipt(b"\n".join(other), POLICY)


def test_every_bit_counts() -> None:
    """A receipt with a flipped bit anywhere is refused, and the reason is said."""
    data = bytearray(receipt_of("TRANSFER").encode())
    for place in range(8 * len(data)):
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(CheckFailedError, match=r"\w+ \w+ \w+"):
            verify_receipt(bytes(data), POLICY)
        data[place // 8] ^= 1 << place % 8
    assert verify_receipt(bytes(data), POLICY).position == 1
