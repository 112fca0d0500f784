"""The wire format: one record of every kind, built from fixed seeds, byte for byte as committed.

A change here is a change of the network's language: old signatures and ids would no longer hold.
"""

from pathlib import Path
from typing import TypedDict

import msgspec
import pytest

from ledger_core import (
    RECORD,
    KeyPair,
    Kind,
    Records,
    data,
    genesis,
    hold,
    parse_records,
    reclaim,
    record_ids,
    release,
    settle,
    signed_parts,
    transfer,
    verify_batch,
)

GOLDEN = Path(__file__).with_name("records.json")


class GoldenRecord(msgspec.Struct, frozen=True):
    """One entry of the file."""

    kind: str
    """Name of the kind."""
    id: str
    """Id of the record, hex."""
    record: str
    """The 256 bytes, hex."""


class Sent(TypedDict):
    """What every record but the genesis says."""

    network: int
    parents: tuple[bytes, bytes]
    issued_at: int
    valid_for: int


class Paid(TypedDict):
    """What a payment says."""

    target: bytes
    amount: int


NETWORK = 0x1234
ISSUED_AT_US = 0x0006_1122_3344_5566
HOLD_ID = bytes(range(64, 96))
DIGEST = bytes(range(96, 128))
NETWORK_PAIR, PAYER, PAYEE = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2, 3))


def build() -> list[Records]:
    """Build one record of every kind; each field of each is different from zero where it may be."""
    sent = Sent(
        network=NETWORK,
        parents=(bytes(range(32)), bytes(range(32, 64))),
        issued_at=ISSUED_AT_US,
        valid_for=0x0102_0304,
    )
    paid = Paid(target=PAYEE.public_key, amount=0x0003_0405_0607_0809)
    first = Paid(target=PAYER.public_key, amount=10**15)
    return [
        genesis(NETWORK_PAIR, network=NETWORK, issued_at=ISSUED_AT_US, **first),
        transfer(PAYER, **sent, **paid, sequence=0x1112_1314_1516_1718, digest=DIGEST),
        data(PAYER, **sent, sequence=1, digest=DIGEST, target=HOLD_ID),
        hold(PAYER, **sent, **paid, sequence=2, digest=DIGEST),
        settle(PAYER, **sent, hold_id=HOLD_ID, amount=0x0A0B, number=0x0C0D, digest=DIGEST),
        release(PAYEE, **sent, hold_id=HOLD_ID),
        reclaim(PAYER, **sent, hold_id=HOLD_ID),
    ]


def golden() -> list[GoldenRecord]:
    """Read the committed file."""
    return msgspec.json.decode(GOLDEN.read_bytes(), type=list[GoldenRecord])


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_record_is_as_committed(kind: Kind) -> None:
    """What is built today has the same bytes and the same id."""
    entry, record = golden()[kind], build()[kind]
    assert entry.kind == kind.name
    assert record.tobytes().hex() == entry.record
    assert record_ids(record).tobytes().hex() == entry.id


def test_committed_records_are_read_back() -> None:
    """The committed bytes parse into the fields they were built from, and are signed well."""
    records = parse_records(b"".join(bytes.fromhex(entry.record) for entry in golden()))
    assert records["kind"].tolist() == list(Kind)
    assert all(verify_batch(records["issuer"], signed_parts(records), records["signature"]))
    payment = records[Kind.TRANSFER]
    assert payment["network"] == 0x1234
    assert payment["valid_for"] == 0x0102_0304
    assert payment["parent_a"].tobytes() == bytes(range(32))
    assert payment["parent_b"].tobytes() == bytes(range(32, 64))
    assert payment["amount"] == 0x0003_0405_0607_0809
    assert payment["sequence"] == 0x1112_1314_1516_1718
    assert payment["issued_at"] == 0x0006_1122_3344_5566
    assert payment["digest"].tobytes() == bytes(range(96, 128))


def test_offsets_are_those_of_the_documents() -> None:
    """The table in docs/ledger.md names each field with its offset and size."""
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text("utf-8")
    assert RECORD.names is not None
    assert RECORD.fields is not None
    for name in RECORD.names:
        field, offset, *_ = RECORD.fields[name]
        assert f"| {offset} | {field.itemsize} | `{name}` |" in page
