"""What is said about snapshots: pieces of them, signatures under them, proofs of old parents."""

from typing import Annotated

import msgspec

from ledger_node.headers import Header, Id, RequestHeader

__all__ = [
    "PROVED_MAX",
    "SNAPSHOT_PIECE_SIZE",
    "AskInclusion",
    "AskSnapshot",
    "CosignSnapshot",
    "InclusionState",
    "SnapshotPart",
    "SnapshotReply",
    "SnapshotRequest",
]

SNAPSHOT_PIECE_SIZE = 1_024 * 1_024
"""A piece of a snapshot in one reply: as much as a submission may have. [bytes]"""

PROVED_MAX = 64
"""Ids that are proved in one reply: some 15 ms where each lies in another tile of the tree."""

Position = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""A position, a number of records or an offset."""


class AskSnapshot(RequestHeader, frozen=True, kw_only=True, tag="ask_snapshot"):
    """Ask for a piece of a snapshot that a quorum stands by."""

    size: Position = 0
    """After how many records it was taken; 0 means the latest."""
    offset: Position = 0
    """Where the piece begins. [bytes]"""


class CosignSnapshot(RequestHeader, frozen=True, kw_only=True, tag="cosign_snapshot"):
    """Hand in signatures under a snapshot, a signed note in the second frame."""


class AskInclusion(RequestHeader, frozen=True, kw_only=True, tag="ask_inclusion"):
    """Ask for proofs that records stand in the tree that the log had at a size."""

    ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=PROVED_MAX)]
    """Their ids."""
    size: Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]
    """The size."""


class SnapshotPart(Header, frozen=True, kw_only=True, tag="snapshot"):
    """Answer `AskSnapshot` and `CosignSnapshot`."""

    size: int
    """After how many records the snapshot was taken; 0 when there is none."""
    length: int = 0
    """Length of all of it. [bytes]"""
    offset: int = 0
    """Where the piece in the third frame begins. [bytes]"""


class InclusionState(Header, frozen=True, kw_only=True, tag="inclusion"):
    """Answer `AskInclusion`."""

    positions: tuple[int, ...]
    """Place of each in the ledger's order, -1 where the tree of that size has no such record."""
    path_lengths: tuple[int, ...]
    """Hashes in the path of each, 32 bytes each, 0 where there is none."""


SnapshotRequest = AskSnapshot | CosignSnapshot | AskInclusion
"""All that a node can be asked about snapshots."""

SnapshotReply = SnapshotPart | InclusionState
"""All that a node answers to it."""
