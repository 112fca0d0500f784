"""Facts: what a client gets to know from a node, as values."""

from dataclasses import dataclass

from ledger_core import Bytes, Hold, Records, Verdict
from ledger_node.events import MetricsHeader

__all__ = [
    "AcceptedEvent",
    "Account",
    "AlarmEvent",
    "Answer",
    "CheckpointEvent",
    "Event",
    "FinalEvent",
    "Finality",
    "HoldStatus",
    "LostEvents",
    "MetricsEvent",
    "NodeInfo",
    "RefusedEvent",
    "Transaction",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """Say what became of a submitted record."""

    verdict: Verdict
    """The verdict."""
    position: int | None
    """Its place in the order, if it was accepted now or before."""
    retry_after_s: float | None = None
    """When to come again, if it was turned away at the door. [s]"""

    @property
    def is_accepted(self) -> bool:
        """Whether the record has its place in the order, since now or before."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """Say what ledger a node keeps, and how large it is."""

    network: str
    """Name of the network."""
    network_number: int
    """Its number, which every record carries."""
    genesis_id: bytes
    """Id of the first record, 32 bytes."""
    size: int
    """Accepted records, the first one included."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    at_us: int
    """The node's time. [µs]"""
    publish: str
    """Endpoint at which the node publishes events."""
    first: int = 0
    """From which position on it still has all records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Say how an account stands."""

    balance: int
    """What it has. [base units]"""
    next_sequence: int
    """Number of its next TRANSFER, DATA or HOLD."""
    exists: bool
    """Whether anybody has paid it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Hold an accepted record and what is known about it."""

    id: bytes
    """Its id, 32 bytes; computed here, not told by the node."""
    record: Records
    """The record, shape ()."""
    position: int
    """Its place in the order."""
    at_us: int
    """The ledger's time at which it was accepted. [µs]"""
    vouchers: int | None = None
    """Distinct issuers of later transactions that stand on it; None where nobody asked."""
    vouchers_exact: bool = True
    """False when there are more than were counted."""
    payload: bytes | None = None
    """What was carried beside it, if there was something and it was not pruned."""
    payload_pruned: bool = False
    """Whether there may have been something that the node does not keep any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStatus:
    """Say how a hold stands."""

    hold: Hold
    """The hold as it was opened."""
    open: bool
    """Whether its money is still set aside."""
    closed_by: bytes | None
    """Id of the record that closed it, 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedEvent:
    """Tell of records that are durable now."""

    first: int
    """Position of the first of them."""
    at_us: int
    """The ledger's time at which they were applied. [µs]"""
    records: Records
    """The records, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEvent:
    """Tell of records that were refused by the rules; the door's refusals are only counted."""

    at_us: int
    """The ledger's time at which they were judged. [µs]"""
    issuers: Bytes
    """Their issuers, shape (n, 32)."""
    ids: Bytes
    """Their ids, shape (n, 32)."""
    verdicts: tuple[Verdict, ...]
    """Their verdicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointEvent:
    """Tell how far the log has come; the signature is not checked here."""

    size: int
    """How many records the checkpoint covers."""
    at_us: int
    """The node's time. [µs]"""
    note: bytes
    """The checkpoint as a signed note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalEvent:
    """Tell that a quorum stands under a checkpoint; the signatures are not checked here."""

    size: int
    """How many records are final: those at positions from 0 to `size` (exclusive)."""
    signatures: int
    """Validators that have signed."""
    at_us: int
    """The node's time. [µs]"""
    signed_at_us: int
    """When the node had signed the checkpoint. [µs]"""
    note: bytes
    """The checkpoint with all signatures, a signed note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """Tell that validators stand by another tree, or that the node's own engines differ."""

    size: int
    """How many records both trees have, or the log."""
    at_us: int
    """The node's time. [µs]"""
    names: str
    """Names of the validators; empty where lanes and libsodium differ in the node itself."""
    reason: str
    """Why they were refused, or what the engines differ about, a sentence."""
    note: bytes
    """What they have signed: the proof that they lied, or that the node does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finality:
    """Say how far the log has come, and how far it is final."""

    size: int
    """Records under the latest checkpoint."""
    final_size: int
    """Records under the latest final checkpoint, 0 when there is none yet."""
    signatures: int
    """Validators that stand by the latest final checkpoint."""
    quorum: int
    """How many of them the node's policy asks for."""
    note: bytes
    """The latest checkpoint, a signed note."""
    final_note: bytes
    """The latest final checkpoint with its signatures, empty when there is none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsEvent:
    """Tell how the node does, once a second."""

    metrics: MetricsHeader
    """The figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEvents:
    """Tell that events are missing here: this subscriber was slow, or the node was away."""

    topic: str
    """Which kind of events."""
    count: int | None
    """How many, or None when the node has started anew since."""


Event = (
    AcceptedEvent
    | RefusedEvent
    | CheckpointEvent
    | FinalEvent
    | AlarmEvent
    | MetricsEvent
    | LostEvents
)
"""All that a subscriber is told."""
