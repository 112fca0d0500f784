"""Signing: the values of one record, checked to fit, packed and signed.

This refuses only what does not fit into its field. Whether a record makes sense is for the ledger
to say, so that a test or a curious developer can also build records that will be refused.
"""

import struct
from dataclasses import dataclass

import numpy as np

from ledger_core.errors import RecordFieldError
from ledger_core.keys import KeyPair
from ledger_core.records import ID_SIZE, RECORD, SIGNED_SIZE, VERSION, ZERO, Kind, Records

__all__ = ["Fields", "sign_fields"]

_SIGNED = struct.Struct("<BBHI32s32s32s32sQQQ32s")
"""The signed part of a record, in the order of RECORD's fields."""

_INTEGER_BITS = {"network": 16, "valid_for": 32, "amount": 64, "sequence": 64, "issued_at": 64}

assert _SIGNED.size == SIGNED_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Hold what a builder writes into a record; zeros where a kind has no use for a field."""

    kind: Kind
    """What the record does."""

    network: int
    """Number of the network."""

    issued_at: int
    """When the record was made. [µs]"""

    valid_for: int = 0
    """How long it may be applied. [s]"""

    parents: tuple[bytes, bytes] = (ZERO, ZERO)
    """Ids of two accepted records, 32 bytes each."""

    target: bytes = ZERO
    """Account, hold or channel, 32 bytes."""

    amount: int = 0
    """What moves. [base units]"""

    sequence: int = 0
    """The issuer's next number, or the voucher's."""

    digest: bytes = ZERO
    """SHA-256 of a payload or of agreed terms, 32 bytes."""


def sign_fields(key_pair: KeyPair, fields: Fields) -> Records:
    """Pack the values into a record and sign it.

    Args:
        key_pair: The issuer's keys.
        fields: Everything else that the signature covers.

    Returns:
        The signed record, shape (), dtype RECORD.

    Raises:
        RecordFieldError: When a value does not fit into its field.
    """
    _check_fits(fields)
    signed = _SIGNED.pack(
        VERSION,
        fields.kind,
        fields.network,
        fields.valid_for,
        *fields.parents,
        key_pair.public_key,
        fields.target,
        fields.amount,
        fields.sequence,
        fields.issued_at,
        fields.digest,
    )
    # A bytearray, so that the caller gets an array that can be written to.
    buffer = bytearray(signed + key_pair.sign(signed))
    return np.frombuffer(buffer, dtype=RECORD).reshape(())


def _check_fits(fields: Fields) -> None:
    for name, bits in _INTEGER_BITS.items():
        value = getattr(fields, name)
        if not 0 <= value < 1 << bits:
            raise RecordFieldError(
                f"{name} is {value}, but has to be from 0 to {(1 << bits) - 1}: change it."
            )
    parent_a, parent_b = fields.parents
    for name, value in (
        ("first parent", parent_a),
        ("second parent", parent_b),
        ("target", fields.target),
        ("digest", fields.digest),
    ):
        if len(value) != ID_SIZE:
            raise RecordFieldError(
                f"The {name} has {len(value)} bytes, but has to have {ID_SIZE}: give all of them."
            )
