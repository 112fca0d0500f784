"""Real validators as processes that a test starts, kills and starts anew."""

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configuration import dump, write_key
from ledger_core import KeyPair, Policy, log_key, validator_key
from ledger_node import write_policy
from ledger_node.validator_settings import FollowedNode, ValidatorSettings
from tests.integration.node_process import END_S, NODE_PAIR, NodeSite

OPERATORS = ("city", "operator", "toll", "auditor")


def key_of(name: str) -> KeyPair:
    """Return the keys of a validator."""
    return KeyPair.from_seed(name.encode().ljust(32, b"."))


def policy_of(names: Sequence[str] = OPERATORS, *, quorum: int = 3) -> Policy:
    """Return a policy that names validators."""
    keys = tuple(validator_key(name, key_of(name).public_key) for name in names)
    return Policy(log_key("street", NODE_PAIR.public_key), keys, quorum)


@dataclass
class Validator:
    """A validator's folder, and the process that runs in it."""

    name: str
    folder: Path
    process: subprocess.Popen[str] | None = None
    ready: dict[str, Any] = field(default_factory=dict)

    def prepare(self, site: NodeSite) -> None:
        """Write key and settings."""
        self.folder.mkdir()
        write_key(self.folder / "key", key_of(self.name))
        settings = ValidatorSettings(
            name=self.name,
            network="street",
            key_file="key",
            genesis_file=str(site.folder / "genesis"),
            data="data",
            engine="sodium",
            node=FollowedNode(endpoint=site.ready["endpoint"], node_key=NODE_PAIR.public_key.hex()),
        )
        (self.folder / "validator.toml").write_text(dump(settings))

    def start(self) -> None:
        """Start it and wait until it has opened its ledger."""
        command = [sys.executable, "-m", "ledger_node.validator"]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--config", str(self.folder / "validator.toml")],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it did not begin: {self.log}"
        self.ready = json.loads(line)
        assert self.ready["name"] == self.name

    def end(self, number: signal.Signals) -> int:
        """End it with a signal and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=END_S)
        code, self.process = self.process.returncode, None
        return code

    def told_alarm(self) -> dict[str, object]:
        """Wait for the next alarm that it tells on standard output."""
        assert self.process is not None
        assert self.process.stdout is not None
        told: dict[str, object] = json.loads(self.process.stdout.readline())
        return told

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text()

    def alarms(self) -> list[dict[str, object]]:
        """Return the alarms that it has raised."""
        lines = [json.loads(line) for line in self.log.splitlines()]
        return [line for line in lines if line["event"] == "alarm"]


@asynccontextmanager
async def validators(
    site: NodeSite, names: Sequence[str] = OPERATORS
) -> AsyncIterator[dict[str, Validator]]:
    """Run validators of a node as long as the block lasts."""
    running = {name: Validator(name, site.folder / name) for name in names}
    try:
        for one in running.values():
            one.prepare(site)
            one.start()
        yield running
    finally:
        for one in running.values():
            if one.process is not None:
                one.end(signal.SIGKILL)


def put_policy(folder: Path, policy: Policy) -> str:
    """Write a policy file into a node's folder, and return its name."""
    write_policy(folder / "policy.toml", policy)
    return "policy.toml"
