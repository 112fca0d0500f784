"""What every store of checkpoints and indexes must do: inherit a suite and offer `bench`."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from ledger_core import Note, NoteSignature
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import CheckpointDamagedError, IndexDamagedError, LogWriteError
from ledger_node.index_pages import FAN_OUT, LOOKED_UP, RUN_RECORDS, IndexKind
from ledger_node.index_store import IndexStore, RunDraft


class StoreBench(ABC):
    """A place for checkpoints and indexes on a bench."""

    @abstractmethod
    def checkpoints(self) -> CheckpointStore:
        """Open the checkpoints; those opened before are gone."""

    @abstractmethod
    def index(self) -> IndexStore:
        """Open the indexes; those opened before are gone."""

    @abstractmethod
    def execute(self, statement: str) -> None:
        """Do something behind the store's back, to its tables."""

    @abstractmethod
    def fill_up(self) -> None:
        """Leave no room for another checkpoint."""


def note(text: str) -> Note:
    """Return a note that somebody has signed."""
    return Note(f"{text}\n", (NoteSignature("city", bytes(4), bytes(64)),))


class CheckpointSuite:
    """The contract of `CheckpointStore`, as tests."""

    def test_nothing_is_signed_at_first(self, bench: StoreBench) -> None:
        """Nothing was signed yet."""
        store = bench.checkpoints()
        assert store.read_all() == {}
        assert store.read(Role.SIGNED) is None

    def test_what_was_saved_is_there_when_opened_anew(self, bench: StoreBench) -> None:
        """Each role has its note."""
        notes = {role: note(role.value) for role in Role}
        bench.checkpoints().save(notes)
        assert bench.checkpoints().read_all() == notes

    def test_a_note_takes_the_place_of_the_one_before(self, bench: StoreBench) -> None:
        """Only that role changes."""
        store = bench.checkpoints()
        store.save({Role.SIGNED: note("one"), Role.FINAL: note("old")})
        store.save({Role.SIGNED: note("two")})
        assert bench.checkpoints().read_all() == {Role.SIGNED: note("two"), Role.FINAL: note("old")}

    def test_what_can_not_be_written_leaves_what_was_there(self, bench: StoreBench) -> None:
        """Of several notes all are there or none."""
        store = bench.checkpoints()
        store.save({Role.SIGNED: note("one")})
        bench.fill_up()
        with pytest.raises(LogWriteError, match="can not be written"):
            store.save({Role.SIGNED: note("two"), Role.FINAL: note("two")})
        assert bench.checkpoints().read_all() == {Role.SIGNED: note("one")}

    @pytest.mark.parametrize("change", ["note = digest", "digest = note", "role = 'king'"])
    def test_an_altered_note_is_damage(self, bench: StoreBench, change: str) -> None:
        """Whatever was changed, nobody takes it for a checkpoint."""
        bench.checkpoints().save({Role.SIGNED: note("one")})
        bench.execute(f"UPDATE checkpoint SET {change}")
        with pytest.raises(CheckpointDamagedError, match="not what was written"):
            bench.checkpoints().read_all()


def draft(run: int) -> RunDraft:
    """Return a run with two entries of each kind: one key of its own, and one that all have."""
    first = run * RUN_RECORDS
    keys = np.array([1_000 + run, COMMON], np.uint64)
    positions = np.array([first, first + 9], np.int64)
    return RunDraft(first, dict.fromkeys(LOOKED_UP, (keys, positions)), bytes([run]) * 32)


COMMON = 5 << 60
"""A key that every run has."""


def found(store: IndexStore, key: int, *, after: int = -1) -> list[int]:
    """Return the positions of a key."""
    pages = store.find(IndexKind.ACCOUNT, key, after=after)
    return [position for page in pages for position in page.tolist() if position > after]


class IndexSuite:
    """The contract of `IndexStore`, as tests."""

    def test_nothing_is_found_at_first(self, bench: StoreBench) -> None:
        """No run is written, and nothing is found."""
        store = bench.index()
        assert store.extent() == (0, 0, b"")
        assert found(store, COMMON) == []

    @pytest.mark.parametrize("runs", [1, 3, FAN_OUT, FAN_OUT + 2])
    def test_runs_are_found_when_opened_anew(self, bench: StoreBench, runs: int) -> None:
        """Whether they were merged or not, each key has its positions in rising order."""
        store = bench.index()
        for run in range(runs):
            store.write(draft(run))
        store = bench.index()
        assert store.extent() == (0, runs * RUN_RECORDS, bytes([runs - 1]) * 32)
        assert found(store, COMMON) == [run * RUN_RECORDS + 9 for run in range(runs)]
        for run in range(runs):
            assert found(store, 1_000 + run) == [run * RUN_RECORDS]
        last = (runs - 1) * RUN_RECORDS
        assert found(store, COMMON, after=last) == [last + 9]

    def test_runs_before_a_position_are_dropped(self, bench: StoreBench) -> None:
        """What a pruned log no longer has is not found any more."""
        store = bench.index()
        for run in range(3):
            store.write(draft(run))
        store.prune(2 * RUN_RECORDS - 1)
        store = bench.index()
        assert store.extent()[:2] == (RUN_RECORDS, 3 * RUN_RECORDS)
        assert found(store, 1_000) == []
        assert found(store, 1_001) == [RUN_RECORDS]

    def test_a_missing_run_is_damage(self, bench: StoreBench) -> None:
        """Runs follow each other without a gap."""
        store = bench.index()
        for run in range(3):
            store.write(draft(run))
        bench.execute(f"DELETE FROM index_page WHERE first = {RUN_RECORDS}")
        with pytest.raises(IndexDamagedError, match=f"begins at {RUN_RECORDS} is missing"):
            bench.index().extent()

    def test_an_altered_page_is_damage(self, bench: StoreBench) -> None:
        """A checksum guards each page."""
        bench.index().write(draft(0))
        bench.execute("UPDATE index_page SET checksum = 1")
        with pytest.raises(IndexDamagedError, match="not what was written"):
            found(bench.index(), COMMON)

    def test_a_run_that_is_there_is_not_written_again(self, bench: StoreBench) -> None:
        """A second writer is noticed, and changes nothing."""
        store = bench.index()
        store.write(draft(0))
        with pytest.raises(IndexDamagedError):
            store.write(draft(0))
        assert found(bench.index(), COMMON) == [9]
