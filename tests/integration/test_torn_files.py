"""Torn, zeroed, exchanged and missing files: named, or served as they were, never otherwise."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from ledger_core import DamagedError, InputError
from ledger_node.errors import CheckpointDamagedError, LogDamagedError
from ledger_node.index import Index
from ledger_node.stored_facts import stored_facts
from ledger_node.stored_receipts import find_ledger
from tests.integration.damaged_files import damaged, served, verified
from tests.unit.ledger_node.stored_town import Town, killed, lived, put_down

PAGE = 4_096

CUTS = 16
"""Lengths at which each file is cut."""

Damage = Callable[[Path], object]

FILES = (
    ("closed", "log.sqlite"),
    ("closed", "checkpoints.sqlite"),
    ("killed", "log.sqlite"),
    ("killed", "log.sqlite-wal"),
    ("killed", "checkpoints.sqlite"),
)

EMPTY_AT_REST = {("killed", "log.sqlite")}
"""All of it stands in its write-ahead log, which puts it together again."""


@pytest.fixture(scope="module")
def town() -> Town:
    """Give a town that lived."""
    return lived(6)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, town: Town) -> dict[str, Path]:
    """Give a ledger whose owner closed it, and one whose owner was killed."""
    folder = tmp_path_factory.mktemp("towns")
    return {
        "closed": put_down(town, folder / "closed"),
        "killed": killed(town, folder / "killed", folder / "live"),
    }


class Trial:
    """Damage copies of a data directory, and see what becomes of them."""

    def __init__(self, source: Path, scratch: Path, town: Town) -> None:
        self.source, self.scratch, self.town = source, scratch, town
        whole = damaged(source, scratch, lambda _data: None)
        self.whole = asyncio.run(served(whole, town))
        self.named = self.same = 0

    def try_out(self, damage: Damage, what: str) -> None:
        """Let the audit, a node and `ledger info` look at a damaged copy."""
        copy = damaged(self.source, self.scratch, damage)
        is_right = verified(copy).ok
        complaint = self._complaint(damage, what)
        assert not (complaint and is_right), f"{what}: the audit does not see: {complaint}"
        copy = damaged(self.source, self.scratch, damage)
        with suppress(DamagedError, InputError):
            facts = stored_facts(find_ledger(copy))
            assert complaint or facts["records"] == self.whole[1], f"{what}: info says otherwise"

    def _complaint(self, damage: Damage, what: str) -> str:
        """Return why a node refuses a damaged copy, or nothing where it serves the ledger."""
        copy = damaged(self.source, self.scratch, damage)
        try:
            found = asyncio.run(served(copy, self.town))
        except DamagedError as error:
            self.named += 1
            return str(error)
        assert found == self.whole, f"{what}: another ledger is served"
        self.same += 1
        return ""


def put(data: Path, *, name: str, content: bytes) -> None:
    """Write a file."""
    (data / name).write_bytes(content)


@pytest.fixture
def trial(
    request: pytest.FixtureRequest, left: dict[str, Path], tmp_path: Path, town: Town
) -> Trial:
    """Try damages on one of the ledgers."""
    return Trial(left[request.param], tmp_path / "copy", town)


@pytest.mark.parametrize(("trial", "name"), FILES, indirect=["trial"])
def test_a_file_cut_short_is_named(trial: Trial, name: str) -> None:
    """A file that ends too early is recognised, wherever it was cut."""
    whole = (trial.source / name).read_bytes()
    for length in range(0, len(whole), len(whole) // CUTS):
        trial.try_out(partial(put, name=name, content=whole[:length]), f"{name} cut at {length}")
    assert trial.named if (trial.source.name, name) not in EMPTY_AT_REST else trial.same


@pytest.mark.parametrize(("trial", "name"), FILES, indirect=["trial"])
def test_a_zeroed_page_is_named(trial: Trial, name: str) -> None:
    """A page that the disk has lost is recognised, or was not needed for anything served."""
    whole = (trial.source / name).read_bytes()
    for start in range(0, len(whole), PAGE):
        zeroed = whole[:start] + bytes(len(whole[start : start + PAGE])) + whole[start + PAGE :]
        trial.try_out(partial(put, name=name, content=zeroed), f"{name} zeroed at {start}")
    assert trial.named if (trial.source.name, name) not in EMPTY_AT_REST else trial.same


@pytest.mark.parametrize(("trial", "name"), FILES, indirect=["trial"])
def test_a_file_of_another_kind_is_named(trial: Trial, name: str) -> None:
    """Text, an empty file, another database, no file at all: none is taken for the ledger's."""
    other = "log.sqlite" if name == "checkpoints.sqlite" else "checkpoints.sqlite"
    trial.try_out(partial(put, name=name, content=b"hello " * 3_000), f"{name} is text")
    trial.try_out(partial(put, name=name, content=b""), f"{name} is empty")
    trial.try_out(lambda data: shutil.copy(data / other, data / name), f"{name} is {other}")
    trial.try_out(lambda data: (data / name).unlink(), f"{name} is missing")
    assert trial.named >= (1 if (trial.source.name, name) in EMPTY_AT_REST else 4)


@pytest.mark.parametrize("trial", ["closed", "killed"], indirect=True)
def test_a_log_written_ahead_for_another_ledger_is_named(trial: Trial, tmp_path: Path) -> None:
    """The write-ahead log of another database does not slip into this one."""
    other = Town()
    for _ in range(9):
        other.batch(other.pay(9))
    foreign = killed(other, tmp_path / "other", tmp_path / "live") / "log.sqlite-wal"
    trial.try_out(lambda data: shutil.copy(foreign, data / "log.sqlite-wal"), "a foreign log")
    assert trial.named == 1


@pytest.mark.parametrize("trial", ["closed"], indirect=True)
def test_nothing_is_made_in_the_place_of_what_is_lost(trial: Trial) -> None:
    """Who is refused once is refused again: no new file hides that the old one is gone."""
    for name, error in (
        ("checkpoints.sqlite", CheckpointDamagedError),
        ("log.sqlite", LogDamagedError),
    ):
        copy = damaged(trial.source, trial.scratch, lambda _data: None)
        (copy / name).unlink()
        for _ in range(2):
            with pytest.raises(error):
                asyncio.run(served(copy, trial.town))


@pytest.mark.parametrize("trial", ["closed"], indirect=True)
@pytest.mark.parametrize("size", [0, 100, PAGE, 3 * PAGE])
def test_a_damaged_index_is_made_anew(trial: Trial, size: int) -> None:
    """The index holds nothing of its own: whatever became of it, the same ledger is served."""
    copy = damaged(trial.source, trial.scratch, lambda _data: None)
    asyncio.run(served(copy, trial.town))
    with closing(Index(copy / "index.sqlite")):
        pass
    whole = (copy / "index.sqlite").read_bytes()
    for content in (whole[:size], b"x" * size, whole[:size] + bytes(PAGE) + whole[size + PAGE :]):
        (copy / "index.sqlite").write_bytes(content)
        assert asyncio.run(served(copy, trial.town)) == trial.whole
        assert verified(copy).ok


def test_a_signature_half_written_is_undone(left: dict[str, Path], tmp_path: Path) -> None:
    """Killed while it wrote a checkpoint, an owner knows the one before, and so does the audit."""
    copy = damaged(left["closed"], tmp_path / "copy", lambda _data: None)
    with closing(sqlite3.connect(copy / "checkpoints.sqlite", isolation_level=None)) as file:
        file.execute("PRAGMA cache_size = 1")
        file.execute("BEGIN")
        file.execute("DELETE FROM checkpoint")
        file.execute("CREATE TABLE room (b BLOB)")
        for _ in range(50):
            file.execute("INSERT INTO room VALUES (?)", (bytes(PAGE),))
        half = damaged(copy, tmp_path / "half", lambda _data: None)
        file.execute("ROLLBACK")
    assert (half / "checkpoints.sqlite-journal").stat().st_size
    assert verified(half).ok
    assert (half / "checkpoints.sqlite-journal").stat().st_size, "the audit changes nothing"
    asyncio.run(served(half, lived(6)))
    assert verified(half).ok
