"""Builders of the records that open and close holds; each returns its record signed.

A hold carries a session: `hold` opens it, the payer hands over one `settle` after another, each
for all that was delivered so far, and the payee submits the best. `release` and `reclaim` return
everything to the payer.
"""

from ledger_core.keys import KeyPair
from ledger_core.records import ZERO, Kind, Records
from ledger_core.signing import Fields, sign_fields

__all__ = ["hold", "reclaim", "release", "settle"]


def hold(
    key_pair: KeyPair,
    *,
    network: int,
    parents: tuple[bytes, bytes],
    target: bytes,
    amount: int,
    sequence: int,
    issued_at: int,
    valid_for: int,
    digest: bytes = ZERO,
) -> Records:
    """Set an amount aside for a payee; the hold ends with the record's validity.

    Args:
        key_pair: The payer's keys.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        target: The payee's account, 32 bytes.
        amount: What to set aside. [base units]
        sequence: The payer's next number.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied, and how long the hold lasts from issued_at. [s]
        digest: SHA-256 of the agreed terms, 32 bytes, or zeros.

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.HOLD,
            network=network,
            parents=parents,
            target=target,
            amount=amount,
            sequence=sequence,
            issued_at=issued_at,
            valid_for=valid_for,
            digest=digest,
        ),
    )


def settle(
    key_pair: KeyPair,
    *,
    network: int,
    parents: tuple[bytes, bytes],
    hold_id: bytes,
    amount: int,
    number: int,
    issued_at: int,
    valid_for: int,
    digest: bytes = ZERO,
) -> Records:
    """Sign a voucher: pay an amount out of a hold and return the rest.

    Args:
        key_pair: The payer's keys; the payee submits the record.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        hold_id: Id of the hold, 32 bytes.
        amount: What the payee gets for all that was delivered so far; may be 0. [base units]
        number: The voucher's number.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied. [s]
        digest: SHA-256 of the bill, 32 bytes, or zeros.

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.SETTLE,
            network=network,
            parents=parents,
            target=hold_id,
            amount=amount,
            sequence=number,
            issued_at=issued_at,
            valid_for=valid_for,
            digest=digest,
        ),
    )


def release(
    key_pair: KeyPair,
    *,
    network: int,
    parents: tuple[bytes, bytes],
    hold_id: bytes,
    issued_at: int,
    valid_for: int,
) -> Records:
    """Give a hold back to its payer before it ends.

    Args:
        key_pair: The payee's keys.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        hold_id: Id of the hold, 32 bytes.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied. [s]

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.RELEASE,
            network=network,
            parents=parents,
            target=hold_id,
            issued_at=issued_at,
            valid_for=valid_for,
        ),
    )


def reclaim(
    key_pair: KeyPair,
    *,
    network: int,
    parents: tuple[bytes, bytes],
    hold_id: bytes,
    issued_at: int,
    valid_for: int,
) -> Records:
    """Take a hold back after it ended.

    Args:
        key_pair: The payer's keys.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        hold_id: Id of the hold, 32 bytes.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied. [s]

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.RECLAIM,
            network=network,
            parents=parents,
            target=hold_id,
            issued_at=issued_at,
            valid_for=valid_for,
        ),
    )
