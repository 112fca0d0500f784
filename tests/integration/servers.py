"""Servers that tests start for themselves: a broker, a node; all on loopback, all ended by id."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_runtime import SystemClock, settle
from configuration import write_key
from ledger_core import TOKEN, KeyPair, genesis
from ledger_node import write_genesis

PATIENCE_S = 20.0
"""How long a server may take to start on a busy machine. [s]"""

NETWORK = "test"
"""Name of the network of `live_node`."""


def free_port() -> int:
    """Return a port at which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def answering(port: int) -> None:
    """Wait until something takes connections at a port."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await settle(1)
            else:
                writer.close()
                await writer.wait_closed()
                return


@asynccontextmanager
async def mosquitto(program: Path, folder: Path, port: int) -> AsyncIterator[str]:
    """Run mosquitto for the length of a block; yield its address."""
    config = folder / "mosquitto.conf"
    _write(config, f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = await asyncio.create_subprocess_exec(
        program, "-c", config, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await answering(port)
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@dataclass(frozen=True)
class LiveNode:
    """A node that serves."""

    endpoint: str
    """Where it takes requests."""
    node_key: bytes
    """Its identity."""
    treasury: KeyPair
    """Who has the whole supply."""


@contextmanager
def live_node(folder: Path) -> Iterator[LiveNode]:
    """Run a ledger node of network 7 for the length of a block."""
    treasury = KeyPair.from_seed(bytes([7] * 32))
    command = [sys.executable, "-m", "ledger_node", "--config", str(_node_config(folder, treasury))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield LiveNode(ready["endpoint"], bytes.fromhex(ready["node_key"]), treasury)
        finally:
            process.terminate()


def _node_config(folder: Path, treasury: KeyPair) -> Path:
    """Write all that a node needs, where it is not there yet; return its settings file."""
    folder.mkdir(exist_ok=True)
    config = folder / "node.toml"
    if not config.exists():
        write_key(folder / "node.key", KeyPair.generate())
        first = genesis(
            KeyPair.generate(),
            network=7,
            target=treasury.public_key,
            amount=1_000_000 * TOKEN,
            issued_at=SystemClock().now_us(),
        )
        write_genesis(folder / "genesis.bin", first)
        _write(
            config,
            f'network = "{NETWORK}"\nkey_file = "node.key"\n'
            'genesis_file = "genesis.bin"\ndata = "data"\n',
        )
    return config


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
