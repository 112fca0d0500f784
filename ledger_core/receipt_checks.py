"""The check of a receipt: everything that it says is recomputed, and nobody is asked.

The order is from what has a telling reason to what has none: first the signatures under the
checkpoint, then the record, the way from it to the root, what it was paid for, and the seal last.
"""

from dataclasses import dataclass

from ledger_core.errors import (
    CheckpointFormatError,
    NoteFormatError,
    ReceiptError,
    ReceiptFormatError,
)
from ledger_core.log_proofs import LogProof, verify_log_proof
from ledger_core.policies import CosignedCheckpoint, Policy
from ledger_core.receipts import CLOSING, Receipt, read_record
from ledger_core.records import SIGNED_SIZE, Kind, Records, record_ids
from ledger_core.signatures import verify_signature

__all__ = ["VerifiedReceipt", "verify_receipt"]


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """Hold what a good receipt proves."""

    position: int
    """Where the record stands in the log, for ever."""

    record: Records
    """The record, shape (), dtype RECORD."""

    cosigned: CosignedCheckpoint
    """The final checkpoint over it, and who has signed that."""

    receipt: Receipt
    """The receipt, with HOLD, terms and bill where it carries them."""


def verify_receipt(data: bytes, policy: Policy) -> VerifiedReceipt:
    """Verify a receipt offline.

    Args:
        data: The receipt as it was stored or handed over.
        policy: Whom to trust.

    Returns:
        What it proves.

    Raises:
        ReceiptError: When it can not be read, was altered, its record is not signed by its issuer,
            or HOLD, terms or bill are not those that the record commits to.
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        QuorumError: When too few validators have signed.
        InclusionError: When the record is not in the tree of the checkpoint.

    >>> from ledger_core.checkpoints import Checkpoint, log_key, sign_checkpoint
    >>> from ledger_core.keys import KeyPair
    >>> from ledger_core.transactions import genesis
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> first = genesis(pair, network=1, target=pair.public_key, amount=1, issued_at=0)
    >>> root = record_ids(first).tobytes()
    >>> note = sign_checkpoint(pair, Checkpoint("tangleway/berlin", 1, root))
    >>> receipt = Receipt(record=first.tobytes(), position=0, path=(), note=note).encode()
    >>> verify_receipt(receipt, Policy(log_key("berlin", pair.public_key))).position
    0
    """
    try:
        receipt = Receipt.parse(data)
        record = read_record(receipt.record)
        proof = LogProof(receipt.position, receipt.path, receipt.note)
        cosigned = verify_log_proof(proof, record_ids(record).tobytes(), policy)
    except (CheckpointFormatError, NoteFormatError, ReceiptFormatError) as error:
        raise ReceiptError(str(error)) from error
    _check_signed(record, "record")
    _check_bindings(receipt, record)
    if receipt.encode() != data:
        raise ReceiptError("The receipt was altered since it was issued: fetch it again.")
    return VerifiedReceipt(receipt.position, record, cosigned, receipt)


def _check_signed(record: Records, name: str) -> None:
    data = record.tobytes()
    if not verify_signature(record["issuer"].tobytes(), data[:SIGNED_SIZE], data[SIGNED_SIZE:]):
        raise ReceiptError(f"The {name} in the receipt is not signed by its issuer.")


def _check_bindings(receipt: Receipt, record: Records) -> None:
    if receipt.hold:
        hold = read_record(receipt.hold)
        closes = int(record["kind"]) in CLOSING and int(hold["kind"]) == Kind.HOLD
        if not closes or record_ids(hold).tobytes() != record["target"].tobytes():
            raise ReceiptError("The HOLD in the receipt is not the one that the record closes.")
        _check_signed(hold, "HOLD")
    if receipt.terms and not receipt.binds_terms(receipt.terms):
        raise ReceiptError("The terms in the receipt are not those that the payer signed for.")
    if receipt.bill and not receipt.binds_bill(receipt.bill):
        raise ReceiptError("The bill in the receipt is not the one that the payer signed for.")
