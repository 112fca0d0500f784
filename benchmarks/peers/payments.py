"""What all peers are given: signed records, and what a server needs to know of each."""

from collections.abc import Iterator
from dataclasses import dataclass

from nacl import bindings

from benchmarks.traffic import ACCOUNTS, Traffic
from ledger_core import RECORD_SIZE, SIGNED_SIZE, parse_records, record_ids

__all__ = ["Payment", "check_signature", "payments"]


@dataclass(frozen=True, slots=True)
class Payment:
    """Hold a signed payment."""

    payer: int
    """Number of the account that pays."""
    payee: int
    """Number of the account that is paid."""
    sequence: int
    """The payer's number for it."""
    record_id: bytes
    """The record's id, 32 bytes."""
    record: bytes
    """The record, 256 bytes."""


def payments(traffic: Traffic, count: int) -> Iterator[Payment]:
    """Sign the next payments of a row.

    Args:
        traffic: The row.
        count: How many.

    Yields:
        The payments in order.
    """
    content = b"".join(traffic.single(count))
    records = parse_records(content)
    payers = records["issuer"]
    numbers = {key.tobytes(): number for number, key in enumerate(traffic.keys())}
    columns = zip(payers, records["target"], records["sequence"], record_ids(records), strict=True)
    for place, (payer, payee, sequence, record_id) in enumerate(columns):
        start = place * RECORD_SIZE
        yield Payment(
            numbers[payer.tobytes()],
            numbers[payee.tobytes()],
            int(sequence),
            record_id.tobytes(),
            content[start : start + RECORD_SIZE],
        )


def check_signature(payment: Payment) -> None:
    """Check a payment's signature with PyNaCl, as every peer has to.

    Args:
        payment: The payment.

    Raises:
        nacl.exceptions.BadSignatureError: It is false.
    """
    record = payment.record
    bindings.crypto_sign_open(record[SIGNED_SIZE:] + record[:SIGNED_SIZE], record[72:104])


assert ACCOUNTS == 1_024, "the peers' own descriptions say so"
