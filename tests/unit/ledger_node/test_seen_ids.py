"""The ids that an inspection has seen."""

import numpy as np
import pytest

from ledger_core import Bytes, parse_records, record_ids
from ledger_node import seen_ids
from ledger_node.log import Stored
from ledger_node.seen_ids import SeenIds


def record(number: int) -> bytes:
    """Return 256 bytes that tell records apart."""
    return number.to_bytes(8, "little") * 32


def ids(first: int, stop: int) -> Bytes:
    """Return the ids of records."""
    return record_ids(parse_records(b"".join(record(number) for number in range(first, stop))))


class Counting:
    """Give out records by their positions."""

    def stored(self, position: int) -> Stored | None:
        """Return a record."""
        return Stored(position, 0, record(position))


@pytest.mark.parametrize("memory", [10, 1 << 20])
def test_every_id_is_found(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    """Ids are found through all merges, in memory and in files, and strangers are not."""
    monkeypatch.setattr(seen_ids, "MEMORY_ENTRIES_MAX", memory)
    seen = SeenIds(Counting())
    for first in range(0, 1_000, 7):
        seen.add(ids(first, first + 7), first=first)
    found = seen.positions(ids(0, 1_020))
    assert found[:1_000].tolist() == list(range(1_000))
    assert set(found[1_001:].tolist()) == {-1}


def test_long_runs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merging ends where a run is long enough, and all is still found."""
    monkeypatch.setattr(seen_ids, "MERGED_ENTRIES_MAX", 50)
    seen = SeenIds(Counting())
    for first in range(0, 640, 10):
        seen.add(ids(first, first + 10), first=first)
    assert seen.positions(ids(0, 640)).tolist() == list(range(640))


def test_a_likeness_is_not_taken_for_an_id() -> None:
    """Who makes up an id that begins like a real one is not believed."""
    seen = SeenIds(Counting())
    seen.add(ids(0, 10), first=0)
    forged = ids(3, 4).copy()
    forged[0, 8:] = 0
    assert seen.positions(forged).tolist() == [-1]


def test_what_is_gone_is_believed_and_counted() -> None:
    """Without the first records an unknown id may be one of theirs."""
    seen = SeenIds(Counting(), is_whole=False)
    seen.add(ids(5, 10), first=5)
    assert seen.positions(np.concatenate([ids(7, 8), ids(2, 3)])).tolist() == [7, 0]
    assert seen.believed == 1
