"""The log's port: entries and the chain of their digests."""

from hashlib import sha256

from ledger_core import RECORD_SIZE
from ledger_node.log import FIRST_DIGEST, Entry, chain_digest


def test_the_digest_is_the_one_that_is_written_down() -> None:
    """An auditor can compute it from the specification: before, time, records."""
    entry = Entry(first=0, at_us=258, records=bytes(RECORD_SIZE))
    expected = sha256(bytes(32) + b"\x02\x01" + bytes(6) + bytes(RECORD_SIZE)).digest()
    assert chain_digest(FIRST_DIGEST, entry) == expected


def test_the_digest_depends_on_everything_but_payloads() -> None:
    """Another predecessor, time or record gives another digest; payloads may be pruned."""
    entry = Entry(first=0, at_us=1, records=bytes(RECORD_SIZE))
    others = [
        chain_digest(bytes([1]) * 32, entry),
        chain_digest(FIRST_DIGEST, Entry(first=0, at_us=2, records=entry.records)),
        chain_digest(FIRST_DIGEST, Entry(first=0, at_us=1, records=bytes(2 * RECORD_SIZE))),
    ]
    with_payload = Entry(first=0, at_us=1, records=entry.records, payloads=((0, b"x"),))
    digest = chain_digest(FIRST_DIGEST, entry)
    assert digest not in others
    assert chain_digest(FIRST_DIGEST, with_payload) == digest


def test_an_entry_counts_its_records() -> None:
    """The count follows from the bytes."""
    assert Entry(first=0, at_us=1, records=bytes(3 * RECORD_SIZE)).count == 3
