"""The window of latest ids: exactly the last ones are known, with their positions."""

import numpy as np
import pytest

from ledger_core import Bytes
from ledger_core.recent_ids import RecentIds


def ids(start: int, stop: int) -> Bytes:
    """Make the ids of some positions."""
    made = np.zeros((stop - start, 32), dtype=np.uint8)
    made[:, :8] = np.arange(start, stop, dtype=np.uint64).view(np.uint8).reshape(-1, 8)
    return made


@pytest.mark.parametrize("window", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("step", [1, 2, 5, 100])
def test_the_last_ids_are_known(window: int, step: int) -> None:
    """After every append the window knows the last ids and none before, whatever comes at once."""
    recent = RecentIds(window)
    for size in range(step, 300, step):
        recent.append(ids(size - step, size))
        assert recent.size == size
        known = recent.positions(ids(0, size + 3))
        oldest = max(0, size - window)
        assert known.tolist() == [-1] * oldest + list(range(oldest, size)) + [-1] * 3


def test_nothing_is_appended() -> None:
    """A batch in which nothing was accepted changes nothing."""
    recent = RecentIds(3)
    recent.append(ids(0, 0))
    assert recent.size == 0
    assert recent.positions(ids(0, 2)).tolist() == [-1, -1]


def test_memory_is_bounded() -> None:
    """However many ids go through, what is kept has the size of the window."""
    recent = RecentIds(100)
    for start in range(0, 10_000, 50):
        recent.append(ids(start, start + 50))
    assert recent._ring.shape == (100, 4)
    assert recent._young.capacity == recent._old.capacity == 100
