"""Is this signed record worth what it says? What a seller checks before it goes on delivering.

A voucher is a SETTLE that the payer signs and the payee submits; a toll is a TRANSFER likewise.
A seller that skipped one of these checks would deliver for a record that the ledger refuses.
"""

import msgspec
import numpy as np

from ledger_core import (
    RECORD_SIZE,
    SIGNED_SIZE,
    VERSION,
    Hold,
    Kind,
    Records,
    parse_records,
    verify_signature,
)
from negotiation.errors import ImplausibleError
from negotiation.terms import Terms

CLOCK_SKEW_US = 60_000_000
"""How far in the future a record may be issued: what the ledger allows. [µs]"""

US_PER_S = 1_000_000


class VoucherDue(msgspec.Struct, frozen=True, kw_only=True):
    """What the next voucher must say."""

    hold: bytes
    """The hold it is paid from."""
    amount: int
    """Exactly the bill so far. [base units]"""
    number: int
    """The voucher's number: that of the last chunk it pays for."""
    digest: bytes
    """Digest of exactly the bill so far, 32 bytes."""
    hold_until_us: int
    """Until when it must be valid. [µs]"""


def check_hold(terms: Terms, hold: Hold) -> None:
    """Check that an open `hold` on the ledger is the one that `terms` ask for.

    Raises:
        ImplausibleError: When payer, payee, amount, terms or life time differ.
    """
    if hold.payer != terms.buyer or hold.payee != terms.seller:
        raise ImplausibleError("the hold is between other parties")
    if hold.digest != terms.digest():
        raise ImplausibleError("the hold names other terms")
    if hold.amount < terms.limits.amount_max:
        raise ImplausibleError(
            f"the hold has {hold.amount} base units, the terms ask for {terms.limits.amount_max}"
        )
    if hold.ends_at < terms.hold_until_us:
        raise ImplausibleError("the hold ends before the terms allow")


def is_hold_of(terms: Terms, hold: Hold) -> bool:
    """Tell whether an open `hold` belongs to `terms`, whatever its amount and life time.

    Only such a hold may be released: a partner could name one that pays for another dialogue.
    """
    parties = hold.payer == terms.buyer and hold.payee == terms.seller
    return parties and hold.digest == terms.digest()


def read_voucher(voucher: bytes) -> tuple[int, int, bytes]:
    """Return a voucher's number, amount [base units] and digest, without checking anything else.

    Raises:
        ImplausibleError: When it is not the size of a record.
    """
    record = _record(voucher)
    return int(record["sequence"]), int(record["amount"]), record["digest"].tobytes()


def hold_named_by(voucher: bytes) -> bytes:
    """Return the id of the hold that a voucher pays from, without checking anything else.

    Raises:
        ImplausibleError: When it is not the size of a record.
    """
    return bytes(_record(voucher)["target"].tobytes())


def check_voucher(terms: Terms, due: VoucherDue, voucher: bytes, *, now_us: int) -> None:
    """Check that `voucher` is a SETTLE over exactly what is due.

    Raises:
        ImplausibleError: When it is cut short, forged, for another hold, amount, number or bill, or
            not valid from now until the hold ends.
    """
    record = _signed_record(terms, voucher, Kind.SETTLE, now_us=now_us)
    if record["target"].tobytes() != due.hold:
        raise ImplausibleError("the voucher is for another hold")
    if int(record["amount"]) != due.amount:
        raise ImplausibleError(
            f"the voucher pays {int(record['amount'])} base units, {due.amount} are due"
        )
    if int(record["sequence"]) != due.number:
        raise ImplausibleError("the voucher has another number")
    if record["digest"].tobytes() != due.digest:
        raise ImplausibleError("the voucher is for another bill")
    if _ends_us(record) < due.hold_until_us:
        raise ImplausibleError("the voucher ends before its hold")


def check_transfer(terms: Terms, transfer: bytes, now_us: int) -> None:
    """Check that `transfer` pays exactly the agreed amount to the seller under these terms.

    Raises:
        ImplausibleError: When it is cut short, forged, or pays another amount, payee or agreement.
    """
    record = _signed_record(terms, transfer, Kind.TRANSFER, now_us=now_us)
    if record["target"].tobytes() != terms.seller:
        raise ImplausibleError("the transfer goes to another account")
    if int(record["amount"]) != terms.limits.amount_max:
        raise ImplausibleError("the transfer is not over the agreed amount")
    if record["digest"].tobytes() != terms.digest():
        raise ImplausibleError("the transfer names other terms")


def is_credit_note(terms: Terms, record: Records, *, paid_by: bytes) -> bool:
    """Tell whether an accepted `record` gives back what the transaction `paid_by` has paid.

    Args:
        terms: What was agreed.
        record: A record that is on the ledger, shape ().
        paid_by: Id of the payment, 32 bytes.
    """
    is_transfer = record["kind"] == Kind.TRANSFER and record["digest"].tobytes() == paid_by
    parties = (record["issuer"].tobytes(), record["target"].tobytes())
    return bool(is_transfer and parties == (terms.seller, terms.buyer))


def _signed_record(terms: Terms, signed: bytes, kind: Kind, *, now_us: int) -> Records:
    assert kind in {Kind.SETTLE, Kind.TRANSFER}, "these two pay"
    record = _record(signed)
    if record["version"] != VERSION or record["kind"] != kind or record["network"] != terms.network:
        raise ImplausibleError(f"the record is no {kind.name} of this network")
    if record["issuer"].tobytes() != terms.buyer:
        raise ImplausibleError("the record is not issued by the buyer")
    if record["parent_a"].tobytes() == record["parent_b"].tobytes():
        raise ImplausibleError("the record names one parent twice")
    issued_at_us = int(record["issued_at"])
    if issued_at_us > now_us + CLOCK_SKEW_US or now_us >= _ends_us(record):
        raise ImplausibleError("the record is not valid now")
    if not verify_signature(terms.buyer, signed[:SIGNED_SIZE], signed[SIGNED_SIZE:]):
        raise ImplausibleError("the record is not signed by the buyer")
    return record


def _record(signed: bytes) -> Records:
    if len(signed) != RECORD_SIZE:
        raise ImplausibleError(f"a record has {RECORD_SIZE} bytes, not {len(signed)}")
    return np.asarray(parse_records(signed)[0])


def _ends_us(record: Records) -> int:
    return int(record["issued_at"]) + int(record["valid_for"]) * US_PER_S
