"""Receipts: proof for anybody, offline, that a record is on the ledger and what it was paid for.

A receipt is a C2SP tlog-proof whose extra data carries the record, so that strangers' tools can
check it: the leaf is SHA-256 over a zero byte and the first 256 bytes of the extra data. Behind the
record may stand what it commits to, each part bound by a hash:

- the HOLD that a SETTLE, RELEASE or RECLAIM closes: its id is the record's target;
- the agreed terms: their SHA-256 is the digest of that HOLD, otherwise of the record itself;
- the bill: its SHA-256 is the digest of a SETTLE.

Terms and bill that are too long for the receipt are kept beside it, and are bound all the same
(`Receipt.binds_terms`, `Receipt.binds_bill`). The last 32 bytes are a seal, a hash over all the
rest. It proves nothing against a forger, but shows damage in the few places that nobody whom the
reader knows has signed, such as the signature of a stranger.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Self

import numpy as np

from ledger_core.errors import ReceiptFormatError
from ledger_core.log_proofs import LogProof
from ledger_core.notes import Note
from ledger_core.records import RECORD_SIZE, ZERO, Kind, Records, parse_records

__all__ = ["BOUND_SIZE_MAX", "CLOSING", "RECEIPT_SIZE", "Receipt", "read_record"]

RECEIPT_SIZE = 4 * 1024
"""What a receipt with three cosignatures stays below, in a log of up to 2^30 records. [bytes]"""

BOUND_SIZE_MAX = 768
"""Terms and bill that are carried inside, together: twice what terms usually have, and what is left
of `RECEIPT_SIZE`. [bytes]"""

CLOSING = frozenset({Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM})
"""Kinds of records whose target is the HOLD that they close."""

_SEAL_SIZE = 32
_SEAL_LABEL = b"tangleway receipt seal 1\n"
_PART = struct.Struct(">BH")


class _Part(IntEnum):
    """Number what may stand behind the record; parts stand in this order."""

    HOLD = 1
    TERMS = 2
    BILL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    r"""Hold a receipt, not verified.

    >>> from ledger_core.notes import NoteSignature
    >>> note = Note("a\n1\n…\n", (NoteSignature("a", bytes(4), b"b"),))
    >>> receipt = Receipt(record=bytes(256), position=0, path=(), note=note)
    >>> Receipt.parse(receipt.encode()) == receipt, receipt.binds_terms(b"any")
    (True, False)
    """

    record: bytes
    """The record that it is about, 256 bytes."""

    position: int
    """Where the record stands in the log."""

    path: tuple[bytes, ...]
    """The inclusion proof, hashes of 32 bytes."""

    note: Note
    """The checkpoint with its signatures."""

    hold: bytes = b""
    """The HOLD that the record closes, 256 bytes, or nothing."""

    terms: bytes = b""
    """The agreed terms, in the very bytes that were hashed, or nothing."""

    bill: bytes = b""
    """The bill, in the very bytes that were hashed, or nothing."""

    def __post_init__(self) -> None:
        if len(self.record) != RECORD_SIZE or len(self.hold) not in (0, RECORD_SIZE):
            raise ReceiptFormatError(f"A record in a receipt has {RECORD_SIZE} bytes: give all.")
        if len(self.terms) + len(self.bill) > BOUND_SIZE_MAX:
            raise ReceiptFormatError(
                f"Terms and bill have {len(self.terms) + len(self.bill)} bytes, more than "
                f"{BOUND_SIZE_MAX}: keep the bill beside the receipt, it is bound all the same."
            )

    def encode(self) -> bytes:
        """Write the receipt as a tlog-proof.

        Raises:
            ReceiptFormatError: When position or path can not be those of a record, or the whole is
                beyond the limits.
            NoteFormatError: When nobody has signed the checkpoint.
        """
        protected = LogProof(self.position, self.path, self.note).protected()
        parts = ((_Part.HOLD, self.hold), (_Part.TERMS, self.terms), (_Part.BILL, self.bill))
        body = self.record + b"".join(
            _PART.pack(kind, len(content)) + content for kind, content in parts if content
        )
        seal = sha256(_SEAL_LABEL + body + protected).digest()
        return LogProof(self.position, self.path, self.note, body + seal).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a receipt; nothing is verified, not even the seal.

        Args:
            data: The whole of it.

        Raises:
            ReceiptFormatError: When it is no tlog-proof, or one that carries no record.
            NoteFormatError: When its checkpoint is no signed note.
        """
        proof = LogProof.parse(data)
        if len(proof.extra) < RECORD_SIZE + _SEAL_SIZE:
            raise ReceiptFormatError("The proof carries no record: it is no receipt.")
        parts = _read_parts(proof.extra[RECORD_SIZE:-_SEAL_SIZE])
        return cls(
            record=proof.extra[:RECORD_SIZE],
            position=proof.index,
            path=proof.path,
            note=proof.note,
            hold=parts.get(_Part.HOLD, b""),
            terms=parts.get(_Part.TERMS, b""),
            bill=parts.get(_Part.BILL, b""),
        )

    def binds_terms(self, terms: bytes) -> bool:
        """Tell whether the record was made under exactly these terms.

        A record that closes a HOLD says so through that HOLD, which the receipt then has to carry.

        Args:
            terms: The agreed terms, in the very bytes that were hashed.
        """
        if int(read_record(self.record)["kind"]) not in CLOSING:
            return _has_digest(self.record, terms)
        return bool(self.hold) and _has_digest(self.hold, terms)

    def binds_bill(self, bill: bytes) -> bool:
        """Tell whether the record is a SETTLE that pays exactly this bill.

        Args:
            bill: The bill, in the very bytes that were hashed.
        """
        is_settle = int(read_record(self.record)["kind"]) == Kind.SETTLE
        return is_settle and _has_digest(self.record, bill)


def read_record(record: bytes) -> Records:
    """View the bytes of one record.

    Args:
        record: 256 bytes.

    Returns:
        The record, shape (), dtype RECORD.

    >>> read_record(bytes(256)).shape
    ()
    """
    return np.asarray(parse_records(record).reshape(()))


def _has_digest(record: bytes, content: bytes) -> bool:
    digest = read_record(record)["digest"].tobytes()
    return digest != ZERO and sha256(content).digest() == digest


def _read_parts(data: bytes) -> dict[_Part, bytes]:
    """Read the parts behind the record, each one once and in their order."""
    parts: dict[_Part, bytes] = {}
    while data:
        if len(data) <= _PART.size:
            raise ReceiptFormatError("A part of the receipt is cut short: fetch it again.")
        kind, size = _PART.unpack_from(data)
        content, data = data[_PART.size : _PART.size + size], data[_PART.size + size :]
        if kind not in set(_Part) or kind <= max(parts, default=0) or not 0 < size == len(content):
            raise ReceiptFormatError(
                f"Part {kind} of the receipt is unknown, cut short or out of order: fetch it again."
            )
        parts[_Part(kind)] = content
    return parts
