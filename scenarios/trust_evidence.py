"""What a run with operators leaves behind beside its books, as plain values.

`trust_invariants` checks these and nothing else, so a test that plants a lie goes through the same
checks as a live run. Roots are hexadecimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.diary import Alarm, Outage
from scenarios.finality import Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """One party's own store, judged anew when its process had ended."""

    name: str
    """Whose it is: the node, or a validator."""
    lies: bool = False
    """Whether it is the story's liar."""
    is_right: bool
    """Whether the audit found nothing wrong, as `tangleway ledger verify` does."""
    reason: str
    """What the audit said."""
    root: str
    """Root of its tree at the final size; empty where it has not so many records."""
    signed_size: int = 0
    """Size of the checkpoint that it cosigned last, 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTrial:
    """What became of a receipt that was carried to another folder, with the policy file alone."""

    transaction: str
    """What it is a receipt of."""
    proved: bool
    """Whether it was found valid there."""
    reason: str
    """Why not, or where the record stands."""
    altered_refused: bool
    """Whether the same receipt with one bit altered was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEvidence:
    """All that a run with operators leaves behind."""

    quorum: int
    """How many validators have to agree."""
    within_s: float
    """The longest that a record may wait for them. [s]"""
    size: int
    """Records in the node's log at the end."""
    final_size: int
    """Records under the last final checkpoint."""
    root: str
    """Root of that checkpoint."""
    signers: tuple[str, ...]
    """Validators whose signatures stand under it."""
    signed_last: Mapping[str, int]
    """Size of the largest final checkpoint under which each validator's signature stands."""
    waits: tuple[Wait, ...]
    """How long each record waited that was seen to be accepted and to become final."""
    faults: tuple[str, ...] = ()
    """What was wrong with checkpoints that the node said were final."""
    books: tuple[Books, ...]
    """Everybody's own store, the node's first."""
    outages: tuple[Outage, ...] = ()
    """Who was away, and when."""
    lies_from_us: Mapping[str, int] = field(default_factory=dict)
    """Who lied, and from when on. [µs since the Unix epoch]"""
    alarms: tuple[Alarm, ...] = ()
    """Who raised an alarm about whom."""
    receipt: ReceiptTrial | None = None
    """The trial of one receipt of the run; none where nothing was paid."""
