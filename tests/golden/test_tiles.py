"""Published tiles, served by any web server, are what a stranger's reader expects."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger_core import VerifierKey
from ledger_node.exporting import export_tiles
from tests.golden.stranger_tiles import Log
from tests.unit.ledger_node.stored_town import POLICY, Town, lived, put_down
from tests.unit.ledger_node.street import BEN


class Quiet(SimpleHTTPRequestHandler):
    """Serve files, and keep silent about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve a folder as `python -m http.server` does."""
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tiles"
        server.shutdown()
        thread.join()


@pytest.fixture
def town() -> Town:
    """Give a town of 616 records."""
    town = lived()
    for _ in range(2):
        town.batch(town.pay(300))
    return town


async def published(town: Town, folder: Path) -> None:
    """Publish what a town wrote."""
    data = await asyncio.to_thread(put_down, town, folder / "data")
    export_tiles(data, folder / "tiles", progress=lambda *_told: None)


async def test_a_stranger_proves_records(town: Town, address: str, tmp_path: Path) -> None:
    """Every record is proved to be under the checkpoint, wherever it stands."""
    await published(town, tmp_path)
    log = await asyncio.to_thread(Log, address, POLICY.log.encode())
    assert (log.origin, log.size) == ("tangleway/street", 616)
    raw = b"".join(entry.records for entry in town.entries)
    for position in (0, 1, 16, 255, 256, 511, 512, 614, 615):
        proved = await asyncio.to_thread(log.prove, position)
        assert proved == raw[256 * position :][:256]


async def test_a_stranger_notices_what_is_altered(town: Town, address: str, tmp_path: Path) -> None:
    """A record, a hash or a signature that is not the log's own is not believed."""
    await published(town, tmp_path)
    key = POLICY.log.encode()
    for path in ("tile/entries/001", "tile/0/001", "tile/1/000.p/2"):
        file = tmp_path / "tiles" / path
        content = file.read_bytes()
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        log = await asyncio.to_thread(Log, address, key)
        with pytest.raises(AssertionError):
            await asyncio.to_thread(log.prove, 256)
        file.write_bytes(content)
    other = VerifierKey(POLICY.log.name, BEN.public_key).encode()
    with pytest.raises(AssertionError):
        await asyncio.to_thread(Log, address, other)
