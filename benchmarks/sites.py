"""A site: one node and its validators, each a process of its own, all in one folder.

The processes are those that operators run, with the settings files that operators write. Their
ports are free ones at first and stay the same when a process is started anew, so that whoever
talked to it finds it again.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from configuration import dump, write_key
from ledger_core import KeyPair, Policy, Records, log_key, quorum_size, validator_key
from ledger_node import NodeSettings, write_genesis, write_policy
from ledger_node.validator_settings import FollowedNode, ValidatorSettings

__all__ = ["NETWORK", "NotReadyError", "Site", "SiteProcess"]

NETWORK = "benchmark"
"""Name of the network."""

READY_S = 120.0
"""How long a process may take until it serves: millions of records are replayed in half of it. [s]
"""

STOP_S = 20.0
"""How long a process may take to end when it is asked to. [s]"""

LOOK_EVERY_S = 0.002
"""How often it is looked whether a process serves. [s]"""


class NotReadyError(RuntimeError):
    """Say that a process ended, or did not serve in time."""


class SiteProcess:
    """A process in its folder: start it, kill it, start it anew.

    Args:
        name: What to call it.
        folder: Its own folder, made here.
        module: What runs.
        settings: What its settings file says; written at each start.
    """

    def __init__(
        self, name: str, *, folder: Path, module: str, settings: NodeSettings | ValidatorSettings
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.folder = folder
        self.settings = settings
        self.ready: dict[str, Any] = {}
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Its data directory."""
        return Path(self.settings.data)

    @property
    def pid(self) -> int:
        """The process at hand."""
        assert self._process is not None, "it was started"
        return self._process.pid

    def spawn(self) -> None:
        """Start the process, and do not wait for it."""
        assert self._process is None, "there is one at a time"
        path = self.folder / "settings.toml"
        path.write_text(dump(self.settings), "utf-8")
        command = [sys.executable, "-m", self._module, "--config", str(path)]
        with self._said.open("wb") as said, self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=said, stderr=log)  # noqa: S603 (ours)

    def wait_ready(self, timeout_s: float = READY_S) -> None:
        """Wait until the process serves.

        Args:
            timeout_s: When to give up. [s]

        Raises:
            NotReadyError: It ended before, or took too long; the sentence has its last words.
        """
        deadline_s = time.monotonic() + timeout_s
        while b"\n" not in (said := self._said.read_bytes()):
            if self._process is None or self._process.poll() is not None:
                raise NotReadyError(f"{self.name} ended before it served: {self.last_words}")
            if time.monotonic() > deadline_s:
                raise NotReadyError(f"{self.name} did not serve within {timeout_s:.0f} s.")
            time.sleep(LOOK_EVERY_S)
        self.ready = json.loads(said.splitlines()[0])
        if isinstance(self.settings, NodeSettings):
            self.settings = msgspec.structs.replace(
                self.settings, bind=self.ready["endpoint"], publish=self.ready["publish"]
            )

    def start(self) -> None:
        """Start the process and wait until it serves.

        Raises:
            NotReadyError: It did not come to that.
        """
        self.spawn()
        self.wait_ready()

    def kill(self) -> None:
        """Kill the process at once (SIGKILL), if there is one."""
        self._end(signal.SIGKILL)

    def kill_alive(self) -> None:
        """Kill the process at once (SIGKILL); it was started and has to be there still.

        Raises:
            NotReadyError: It had ended by itself.
        """
        has_ended = self._process is None or self._process.poll() is not None
        self.kill()
        if has_ended:
            raise NotReadyError(f"{self.name} ended by itself: {self.last_words}")

    def stop(self) -> None:
        """End the process as an operator does (SIGTERM), if there is one."""
        self._end(signal.SIGTERM)

    @property
    def last_words(self) -> str:
        """The last line that it logged."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "nothing"

    @property
    def _said(self) -> Path:
        return self.folder / "said"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Site:
    """Run a node and its validators while a block lasts; all of them end with it.

    Args:
        folder: An empty folder.
        genesis: The record that begins the ledger.
        validators: Names of the validators, if there are any.
        quorum: How many of them make a record final; None means as many as is wise.
    """

    def __init__(
        self,
        folder: Path,
        genesis: Records,
        *,
        validators: Sequence[str] = (),
        quorum: int | None = None,
    ) -> None:
        self.folder = folder
        self.node_key_pair = KeyPair.generate()
        self._pairs = {name: KeyPair.generate() for name in validators}
        log = log_key(NETWORK, self.node_key_pair.public_key)
        keys = tuple(validator_key(name, pair.public_key) for name, pair in self._pairs.items())
        self.policy = Policy(log, keys, quorum_size(len(keys)) if quorum is None else quorum)
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
        )

    def _validator_settings(self, name: str) -> ValidatorSettings:
        return ValidatorSettings(
            name=name,
            network=NETWORK,
            key_file=str(self.folder / f"{name}.key"),
            genesis_file=str(self.folder / "genesis"),
            data=str(self.folder / name / "data"),
            node=FollowedNode(
                endpoint=self.endpoint, publish=self.publish, node_key=self.node_key.hex()
            ),
        )
