"""The index's tail in memory: it grows as it must and lets go of what is written."""

import numpy as np

from ledger_node.index_pages import IndexKind
from ledger_node.index_tail import IndexTail

KIND = IndexKind.ID


def tail_of(count: int) -> IndexTail:
    """Return a tail in which position n has the key n // 2."""
    tail = IndexTail()
    for start in range(0, count, 1_000):
        positions = np.arange(start, min(start + 1_000, count), dtype=np.int64)
        tail.add(KIND, (positions // 2).astype(np.uint64), positions)
    return tail


def test_it_grows_beyond_its_first_size() -> None:
    """Ten thousand entries in pieces are all found."""
    tail = tail_of(10_000)
    assert tail.find(KIND, 0).tolist() == [0, 1]
    assert tail.find(KIND, 4_999).tolist() == [9_998, 9_999]
    assert tail.find(KIND, 5_000).tolist() == []
    assert tail.find(IndexKind.PARENT, 0).tolist() == []


def test_what_is_written_is_let_go() -> None:
    """Entries below a position are copied out, and dropped when they are safe."""
    tail = tail_of(10_000)
    keys, positions = tail.below(3, [KIND])[KIND]
    assert (keys.tolist(), positions.tolist()) == ([0, 0, 1], [0, 1, 2])
    tail.drop(3)
    assert [tail.find(KIND, key).tolist() for key in (0, 1)] == [[], [3]]
    assert tail.find(KIND, 4_999).tolist() == [9_998, 9_999]


def test_entries_come_out_in_the_order_of_positions() -> None:
    """A batch adds issuers before targets, and a run wants positions in order."""
    tail = IndexTail()
    tail.add(KIND, np.array([1, 2, 3], np.uint64), np.array([5, 4, 5], np.int64))
    keys, positions = tail.below(9, [KIND])[KIND]
    assert (keys.tolist(), positions.tolist()) == ([2, 1, 3], [4, 5, 5])
