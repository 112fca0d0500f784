"""The settings of a node, as its TOML file has them."""

from typing import Annotated

import msgspec

from configuration import FilePath
from ledger_core import BATCH_MAX, RECHECK_EVERY, TABLE_BYTES, WINDOW, EngineName
from ledger_node.door import LANE_COST_MAX, QUANTUM, ROOM_COST_MAX

__all__ = ["LimitSettings", "MetricsSettings", "NodeSettings", "PruneSettings", "SignatureSettings"]


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say where Prometheus finds the metrics."""

    bind: str | None = None
    """Host and port, like ``127.0.0.1:9464``; port ``*`` takes a free one. Without it there are
    none: several nodes and validators share a machine, and an open port is for who asked for it."""


class SignatureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say how lanes verify, where they do (see `engine`)."""

    recheck_every: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)] = RECHECK_EVERY
    """One acceptance in so many is checked again by libsodium; 1 checks all of them twice."""
    table_bytes: Annotated[int, msgspec.Meta(ge=1 << 16, le=1 << 32)] = TABLE_BYTES
    """What is kept of keys that come again, 9,300 bytes each. [bytes]"""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bound what the node keeps waiting and remembers; the defaults suit two cores and 256 MB."""

    lane_records: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)] = LANE_COST_MAX
    """What may wait for one issuer on one connection. [records]"""
    room_records: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)] = ROOM_COST_MAX
    """What may wait in all. [records]"""
    turn_records: Annotated[int, msgspec.Meta(ge=64, le=BATCH_MAX)] = QUANTUM
    """What one issuer may have in a batch beside others. [records]"""
    window: Annotated[int, msgspec.Meta(ge=1_000, le=1 << 26)] = WINDOW
    """Recent ids kept in memory, about 50 bytes each. [records]"""


class PruneSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bound what is kept on the disk; only what a quorum's snapshot stands for is ever pruned."""

    budget_bytes: Annotated[int, msgspec.Meta(ge=1_000_000)] | None = None
    """What everything may take, indexes and write-ahead logs counted; None means any. [bytes]"""
    age_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """How old a record may become; None means any. [s]"""


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say which ledger a node keeps, where, and who can reach it."""

    network: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """Name of the network."""
    key_file: FilePath
    """The node's key, see `configuration.read_key`; its socket's key derives from it."""
    genesis_file: FilePath
    """The network's genesis record, 256 bytes."""
    data: FilePath
    """Directory for all that the node keeps."""
    store: str | None = None
    """URL of a PostgreSQL database that has all of it instead, see `ledger_node.stores`."""
    policy_file: FilePath | None = None
    """Whose signatures make records final, see `read_policy`; without one the node's alone."""
    bind: str = "tcp://127.0.0.1:*"
    """Where requests come in; port ``*`` takes a free one."""
    publish: str = "tcp://127.0.0.1:*"
    """Where events go out; port ``*`` takes a free one."""
    settle_by_payee: bool = False
    """Whether a SETTLE is taken over a connection alone that has the payee's CURVE key, so that no
    payer closes its own hold; the ledger's rules take it from anybody."""
    engine: EngineName = "auto"
    """What verifies signatures: `sodium`, `lanes`, or lanes where they can run."""
    signatures: SignatureSettings = SignatureSettings()
    """How lanes verify."""
    metrics: MetricsSettings = MetricsSettings()
    """Metrics for Prometheus."""
    prune: PruneSettings = PruneSettings()
    """What is let go of on a small disk."""
    limits: LimitSettings = LimitSettings()
    """Bounds."""
