"""Receipts as text: what they carry, in which order, and how long they may be."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_core import BOUND_SIZE_MAX, RECEIPT_SIZE, LogProof, Note, Receipt, ReceiptFormatError
from tests.unit.ledger_core.operators import NAMES, cosigned, log_note
from tests.unit.ledger_core.sessions import BILL, HOLD, RECORDS, TERMS, checkpoint, receipt_of

SETTLED = receipt_of("SETTLE", hold=HOLD, terms=TERMS, bill=BILL)


def extra(receipt: Receipt) -> bytes:
    """Return what a receipt carries besides the standard proof."""
    return LogProof.parse(receipt.encode()).extra


@pytest.mark.parametrize(
    "receipt", [SETTLED, receipt_of("TRANSFER"), receipt_of("RELEASE", hold=HOLD)]
)
def test_receipts_come_back(receipt: Receipt) -> None:
    """What was written is read again."""
    assert Receipt.parse(receipt.encode()) == receipt


def test_the_record_comes_first() -> None:
    """A stranger finds the record in the first 256 bytes, then parts, then the seal."""
    data = extra(SETTLED)
    parts = [(1, HOLD), (2, TERMS), (3, BILL)]
    expected = b"".join(
        bytes([kind]) + len(content).to_bytes(2, "big") + content for kind, content in parts
    )
    assert data[:256] == RECORDS["SETTLE"].tobytes()
    assert data[256:-32] == expected
    assert extra(receipt_of("TRANSFER"))[256:-32] == b""


def test_everything_is_sealed() -> None:
    """The seal changes with every part of the receipt."""
    receipts = [
        SETTLED,
        replace(SETTLED, bill=b""),
        replace(SETTLED, position=4),
        replace(SETTLED, path=SETTLED.path[1:]),
        replace(SETTLED, note=cosigned(SETTLED.note, NAMES[3])),
    ]
    assert len({extra(receipt)[-32:] for receipt in receipts}) == len(receipts)


def with_extra(data: bytes) -> bytes:
    """Return a proof with other extra data."""
    proof = LogProof.parse(SETTLED.encode())
    return replace(proof, extra=data).encode()


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (b"\x01", "cut short"),
        (b"\x01\x00\x00", "cut short"),
        (b"\x02\x00\x00\x03\x00\x01b", "Part 2 of the receipt"),
        (b"\x02\x00\x03te", "Part 2 of the receipt"),
        (b"\x00\x00\x01a", "Part 0 of the receipt"),
        (b"\x04\x00\x01a", "Part 4 of the receipt"),
        (b"\x03\x00\x01b\x02\x00\x01t", "Part 2 of the receipt"),
        (b"\x02\x00\x01t\x02\x00\x01t", "Part 2 of the receipt"),
        (b"\x02\x00\x01t\x03", "cut short"),
        (b"\x01\x00\x01h", "A record in a receipt has 256 bytes"),
        (b"\x02\x03\x01" + bytes(769), "more than 768"),
    ],
)
def test_other_parts_are_refused(parts: bytes, reason: str) -> None:
    """Parts that are unknown, cut short, doubled or out of order are refused with the reason."""
    with pytest.raises(ReceiptFormatError, match=reason):
        Receipt.parse(with_extra(SETTLED.record + parts + bytes(32)))


@pytest.mark.parametrize("size", [1, 255, 287])
def test_a_proof_without_a_record_is_no_receipt(size: int) -> None:
    """A standard proof of something else is refused by name."""
    with pytest.raises(ReceiptFormatError, match="carries no record"):
        Receipt.parse(with_extra(bytes(size)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(SETTLED, record=bytes(255)),
        lambda: replace(SETTLED, hold=bytes(255)),
        lambda: replace(SETTLED, terms=bytes(700), bill=bytes(69)),
    ],
    ids=["record", "hold", "bill"],
)
def test_impossible_receipts_are_not_made(make: Callable[[], Receipt]) -> None:
    """A record that is cut short, or terms and bill that are too long, are refused by name."""
    with pytest.raises(ReceiptFormatError):
        make()


def test_a_full_receipt_is_short() -> None:
    """All parts, three cosignatures and a tree of 2^30 records stay below 4 KiB."""
    note = log_note(1 << 30, bytes(32))
    receipt = replace(
        SETTLED,
        position=(1 << 30) - 1,
        path=(bytes(32),) * 30,
        note=cosigned(Note(note.text, note.signatures)),
        terms=bytes(BOUND_SIZE_MAX - 100),
        bill=bytes(100),
    )
    assert len(receipt.encode()) <= RECEIPT_SIZE
    assert len(replace(receipt, hold=b"", terms=b"", bill=b"").encode()) <= 0.6 * RECEIPT_SIZE


@pytest.mark.parametrize("name", ["TRANSFER", "HOLD", "DATA"])
def test_records_bind_terms_by_their_digest(name: str) -> None:
    """What a record commits to is bound, and nothing else."""
    receipt = receipt_of(name)
    assert receipt.binds_terms(TERMS)
    assert not receipt.binds_terms(BILL)
    assert not receipt.binds_bill(TERMS)


@pytest.mark.parametrize("name", ["SETTLE", "RELEASE", "RECLAIM"])
def test_closing_records_bind_terms_through_the_hold(name: str) -> None:
    """Without the HOLD there is no way to the terms."""
    assert receipt_of(name, hold=HOLD).binds_terms(TERMS)
    assert not receipt_of(name, hold=HOLD).binds_terms(BILL)
    assert not receipt_of(name).binds_terms(TERMS)


def test_only_a_settle_binds_a_bill() -> None:
    """The bill that was paid is bound, whether or not the receipt carries it."""
    assert receipt_of("SETTLE").binds_bill(BILL)
    assert not receipt_of("SETTLE").binds_bill(TERMS)
    assert not receipt_of("RELEASE").binds_bill(b"")


def test_no_digest_binds_nothing() -> None:
    """Zeros where a digest would stand are no commitment."""
    assert not receipt_of("GENESIS").binds_terms(b"")
    assert checkpoint().text.startswith("tangleway/berlin\n7\n")
