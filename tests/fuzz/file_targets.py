"""Decoders of files: stories, settings, policies, keys, wallets, exports, documents of figures."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks import page
from charger_agent import ChargerSettings
from configuration import load, read_key, write_key
from ledger_core import KeyPair
from ledger_node import NodeSettings, read_policy, record_export, write_policy
from ledger_node.line_export import entries_of_lines, lines_of
from ledger_node.log import Entry
from ledger_node.record_export import FileFacts, Manifest
from scenarios import load_story
from tests.fuzz.target import Target
from tests.unit.ledger_core.operators import POLICY
from tests.unit.ledger_core.world import GENESIS
from wallet import Cost, OpenWallet, Seed, create_keystore, keystore_network, open_keystore

__all__ = ["file_targets"]

ROOT = Path(__file__).parents[2]
CHEAP = Cost(operations=1, memory_bytes=8192)
PASSWORD = b"correct horse"
OWNER_ONLY = 0o600

NODE_SETTINGS = b"""\
network = "test"
key_file = "node.key"
genesis_file = "genesis.bin"
data = "data"
bind = "tcp://127.0.0.1:5555"
publish = "tcp://127.0.0.1:5556"
"""

CHARGER_SETTINGS = b"""\
name = "mill"
network = "test"
key_file = "key.hex"
position_m = [0.0, 1.5]
site_power_w = 33_000
outlets = [{ name = "1", power_w_max = 22_000 }]
[ledger]
endpoint = "tcp://127.0.0.1:1"
publish = "tcp://127.0.0.1:2"
node_key = "0000000000000000000000000000000000000000000000000000000000000000"
[pricing.tariff]
elements = [{ kind = "energy", price = 360_000 }]
"""


def file_targets(folder: Path) -> list[Target]:
    """Return all decoders of files.

    Args:
        folder: Where the files are written; a quick one.
    """
    at = _At(folder)
    write_policy(folder / "policy.toml", POLICY)
    write_key(folder / "key.hex", KeyPair.from_seed(bytes(32)))
    seed = Seed(bytes(range(64)))
    wallet = folder / "wallet.json"
    create_keystore(wallet, OpenWallet(network="main", seed=seed), PASSWORD, cost=CHEAP)
    stories = [path.read_bytes() for path in (ROOT / "scenarios" / "stories").glob("*.toml")]
    figures = ROOT / "docs" / "performance"
    return [
        at.target("story", load_story, stories, suffix=".toml", weight=2),
        at.target(
            "node settings", lambda path: load(path, NodeSettings, environment={}),
            [NODE_SETTINGS], suffix=".toml",
        ),
        at.target(
            "charger settings", lambda path: load(path, ChargerSettings, environment={}),
            [CHARGER_SETTINGS], suffix=".toml",
        ),
        at.target("policy", read_policy, [(folder / "policy.toml").read_bytes()], suffix=".toml"),
        at.target("key file", read_key, [(folder / "key.hex").read_bytes()]),
        at.target("wallet file", keystore_network, [wallet.read_bytes()]),
        at.target(
            "wallet, opened", lambda path: open_keystore(path, PASSWORD), [wallet.read_bytes()]
        ),
        at.target("export of lines", lambda path: list(entries_of_lines(path)), [_lines()]),
        at.target("manifest", record_export._manifest, [_manifest()]),
        at.target(
            "figures", page._read, [path.read_bytes() for path in figures.glob("parts.json")]
        ),
        at.target("notes on figures", page._notes, [(figures / "notes.toml").read_bytes()]),
    ]  # fmt: skip


class _At:
    """Writes inputs into a folder, each over the one before.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def target(
        self,
        name: str,
        read: Callable[[Path], object],
        samples: list[bytes],
        *,
        suffix: str = "",
        weight: int = 1,
    ) -> Target:
        """Return what reads a file."""
        path = self._folder / f"{name.replace(' ', '-').replace(',', '')}{suffix}.input"
        path.touch(mode=OWNER_ONLY)

        def read_file(data: bytes) -> object:
            path.write_bytes(data)
            return read(path)

        return Target(name=name, read=read_file, samples=samples, weight=weight)


def _lines() -> bytes:
    """Return a ledger of one record as lines of JSON."""
    return lines_of(Entry(first=0, at_us=1, records=GENESIS.tobytes()))


def _manifest() -> bytes:
    """Return the manifest of an export of one record."""
    facts = FileFacts(bytes=256, sha256="00" * 32)
    return msgspec.json.encode(
        Manifest(first=0, count=1, records=facts, batches=facts, payloads=facts)
    )
