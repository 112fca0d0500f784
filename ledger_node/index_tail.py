"""The tail: index entries of the newest records, in memory until a run is made of them."""

from collections.abc import Iterable

import numpy as np

from ledger_node.index_pages import IndexKind, Keys, Positions

__all__ = ["IndexTail"]

_START_CAPACITY = 4_096
"""Entries that a column has room for at first; it doubles when it is full."""


class _Column:
    """Keep keys and positions of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self._keys = np.empty(_START_CAPACITY, np.uint64)
        self._positions = np.empty(_START_CAPACITY, np.int64)
        self._count = 0

    def add(self, keys: Keys, positions: Positions) -> None:
        stop = self._count + len(keys)
        if stop > len(self._keys):
            self._resize(max(stop, 2 * len(self._keys)))
        self._keys[self._count : stop] = keys
        self._positions[self._count : stop] = positions
        self._count = stop

    def find(self, key: int) -> Positions:
        same = self._keys[: self._count] == np.uint64(key)
        found: Positions = self._positions[: self._count][same]
        return found

    def below(self, stop: int) -> tuple[Keys, Positions]:
        early = self._positions[: self._count] < stop
        return self._keys[: self._count][early], self._positions[: self._count][early]

    def drop(self, stop: int) -> None:
        late = self._positions[: self._count] >= stop
        keys, positions = self._keys[: self._count][late], self._positions[: self._count][late]
        self._count = 0
        self._resize(max(len(keys), _START_CAPACITY))
        self.add(keys, positions)

    def _resize(self, capacity: int) -> None:
        self._keys = np.resize(self._keys, capacity)
        self._positions = np.resize(self._positions, capacity)


class IndexTail:
    """Keep the entries of all kinds from a position on."""

    def __init__(self) -> None:
        self._columns = {kind: _Column() for kind in IndexKind}

    def add(self, kind: IndexKind, keys: Keys, positions: Positions) -> None:
        """Add entries.

        Args:
            kind: What the keys are.
            keys: Shape (n,).
            positions: Shape (n,).
        """
        self._columns[kind].add(keys, positions)

    def find(self, kind: IndexKind, key: int) -> Positions:
        """Return the positions that have a key, as they came."""
        return self._columns[kind].find(key)

    def below(
        self, stop: int, kinds: Iterable[IndexKind]
    ) -> dict[IndexKind, tuple[Keys, Positions]]:
        """Copy the entries of positions below `stop` (exclusive), sorted by position."""
        found = {}
        for kind in kinds:
            keys, positions = self._columns[kind].below(stop)
            order = np.argsort(positions, kind="stable")
            found[kind] = keys[order], positions[order]
        return found

    def drop(self, stop: int) -> None:
        """Forget the entries of positions below `stop` (exclusive)."""
        for column in self._columns.values():
            column.drop(stop)
