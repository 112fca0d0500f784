"""The index of keys: what was added is found, nothing else is, however keys look alike."""

import numpy as np
import pytest

from ledger_core.key_index import KeyIndex, Words, words


def keys(numbers: range) -> Words:
    """Make keys that differ in a few bits only."""
    made = np.zeros((len(numbers), 4), dtype=np.uint64)
    made[:, 3] = np.array(numbers, dtype=np.uint64) << np.uint64(40)
    return made


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 1_000])
def test_full_index_finds_exactly_what_is_in(count: int) -> None:
    """Up to its capacity every key has its row, and others have none."""
    stored = keys(range(count))
    index = KeyIndex(count)
    index.add(stored, np.arange(count))
    assert index.count == index.capacity == count
    assert index.find(stored, stored).tolist() == list(range(count))
    assert index.find(keys(range(count, 2 * count)), stored).tolist() == [-1] * count


def test_keys_are_added_bit_by_bit() -> None:
    """Keys that come later find their place beside those that were there."""
    stored = keys(range(500))
    index = KeyIndex(500)
    for start in range(0, 500, 7):
        rows = np.arange(start, min(start + 7, 500))
        assert index.find(stored[rows], stored).tolist() == [-1] * len(rows)
        index.add(stored[rows], rows)
    shuffled = np.argsort(stored[:, 3] * np.uint64(0x9E3779B97F4A7C15))
    assert index.find(stored[shuffled], stored).tolist() == shuffled.tolist()


def test_rows_need_not_be_in_order() -> None:
    """A key's row is what it was added with, and is found there only while it stands there."""
    stored = keys(range(10))
    index = KeyIndex(10)
    index.add(stored[[7, 2]], np.array([7, 2]))
    assert index.find(stored[:3], stored).tolist() == [-1, -1, 2]
    stored[7] = keys(range(99, 100))[0]
    assert index.find(keys(range(7, 8)), stored).tolist() == [-1]


def test_nothing_is_looked_up_or_added() -> None:
    """No keys have no rows."""
    index, none = KeyIndex(4), keys(range(0))
    index.add(none, np.arange(0))
    assert index.find(none, keys(range(4))).shape == (0,)
    assert index.count == 0


def test_same_key_twice_is_found_twice() -> None:
    """A batch may ask for a key as often as it likes."""
    stored = keys(range(3))
    index = KeyIndex(3)
    index.add(stored, np.arange(3))
    assert index.find(stored[[1, 1, 2, 1]], stored).tolist() == [1, 1, 2, 1]


def test_overfilling_is_a_programmer_error() -> None:
    """An index never takes more than it was made for, and stays as it was."""
    index = KeyIndex(2)
    with pytest.raises(AssertionError, match="full"):
        index.add(keys(range(3)), np.arange(3))
    assert index.count == 0


def test_bytes_are_viewed_as_words() -> None:
    """Columns of a structured array are strided and may stand anywhere."""
    wide = np.arange(2 * 40, dtype=np.uint8).reshape(2, 40)
    assert words(wide[:, 3:35]).tobytes() == wide[:, 3:35].tobytes()


def test_a_single_key_is_found_where_many_are() -> None:
    """One key, without arrays, has the row that it has among others."""
    stored = keys(range(1_000))
    index = KeyIndex(1_000)
    index.add(stored[:900], np.arange(900))
    rows = [index.find_one(key.tobytes(), stored) for key in stored]
    assert rows == index.find(stored, stored).tolist()
    assert rows == [*range(900), *[-1] * 100]
