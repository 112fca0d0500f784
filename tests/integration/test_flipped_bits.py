"""One flipped bit anywhere in what is stored: it is named, or it has no meaning at all."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from ledger_core import UnavailableError
from tests.integration.damaged_files import content, damaged, verified
from tests.unit.ledger_node.stored_town import NAMES, keep_snapshot, killed, lived, put_down

PAGE = 4_096
"""A page of SQLite."""

A_PAGE = 5
"""Bits flipped in each page of each file."""

FILES = (
    ("closed", "log.sqlite"),
    ("closed", "checkpoints.sqlite"),
    ("closed", "snapshots/91.snapshot"),
    ("closed", "snapshots/91.note"),
    ("killed", "log.sqlite"),
    ("killed", "log.sqlite-wal"),
    ("killed", "checkpoints.sqlite"),
    ("killed", "checkpoints.sqlite-journal"),
)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give a ledger whose owner closed it, and one whose owner was killed."""
    folder = tmp_path_factory.mktemp("towns")
    town = lived(6)
    keep_snapshot(town, folder / "closed", *NAMES)
    town.batch(town.pay(5))
    return {
        "closed": put_down(town, folder / "closed"),
        "killed": killed(town, folder / "killed", folder / "live"),
    }


def places(size: int) -> Iterator[int]:
    """Choose bytes of each page: its head, where the structure is, and some at random."""
    chance = random.Random(4)
    for page in range(0, size, PAGE):
        stop = min(page + PAGE, size)
        yield from sorted({page + 1, *(chance.randrange(page, stop) for _ in range(A_PAGE - 1))})


def flip(data: Path, *, name: str, place: int, bit: int) -> None:
    """Flip a bit of a file."""
    file = bytearray((data / name).read_bytes())
    file[place] ^= 1 << bit
    (data / name).write_bytes(file)


def judge(source: Path, scratch: Path, name: str, chosen: Iterator[int]) -> tuple[int, int]:
    """Flip bits one at a time; return how many were named, and how many had no meaning."""
    expected, sound = content(source), verified(source)
    assert sound.ok
    chance = random.Random(7)
    named = meaningless = 0
    for place in chosen:
        bit = chance.randrange(8)
        copy = damaged(source, scratch, partial(flip, name=name, place=place, bit=bit))
        where = f"bit {bit} of byte {place} of {name}"
        try:
            result = verified(copy)
        except UnavailableError as error:
            pytest.fail(f"{where} is taken for an absence: {error}")
        if result.ok and result.findings == sound.findings:
            assert content(copy) == expected, f"{where} changes what is read, and is not named"
            meaningless += 1
        else:
            assert result.ok or result.reason
            named += 1
    return named, meaningless


@pytest.mark.parametrize(("state", "name"), FILES)
def test_a_flipped_bit_is_named_or_has_no_meaning(
    towns: dict[str, Path], tmp_path: Path, state: str, name: str
) -> None:
    """Bits of every page are flipped; where none is named, all that is read back is the same."""
    source = towns[state]
    size = (source / name).stat().st_size
    named, meaningless = judge(source, tmp_path / "copy", name, places(size))
    assert named + meaningless == len(list(places(size)))
    if name == "log.sqlite-wal" or state == "closed":  # a killed one's log stands ahead of it
        assert named


def test_several_hundred_bits_are_flipped(towns: dict[str, Path]) -> None:
    """The sample is dense enough to say something."""
    sizes = [(towns[state] / name).stat().st_size for state, name in FILES]
    assert sum(len(list(places(size))) for size in sizes) >= 300


@pytest.mark.parametrize("column", ["first", "at_us", "length", "digest", "records"])
def test_a_value_of_another_kind_is_named(
    towns: dict[str, Path], tmp_path: Path, column: str
) -> None:
    """What a flipped bit of a row's head makes of a value: nothing, a number, or text."""
    expected = content(towns["closed"])
    named = 0
    for value in (None, 7, -1, 1 << 62, 0.5, "text", b""):
        copy = damaged(towns["closed"], tmp_path / "copy", lambda _data: None)
        with closing(sqlite3.connect(copy / "log.sqlite")) as file, file:
            file.execute("PRAGMA writable_schema = ON")
            file.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
        with closing(sqlite3.connect(copy / "log.sqlite")) as file, suppress(sqlite3.Error), file:
            file.execute(f"UPDATE batch SET {column} = ? WHERE first = 76", (value,))
        result = verified(copy)
        assert not result.ok or content(copy) == expected
        named += not result.ok
    assert named == (2 if column == "first" else 7)  # SQLite takes no other kinds for a key


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("state", "name"), FILES)
def test_every_byte_is_named_or_has_no_meaning(
    towns: dict[str, Path], tmp_path: Path, state: str, name: str
) -> None:
    """A bit of every single byte is flipped."""
    size = (towns[state] / name).stat().st_size
    named, meaningless = judge(towns[state], tmp_path / "copy", name, iter(range(size)))
    assert named + meaningless == size
