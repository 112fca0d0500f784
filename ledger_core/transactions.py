"""Builders of the records that begin a ledger, pay and tell; each returns its record signed.

Those that open and close holds stand in `ledger_core.hold_transactions`.
"""

from ledger_core.keys import KeyPair
from ledger_core.records import ZERO, Kind, Records
from ledger_core.signing import Fields, sign_fields

__all__ = ["data", "genesis", "transfer"]


def genesis(
    network_key: KeyPair, *, network: int, target: bytes, amount: int, issued_at: int
) -> Records:
    """Begin a ledger: mint its whole supply.

    Args:
        network_key: Key of the network, which signs this record and no other.
        network: Number of the network.
        target: Account that gets the supply, 32 bytes.
        amount: The supply. [base units]
        issued_at: When the network begins. [µs]

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.

    >>> pair = KeyPair.from_seed(bytes(32))
    >>> int(genesis(pair, network=1, target=pair.public_key, amount=5, issued_at=0)["amount"])
    5
    """
    return sign_fields(
        network_key,
        Fields(
            kind=Kind.GENESIS, network=network, target=target, amount=amount, issued_at=issued_at
        ),
    )


def transfer(
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
    """Move an amount to another account.

    Args:
        key_pair: The payer's keys.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        target: The payee's account, 32 bytes.
        amount: What to move. [base units]
        sequence: The payer's next number.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied. [s]
        digest: SHA-256 of what it pays for, 32 bytes, or zeros.

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.TRANSFER,
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


def data(
    key_pair: KeyPair,
    *,
    network: int,
    parents: tuple[bytes, bytes],
    sequence: int,
    issued_at: int,
    valid_for: int,
    digest: bytes,
    target: bytes = ZERO,
) -> Records:
    """Commit to a payload that is carried beside the record.

    Args:
        key_pair: The issuer's keys.
        network: Number of the network.
        parents: Ids of two accepted records, 32 bytes each.
        sequence: The issuer's next number.
        issued_at: When this was made. [µs]
        valid_for: How long it may be applied. [s]
        digest: SHA-256 of the payload, 32 bytes.
        target: Name of a channel, 32 bytes, or zeros.

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    return sign_fields(
        key_pair,
        Fields(
            kind=Kind.DATA,
            network=network,
            parents=parents,
            target=target,
            sequence=sequence,
            issued_at=issued_at,
            valid_for=valid_for,
            digest=digest,
        ),
    )
