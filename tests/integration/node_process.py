"""A real node as a process that a test starts, talks to, kills and starts anew."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configuration import dump, write_key
from ledger_core import KeyPair, Records, genesis, record_ids, transfer
from ledger_node import LedgerClient, NodeSettings, write_genesis

NETWORK = 7
SUPPLY = 1_000_000
END_S = 20.0
"""How long a process may take to come or to go. [s]"""

NODE_PAIR, ANN, BEN, CLEO = (KeyPair.from_seed(bytes([number]) * 32) for number in (8, 1, 2, 3))


def now_us() -> int:
    """Return the time. [µs]"""
    return time.time_ns() // 1_000


@dataclass
class NodeSite:
    """A folder with all that a node needs, and the process that runs in it."""

    folder: Path
    origin: bytes = b""
    ready: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def prepare(self, **settings: str | bool) -> None:
        """Write key, genesis and settings."""
        record = genesis(
            NODE_PAIR, network=NETWORK, target=ANN.public_key, amount=SUPPLY, issued_at=now_us()
        )
        self.origin = record_ids(record).tobytes()
        write_key(self.folder / "node.key", NODE_PAIR)
        write_genesis(self.folder / "genesis", record)
        self.configure(**settings)

    def configure(self, **settings: str | bool) -> None:
        """Write the settings anew."""
        values: dict[str, Any] = {
            "network": "street",
            "key_file": "node.key",
            "genesis_file": "genesis",
            "engine": "sodium",  # lanes take half a second more to start
        }
        text = dump(NodeSettings(**{**values, "data": "data", **settings}))
        (self.folder / "node.toml").write_text(text)

    def start(self) -> None:
        """Start the node and wait until it serves."""
        with (self.folder / "node.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it did not begin to serve: {self.log}"
        self.ready = json.loads(line)

    def fail(self) -> tuple[int, str]:
        """Run a node that can not start, and return its exit code and what it said."""
        done = subprocess.run(
            self.command, capture_output=True, text=True, check=False, timeout=END_S
        )
        assert done.stdout == ""
        return done.returncode, done.stderr.splitlines()[-1]

    def end(self, number: signal.Signals) -> int:
        """End the node with a signal and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=END_S)
        code, self.process = self.process.returncode, None
        return code

    def restart(self) -> None:
        """Start the node again where it was."""
        self.configure(bind=self.ready["endpoint"], publish=self.ready["publish"])
        self.start()

    def client(self, *, timeout_s: float = END_S) -> LedgerClient:
        """Return a client of the node."""
        return LedgerClient(
            self.ready["endpoint"], node_key=NODE_PAIR.public_key, timeout_s=timeout_s
        )

    def pay(
        self,
        payer: KeyPair,
        payee: KeyPair,
        *,
        sequence: int,
        amount: int = 1,
        parents: tuple[bytes, bytes] | None = None,
    ) -> Records:
        """Sign a transfer, shape ()."""
        return transfer(
            payer,
            network=NETWORK,
            parents=parents or (self.origin, self.origin),
            target=payee.public_key,
            amount=amount,
            sequence=sequence,
            issued_at=now_us(),
            valid_for=600,
        )

    @property
    def command(self) -> list[str]:
        """The command that runs the node."""
        return [sys.executable, "-m", "ledger_node", "--config", str(self.folder / "node.toml")]

    @property
    def log(self) -> str:
        """What the node has logged."""
        return (self.folder / "node.log").read_text()


@asynccontextmanager
async def running_node(folder: Path, **settings: str | bool) -> AsyncIterator[NodeSite]:
    """Run a node in a folder as long as the block lasts."""
    site = NodeSite(folder)
    site.prepare(**settings)
    try:
        await asyncio.to_thread(site.start)
        yield site
    finally:
        if site.process is not None:
            site.end(signal.SIGKILL)
