"""What is said about trust: checkpoints, the log itself, receipts and cosignatures."""

from typing import Annotated

import msgspec

from ledger_node.headers import Header, Id, RequestHeader

__all__ = [
    "AskCheckpoint",
    "AskLog",
    "AskReceipt",
    "CheckpointState",
    "Cosign",
    "LogPart",
    "ReceiptState",
    "TrustReply",
    "TrustRequest",
]


class AskCheckpoint(RequestHeader, frozen=True, kw_only=True, tag="ask_checkpoint"):
    """Ask for the latest checkpoint and the latest final one."""


class AskLog(RequestHeader, frozen=True, kw_only=True, tag="ask_log"):
    """Ask for the log's batches, as they were judged."""

    first: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
    """Begin with the batch that holds this position."""


class AskReceipt(RequestHeader, frozen=True, kw_only=True, tag="ask_receipt"):
    """Ask for the proof that a transaction is on the ledger."""

    id: Id
    """Its id."""


class Cosign(RequestHeader, frozen=True, kw_only=True, tag="cosign"):
    """Hand in a checkpoint with cosignatures, a signed note in the second frame."""


class CheckpointState(Header, frozen=True, kw_only=True, tag="checkpoint"):
    """Answer `AskCheckpoint` and `Cosign`."""

    size: int
    """Records under the latest checkpoint."""
    final_size: int
    """Records under the latest final checkpoint, 0 when there is none yet."""
    signatures: int
    """Validators that stand by the latest final checkpoint."""
    quorum: int
    """How many of them the node's policy asks for."""


class LogPart(Header, frozen=True, kw_only=True, tag="log"):
    """Answer `AskLog`; as many batches as fit into a message, none at the log's end."""

    first: int
    """Position of the first record in the second frame."""
    counts: tuple[int, ...]
    """Records of each batch."""
    at_us: tuple[int, ...]
    """The ledger's time at which each batch was applied. [µs]"""


class ReceiptState(Header, frozen=True, kw_only=True, tag="receipt"):
    """Answer `AskReceipt`."""

    position: int
    """Place in the ledger's order, or -1 when there is no such transaction."""
    path_length: int = -1
    """Hashes of the inclusion proof, 32 bytes each; -1 while the transaction is not final."""


TrustRequest = AskCheckpoint | AskLog | AskReceipt | Cosign
"""All that a node can be asked about trust."""

TrustReply = CheckpointState | LogPart | ReceiptState
"""All that a node answers to it."""
