"""The state of an opened ledger: all that a node stands on."""

from dataclasses import dataclass

from ledger_core import Ledger, TipPool
from ledger_node.index import Index
from ledger_node.log import Log
from ledger_node.lookups import Lookups
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.tree import Tree

__all__ = ["State"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Hold all that a node knows about its ledger, as it was opened."""

    ledger: Ledger
    """Accounts and holds."""
    log: Log
    """Accepted records."""
    index: Index
    """Where in the log they are."""
    lookups: Lookups
    """Ways to find them."""
    tree: Tree
    """The Merkle tree over them."""
    tips: TipPool
    """What to name as parents."""
    at_us: int
    """The ledger's time at the last batch. [µs]"""
    snapshots: SnapshotDesk | None = None
    """Takes and keeps snapshots of it, None where nobody does."""
