"""The index: what was added is found, in memory or in runs, merged or not, also after a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from ledger_core import RECORD, Bytes, Kind, Records
from ledger_node.errors import IndexDamagedError
from ledger_node.index import Index
from ledger_node.index_pages import FAN_OUT, RUN_RECORDS, IndexKind

RANDOM = np.random.default_rng(7)


def made_up(count: int) -> tuple[Records, Bytes]:
    """Return transfers between made-up keys, and made-up ids: an index compares nothing."""
    records = np.zeros(count, RECORD)
    records["kind"] = Kind.TRANSFER
    for field in ("issuer", "target", "parent_a", "parent_b"):
        records[field] = RANDOM.integers(0, 256, (count, 32), np.uint8)
    return records, RANDOM.integers(0, 256, (count, 32), np.uint8)


@contextmanager
def opened(folder: Path) -> Iterator[Index]:
    """Open the index in a folder."""
    with closing(Index(folder / "index.sqlite")) as index:
        yield index


def check(index: Index, records: Records, ids: Bytes, *, positions: list[int]) -> None:
    """Find records by everything that they can be found by."""
    for position in positions:
        record = records[position]
        for kind, row in (
            (IndexKind.ID, ids[position]),
            (IndexKind.ACCOUNT, record["issuer"]),
            (IndexKind.ACCOUNT, record["target"]),
            (IndexKind.PARENT, record["parent_a"]),
            (IndexKind.PARENT, record["parent_b"]),
        ):
            assert list(index.candidates(kind, row.tobytes())) == [position], kind


def test_new_records_are_found_in_memory(tmp_path: Path) -> None:
    """What was just added is found before anything is written."""
    records, ids = made_up(10)
    with opened(tmp_path) as index:
        index.add(records[:4], ids[:4], first=0)
        index.add(records[4:], ids[4:], first=4)
        check(index, records, ids, positions=list(range(10)))
        assert (index.behind, index.covered) == (0, 0)
        assert list(index.candidates(IndexKind.ID, bytes(32))) == []


def test_a_run_is_written_when_there_is_enough_for_one(tmp_path: Path) -> None:
    """Records are found in the run and behind it, during the writing and after a restart."""
    count = RUN_RECORDS + 100
    records, ids = made_up(count)
    sample = [0, 1, RUN_RECORDS - 1, RUN_RECORDS, count - 1]
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        assert index.behind == 1
        draft = index.draft()
        check(index, records, ids, positions=sample)
        index.write(draft)
        check(index, records, ids, positions=sample)
        index.finish(draft)
        check(index, records, ids, positions=sample)
        assert (index.behind, index.covered) == (0, RUN_RECORDS)
    with opened(tmp_path) as index:
        assert index.covered == RUN_RECORDS
        assert index.last_id == ids[RUN_RECORDS - 1].tobytes()
        index.add(records[RUN_RECORDS - 50 :], ids[RUN_RECORDS - 50 :], first=RUN_RECORDS - 50)
        check(index, records, ids, positions=[*sample, RUN_RECORDS - 50])


def test_an_account_in_many_runs_is_found_in_order_from_any_position(tmp_path: Path) -> None:
    """Positions rise over runs, merged runs and memory, and begin where they are asked to."""
    total = (FAN_OUT + 2) * RUN_RECORDS + 50
    records, ids = made_up(total)
    places = [5, 6, RUN_RECORDS, 3 * RUN_RECORDS + 1, 16 * RUN_RECORDS + 9, total - 1]
    records["target"][places] = 7
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        index.fill()
        assert index.covered == (FAN_OUT + 2) * RUN_RECORDS
        check(index, records, ids, positions=[0, 16 * RUN_RECORDS - 1, total - 2])
        for after in (-1, 4, 5, RUN_RECORDS - 1, RUN_RECORDS, 16 * RUN_RECORDS, total - 2):
            found = list(index.candidates(IndexKind.ACCOUNT, bytes([7]) * 32, after=after))
            assert found == [place for place in places if place > after]
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as file:
        query = "SELECT level, first FROM index_page WHERE kind = 0 ORDER BY first"
        assert file.execute(query).fetchall() == [(1, 0), (0, 262_144), (0, 278_528)]


def test_a_record_that_names_the_same_twice_is_found_once(tmp_path: Path) -> None:
    """Whoever pays himself has one transaction in his history."""
    records, ids = made_up(1)
    records["target"] = records["issuer"]
    records["parent_b"] = records["parent_a"]
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        assert list(index.candidates(IndexKind.ACCOUNT, records["issuer"][0].tobytes())) == [0]


@pytest.mark.parametrize(
    "change", ["entries = x'00' || entries", "checksum = 1", "entries = 'text'"]
)
def test_a_changed_page_is_damage(tmp_path: Path, change: str) -> None:
    """A page that is not what was written is never read as an answer."""
    records, ids = made_up(RUN_RECORDS)
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        index.fill()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as file, file:
        file.execute(f"UPDATE index_page SET {change} WHERE kind = {IndexKind.ID:d}")
    with opened(tmp_path) as index, pytest.raises(IndexDamagedError, match="delete it"):
        list(index.candidates(IndexKind.ID, ids[0].tobytes()))


def test_a_missing_run_is_damage(tmp_path: Path) -> None:
    """Runs that do not follow each other are recognised at the start."""
    records, ids = made_up(3 * RUN_RECORDS)
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        index.fill()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as file, file:
        file.execute("DELETE FROM index_page WHERE first = ?", [RUN_RECORDS])
    with pytest.raises(IndexDamagedError, match="begins at 16384 is missing"):
        Index(tmp_path / "index.sqlite")


def test_a_file_that_is_no_index_is_damage(tmp_path: Path) -> None:
    """A foreign file is named."""
    (tmp_path / "index.sqlite").write_bytes(b"my holiday" * 1_000)
    with pytest.raises(IndexDamagedError, match="not a database"):
        Index(tmp_path / "index.sqlite")


def test_it_begins_in_the_middle_and_is_pruned(tmp_path: Path) -> None:
    """An index of a log without its beginning merges as any other, and lets go of old runs."""
    runs, first = FAN_OUT + 2, 3 * RUN_RECORDS + 77
    records, ids = made_up(runs * RUN_RECORDS)
    with opened(tmp_path) as index:
        index.begin(first)
        assert (index.first, index.covered) == (3 * RUN_RECORDS, 3 * RUN_RECORDS)
        index.add(records[first:], ids[first:], first=first)
        index.fill()
        assert index.covered == runs * RUN_RECORDS
        check(index, records, ids, positions=[first, 7 * RUN_RECORDS, runs * RUN_RECORDS - 1])
        assert list(index.candidates(IndexKind.ID, ids[first - 1].tobytes())) == []
    with opened(tmp_path) as index:
        assert (index.first, index.covered) == (0, runs * RUN_RECORDS), "the first runs are merged"
        before = (tmp_path / "index.sqlite").stat().st_size
        index.prune(3 * RUN_RECORDS + 100)
        assert list(index.candidates(IndexKind.ID, ids[first].tobytes())) == []
        check(index, records, ids, positions=[3 * RUN_RECORDS + 100, 9 * RUN_RECORDS])
        index.prune((FAN_OUT + 1) * RUN_RECORDS)
        assert list(index.candidates(IndexKind.ID, ids[first].tobytes())) == []
        check(index, records, ids, positions=[(FAN_OUT + 1) * RUN_RECORDS])
        assert (tmp_path / "index.sqlite").stat().st_size < before / 2
    with opened(tmp_path) as index:
        assert index.first == (FAN_OUT + 1) * RUN_RECORDS
        check(index, records, ids, positions=[(FAN_OUT + 1) * RUN_RECORDS])


def test_a_merged_run_is_trimmed(tmp_path: Path) -> None:
    """The run in which the pruned part ends loses what is below, and nothing else."""
    records, ids = made_up(FAN_OUT * RUN_RECORDS)
    first = 9 * RUN_RECORDS + 5
    with opened(tmp_path) as index:
        index.add(records, ids, first=0)
        index.fill()
        before = (tmp_path / "index.sqlite").stat().st_size
        index.prune(first)
        assert (tmp_path / "index.sqlite").stat().st_size < before / 2
        for position in (0, first - 1):
            assert list(index.candidates(IndexKind.ID, ids[position].tobytes())) == []
        check(index, records, ids, positions=[first, FAN_OUT * RUN_RECORDS - 1])
    with opened(tmp_path) as index:
        assert (index.first, index.covered) == (0, FAN_OUT * RUN_RECORDS)
