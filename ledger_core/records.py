"""The record: 256 bytes little-endian that are the wire, the log and a NumPy row at once.

A batch of n records is one buffer of n * 256 bytes and needs no parsing. The id of a record is the
leaf hash of RFC 6962, so that the id *is* the leaf of the Merkle tree.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ledger_core.errors import BatchError, MalformedRecordError
from ledger_core.hashing import HASHING

__all__ = [
    "ID_SIZE",
    "RECORD",
    "RECORD_SIZE",
    "SIGNED_SIZE",
    "VERSION",
    "ZERO",
    "Bytes",
    "Kind",
    "Records",
    "parse_records",
    "record_ids",
    "record_rows",
    "row_bytes",
    "signed_parts",
]

"""Records: a structured array with dtype `RECORD`, usually of shape (n,)."""

Records = npt.NDArray[np.void]
"""Records: a structured array with dtype `RECORD`, usually of shape (n,)."""

Bytes = npt.NDArray[np.uint8]
"""Bytes in rows: an array with dtype uint8, for example ids of shape (n, 32)."""

VERSION = 1
"""The only version of the record that there is."""

RECORD_SIZE = 256
"""Length of a record. [bytes]"""

SIGNED_SIZE = 192
"""Length of the leading part that the signature covers. [bytes]"""

ID_SIZE = 32
"""Length of an id and of a public key. [bytes]"""

ZERO = bytes(ID_SIZE)
"""The 32 zero bytes that stand where a record has no parent, target or digest."""

RECORD = np.dtype(
    [
        ("version", "u1"),
        ("kind", "u1"),
        ("network", "<u2"),
        ("valid_for", "<u4"),
        ("parent_a", "u1", (ID_SIZE,)),
        ("parent_b", "u1", (ID_SIZE,)),
        ("issuer", "u1", (ID_SIZE,)),
        ("target", "u1", (ID_SIZE,)),
        ("amount", "<u8"),
        ("sequence", "<u8"),
        ("issued_at", "<u8"),
        ("digest", "u1", (ID_SIZE,)),
        ("signature", "u1", (64,)),
    ]
)
"""The layout of one record.

Beware: NumPy turns a mix of uint64 and int64 into float64. Check the range of `amount`, `sequence`
and `issued_at` first, then convert them to int64.
"""

assert RECORD.itemsize == RECORD_SIZE


class Kind(IntEnum):
    """Name what a record does."""

    GENESIS = 0
    """Mint the whole supply at position 0."""
    TRANSFER = 1
    """Move an amount to another account."""
    DATA = 2
    """Commit to a payload, without value."""
    HOLD = 3
    """Set an amount aside for a payee until it expires."""
    SETTLE = 4
    """Pay out of a hold, return the rest and close it; signed by the payer."""
    RELEASE = 5
    """Close a hold in favour of the payer; signed by the payee."""
    RECLAIM = 6
    """Close an expired hold in favour of the payer; signed by the payer."""


def parse_records(data: bytes | bytearray | memoryview) -> Records:
    """View a buffer as records, without copying and without judging what they say.

    Args:
        data: A whole number of records, one behind the other; none at all is fine.

    Returns:
        Records, shape (n,), as writable as the buffer.

    Raises:
        MalformedRecordError: When the last record is cut short.

    >>> parse_records(bytes(512)).shape
    (2,)
    """
    size = memoryview(data).nbytes
    if size % RECORD_SIZE:
        raise MalformedRecordError(
            f"{size} bytes are not a whole number of records: "
            f"send all {RECORD_SIZE} bytes of each record."
        )
    return np.frombuffer(data, dtype=RECORD)


def record_rows(records: Records) -> Bytes:
    """View records as rows of bytes.

    Args:
        records: Records of any shape that holds n of them.

    Returns:
        Bytes, shape (n, 256), C-contiguous; a view where the memory allows it.

    Raises:
        BatchError: When the array does not have the dtype `RECORD`.

    >>> record_rows(np.zeros(3, RECORD)).shape
    (3, 256)
    """
    array = np.asarray(records)
    if array.dtype != RECORD:
        raise BatchError(
            f"Expected records with dtype RECORD, not {array.dtype}: parse them first."
        )
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).reshape(len(flat), RECORD_SIZE)


def signed_parts(records: Records) -> Bytes:
    """Take the part of each record that its signature covers.

    Args:
        records: Records, shape (n,).

    Returns:
        Bytes, shape (n, 192).

    Raises:
        BatchError: When the array does not have the dtype `RECORD`.

    >>> signed_parts(np.zeros(3, RECORD)).shape
    (3, 192)
    """
    return record_rows(records)[:, :SIGNED_SIZE]


def row_bytes(rows: Bytes) -> list[bytes]:
    """Turn rows of bytes into one bytes object each, to look them up or to hand them to C.

    Args:
        rows: Bytes, shape (n, width).

    >>> row_bytes(np.full((2, 3), 65, np.uint8))
    [b'AAA', b'AAA']
    """
    width = rows.shape[1]
    if not width:
        return [b""] * len(rows)
    data = rows.tobytes()
    return [data[i : i + width] for i in range(0, len(data), width)]


def record_ids(records: Records) -> Bytes:
    """Compute the id of each record: SHA-256 over a zero byte and the record.

    Args:
        records: Records, shape (n,); a single one gives one row.

    Returns:
        Ids, shape (n, 32).

    Raises:
        BatchError: When the array does not have the dtype `RECORD`.

    >>> record_ids(np.zeros((), RECORD)).tobytes().hex()[:16]
    '6c934d0cdf9dba94'
    """
    return HASHING.rows(record_rows(records))
