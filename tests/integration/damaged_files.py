"""A small ledger's files as they were left, and ways to read them and to try a node on them."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger_core import Note
from ledger_node.audit import AuditResult, audit
from ledger_node.checkpoint_store import Role
from ledger_node.data_directory import DataDirectory
from ledger_node.log import Entry
from ledger_node.notary import Notary
from ledger_node.opening import close_state, open_state
from ledger_node.stored_checkpoints import stored_notes
from ledger_node.stored_log import StoredLog
from ledger_node.stores import open_stores
from tests.unit.ledger_node.stored_town import NAMES, POLICY, Town
from tests.unit.ledger_node.street import GENESIS, NODE_PAIR, HandClock

LEFT_OUT = ("*-shm", "lock")
"""What SQLite and the lock make anew whenever a directory is used."""


@dataclass(frozen=True)
class Content:
    """Hold all that a data directory says."""

    entries: list[Entry]
    payloads: list[tuple[int, bytes]]
    notes: Mapping[Role, Note]


def content(data: Path) -> Content:
    """Read all of a data directory."""
    notes = stored_notes(data / "checkpoints.sqlite")
    with closing(StoredLog(data / "log.sqlite")) as log:
        return Content(list(log.entries()), list(log.payloads()), notes)


def verified(data: Path) -> AuditResult:
    """Judge a data directory as its owner would."""
    return audit(data, policy=POLICY)


async def served(data: Path, town: Town) -> tuple[list[Entry], int]:
    """Open a node on a data directory; return what it would serve, and the size that it signed."""
    clock = HandClock(town.now_us)
    with DataDirectory(data) as directory, open_stores(directory, None) as stores:
        state = await open_state(stores, GENESIS, window=1_000, clock=clock)
        try:
            notary = Notary(
                state.tree,
                stores.checkpoints,
                key_pair=NODE_PAIR,
                network="street",
                policy=POLICY,
                clock=clock,
            )
            assert set(NAMES) == {key.name for key in notary.policy.validators}
            return list(state.log.entries()), notary.latest.size
        finally:
            close_state(state)


def damaged(source: Path, target: Path, damage: Callable[[Path], object]) -> Path:
    """Copy a data directory over another one, and damage the copy."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    damage(target)
    return target
