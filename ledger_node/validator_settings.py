"""The settings of a validator, as its TOML file has them."""

from typing import Annotated, Literal

import msgspec

from configuration import FilePath
from ledger_core import WINDOW, EngineName
from ledger_node.settings import MetricsSettings, PruneSettings, SignatureSettings

__all__ = ["FollowedNode", "ValidatorSettings"]


class FollowedNode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say where the node is whose log is followed."""

    endpoint: str
    """Where it takes requests."""
    node_key: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]
    """Its Ed25519 public key, 64 hexadecimal digits."""
    publish: str | None = None
    """Where it publishes events; without it where it says itself."""


class ValidatorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say who validates which ledger, and where it keeps its own."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """Name of the validator, as policies call it."""
    network: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """Name of the network."""
    key_file: FilePath
    """The validator's key, see `configuration.read_key`; it signs nothing but cosignatures."""
    genesis_file: FilePath
    """The network's genesis record, 256 bytes."""
    data: FilePath
    """Directory for all that the validator keeps."""
    store: str | None = None
    """URL of a PostgreSQL database that has all of it instead, see `ledger_node.stores`."""
    node: FollowedNode
    """The node whose log is followed."""
    engine: EngineName = "auto"
    """What verifies signatures: `sodium`, `lanes`, or lanes where they can run; a quorum that mixes
    them does not make one implementation's mistake final."""
    signatures: SignatureSettings = SignatureSettings()
    """How lanes verify."""
    policy_file: FilePath | None = None
    """Where snapshots are taken, and whose signatures make one count; without it this validator
    neither begins with a snapshot nor prunes."""
    join: Literal["genesis", "snapshot"] = "genesis"
    """With what an empty data directory begins: all records, or the latest snapshot of a quorum."""
    prune: PruneSettings = PruneSettings()
    """What is let go of on a small disk."""
    metrics: MetricsSettings = MetricsSettings()
    """Metrics for Prometheus."""
    window: Annotated[int, msgspec.Meta(ge=1_000, le=1 << 26)] = WINDOW
    """Recent ids kept in memory, about 50 bytes each. [records]"""
