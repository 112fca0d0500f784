"""The check of snapshots: compared with the records, or standing in for them."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import Frontier, parse_records, record_ids
from ledger_node.audit import AuditResult, audit
from ledger_node.errors import SnapshotDamagedError
from ledger_node.local_log import LocalLog
from ledger_node.log import Stored
from ledger_node.snapshot_audit import StoredSnapshots
from ledger_node.snapshot_folder import Beginning, SnapshotFolder
from ledger_node.stored_log import StoredLog
from tests.unit.ledger_node.stored_town import (
    NAMES,
    POLICY,
    Town,
    keep_snapshot,
    lived,
    put_down,
)

PRUNED_BELOW = 7
"""Where the pruned log of these tests begins: with the batch after the payload."""


def texts(result: AuditResult, *, checked: bool) -> list[str]:
    """Return what was checked of a ledger, or what was not."""
    return [one.text for one in result.findings if one.is_checked is checked]


@pytest.fixture
def town() -> Town:
    """Give a town of 316 records, more than one tile of them."""
    town = lived()
    town.batch(town.pay(300))
    return town


def stored(town: Town, path: Path, *signers: str) -> Path:
    """Keep a snapshot of a town, let it live on, and write it down."""
    keep_snapshot(town, path, *signers)
    town.now_us += 1_000_000
    town.batch(town.pay(4))
    return put_down(town, path)


def test_a_snapshot_is_made_anew_and_compared(town: Town, tmp_path: Path) -> None:
    """With all records there, every byte of the state and of the hashes is checked."""
    result = audit(stored(town, tmp_path, *NAMES), policy=POLICY)
    assert (result.ok, result.first) == (True, 0)
    assert "snapshot 316 is the state that the records make" in texts(result, checked=True)
    assert "snapshot 316 signed by tangleway/street, city, toll" in texts(result, checked=True)
    unchecked = texts(audit(tmp_path), checked=False)
    assert "the signatures under snapshot 316: no key known" in unchecked


def test_another_state_is_named(town: Town, tmp_path: Path) -> None:
    """A snapshot that is sound, and signed, but not of this log does not pass."""
    other = Town()
    other.batch(other.pay(315))
    keep_snapshot(other, tmp_path, *NAMES)
    result = audit(put_down(town, tmp_path), policy=POLICY)
    assert not result.ok
    assert "Snapshot 316 is not the state that the records make" in result.reason


@pytest.mark.parametrize("ending", ["snapshot", "tiles", "note"])
def test_damage_is_named(town: Town, tmp_path: Path, ending: str) -> None:
    """A bit of any of a snapshot's files is enough."""
    data = stored(town, tmp_path, *NAMES)
    path = data / "snapshots" / f"316.{ending}"
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    result = audit(data, policy=POLICY)
    assert not result.ok
    assert "316" in result.reason


def test_signatures_by_others_are_not_counted(town: Town, tmp_path: Path) -> None:
    """Who has signed is said by name, and whose key nobody knows, too."""
    data = stored(town, tmp_path, "city")
    path = data / "snapshots" / "316.note"
    path.write_bytes(path.read_bytes().replace("— city".encode(), "— pity".encode()))
    result = audit(data, policy=POLICY)
    assert result.ok
    assert "snapshot 316 signed by tangleway/street" in texts(result, checked=True)
    assert "signatures under snapshot 316 by pity: no key known" in texts(result, checked=False)


def pruned(town: Town, path: Path, *signers: str, first: int = PRUNED_BELOW) -> Path:
    """Write a town down, and let its first records go."""
    data = stored(town, path, *signers)
    tree = Frontier()
    for entry in town.entries:
        if entry.first < first:
            tree.append(record_ids(parse_records(entry.records)))
    kept = (Stored(0, town.entries[0].at_us, town.entries[0].records),)
    SnapshotFolder(data / "snapshots").save_beginning(Beginning(tree=tree.encode(), kept=kept))
    with closing(LocalLog(data / "log.sqlite")) as log:
        asyncio.run(log.prune(first))
    return data


def test_a_pruned_ledger_is_judged_from_its_snapshot_on(town: Town, tmp_path: Path) -> None:
    """What is gone is said; what is there before the snapshot has to be its records."""
    result = audit(pruned(town, tmp_path, *NAMES), policy=POLICY)
    assert (result.ok, result.first, result.size) == (True, 316, 320)
    assert result.reason == "4 records are right, from position 316 on"
    assert "records from 7 to 316: those under snapshot 316" in texts(result, checked=True)
    assert texts(result, checked=False) == [
        "records before position 7: they were pruned",
        "payloads: 1 are not kept here",
    ]


def test_an_older_snapshot_without_a_quorum_is_passed_over(town: Town, tmp_path: Path) -> None:
    """A validator that was killed may keep one that nobody else has signed: it says nothing."""
    keep_snapshot(town, tmp_path, "city")
    town.now_us += 1_000_000
    town.batch(town.pay(4))
    result = audit(pruned(town, tmp_path, *NAMES), policy=POLICY)
    assert (result.ok, result.first) == (True, 320)
    assert "snapshot 316: the records that make it were pruned" in texts(result, checked=False)


def test_pruned_up_to_the_snapshot(town: Town, tmp_path: Path) -> None:
    """With nothing before it, the snapshot's own tree is enough; parents are believed."""
    result = audit(pruned(town, tmp_path, *NAMES, first=316), policy=POLICY)
    assert (result.ok, result.first) == (True, 316)
    assert any(text.startswith("parents: ") for text in texts(result, checked=False))


def test_without_a_quorum_nothing_stands_in(town: Town, tmp_path: Path) -> None:
    """A snapshot that too few have signed is no beginning."""
    data = pruned(town, tmp_path, "city")
    result = audit(data, policy=POLICY)
    assert not result.ok
    assert "no snapshot to begin with that a quorum stands by" in result.reason
    assert "the signatures under snapshot 316: no key known" in texts(audit(data), checked=False)


def test_records_before_the_snapshot_have_to_be_its_own(town: Town, tmp_path: Path) -> None:
    """The tree over what was pruned is part of what is compared."""
    data = pruned(town, tmp_path, *NAMES)
    other = Frontier()
    other.append(record_ids(parse_records(bytes(256 * PRUNED_BELOW))))
    beginning = Beginning(tree=other.encode(), kept=())
    SnapshotFolder(data / "snapshots").save_beginning(beginning)
    result = audit(data, policy=POLICY)
    assert not result.ok
    assert "are not those of the snapshot of 316" in result.reason


def test_a_lost_beginning_is_named(town: Town, tmp_path: Path) -> None:
    """A pruned log without what it begins with can not be judged."""
    data = pruned(town, tmp_path, *NAMES)
    (data / "snapshots" / "beginning").unlink()
    snapshots = StoredSnapshots(data)
    with (
        closing(StoredLog(data / "log.sqlite")) as log,
        pytest.raises(SnapshotDamagedError, match="no snapshot to begin with"),
    ):
        snapshots.start(log, POLICY)
