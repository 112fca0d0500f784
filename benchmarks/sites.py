"""A site: one node and its validators, each a process of its own, all in one folder."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.site_process import NotReadyError, SiteProcess
from configuration import write_key
from ledger_core import (
    SNAPSHOT_EVERY,
    EngineName,
    KeyPair,
    Policy,
    Records,
    log_key,
    quorum_size,
    validator_key,
)
from ledger_node import NodeSettings, PruneSettings, write_genesis, write_policy
from ledger_node.validator_settings import FollowedNode, ValidatorSettings

__all__ = ["NETWORK", "NotReadyError", "Site", "SiteProcess"]

NETWORK = "benchmark"
"""Name of the network."""

OFTEN = 4_096
"""Records between two snapshots where there is to be pruning: small ledgers show it, too."""


class Site:
    """Run a node and its validators while a block lasts; all of them end with it.

    Args:
        folder: An empty folder.
        genesis: The record that begins the ledger.
        validators: Names of the validators, if there are any.
        quorum: How many of them make a record final; None means as many as is wise.
        budget_bytes: What each of them may keep on the disk before it prunes; None means any.
        engine: Who verifies signatures.
    """

    def __init__(
        self,
        folder: Path,
        genesis: Records,
        *,
        validators: Sequence[str] = (),
        quorum: int | None = None,
        budget_bytes: int | None = None,
        engine: EngineName = "auto",
    ) -> None:
        self.engine: EngineName = engine
        """Who verifies signatures."""
        self._prune = PruneSettings(budget_bytes=budget_bytes)
        self.folder = folder
        self.node_key_pair = KeyPair.generate()
        self._pairs = {name: KeyPair.generate() for name in validators}
        log = log_key(NETWORK, self.node_key_pair.public_key)
        keys = tuple(validator_key(name, pair.public_key) for name, pair in self._pairs.items())
        self.policy = Policy(
            log,
            keys,
            quorum_size(len(keys)) if quorum is None else quorum,
            snapshot_every=SNAPSHOT_EVERY if budget_bytes is None else OFTEN,
        )
        write_genesis(folder / "genesis", genesis)
        write_policy(folder / "policy.toml", self.policy)
        write_key(folder / "node.key", self.node_key_pair)
        self.node = SiteProcess(
            "node", folder=folder / "node", module="ledger_node", settings=self._node_settings()
        )
        self.validators: list[SiteProcess] = []

    @property
    def endpoint(self) -> str:
        """Where the node takes requests."""
        return str(self.node.ready["endpoint"])

    @property
    def publish(self) -> str:
        """Where the node publishes events."""
        return str(self.node.ready["publish"])

    @property
    def node_key(self) -> bytes:
        """The node's public key."""
        return self.node_key_pair.public_key

    def start(self) -> None:
        """Start the node, then its validators, and wait until all of them serve."""
        self.node.start()
        for name, pair in self._pairs.items():
            write_key(self.folder / f"{name}.key", pair)
            self.validators.append(
                SiteProcess(
                    name,
                    folder=self.folder / name,
                    module="ledger_node.validator",
                    settings=self._validator_settings(name),
                )
            )
        for one in self.validators:
            one.spawn()
        for one in self.validators:
            one.wait_ready()

    def settle(self) -> None:
        """Wait until every process verifies with the engine that it will keep.

        Raises:
            NotReadyError: One did not choose in time.
        """
        if self.engine != "sodium":  # which is there from the beginning
            for one in (self.node, *self.validators):
                one.wait_engine()

    def stop(self) -> None:
        """End all processes as operators do, validators first."""
        for one in (*self.validators, self.node):
            one.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()

    def _kill(self) -> None:
        for one in (*self.validators, self.node):
            one.kill()

    def _node_settings(self) -> NodeSettings:
        return NodeSettings(
            network=NETWORK,
            key_file=str(self.folder / "node.key"),
            genesis_file=str(self.folder / "genesis"),
            policy_file=str(self.folder / "policy.toml"),
            data=str(self.folder / "node" / "data"),
            prune=self._prune,
            engine=self.engine,
        )

    def _validator_settings(self, name: str) -> ValidatorSettings:
        return ValidatorSettings(
            name=name,
            network=NETWORK,
            key_file=str(self.folder / f"{name}.key"),
            genesis_file=str(self.folder / "genesis"),
            policy_file=str(self.folder / "policy.toml"),
            data=str(self.folder / name / "data"),
            prune=self._prune,
            engine=self.engine,
            node=FollowedNode(
                endpoint=self.endpoint, publish=self.publish, node_key=self.node_key.hex()
            ),
        )
