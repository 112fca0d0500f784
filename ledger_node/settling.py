"""Settling: look-ups, tree and tips learn of durable batches, several small ones at a time.

What that takes for one record it takes for a hundred (0.2 ms: it is done with arrays), and nobody
needs it before something is asked or signed: so small batches wait for each other. Judging never
waits for it: the ledger itself knows the latest ids.
"""

import numpy as np

from ledger_core import BATCH_MAX, Bytes, Records
from ledger_node.log import Entry
from ledger_node.state import State

__all__ = ["Settling"]

SETTLE_RECORDS = 256
"""Records that may wait: more than these gain nothing by waiting."""

WINDOW_MIN = 2 * BATCH_MAX
"""The smallest window of latest ids in which those that wait stay for the whole of a batch. Behind
the window the ledger asks the look-ups, so with a smaller one nothing waits."""


class Settling:
    """Let everything that stands behind a ledger know of its batches.

    Args:
        state: The opened ledger.
    """

    def __init__(self, state: State) -> None:
        self._ledger = state.ledger
        self._lookups = state.lookups
        self._tree = state.tree
        self._tips = state.tips
        self._snapshots = state.snapshots
        self._entries: list[Entry] = []
        self._records: list[Records] = []
        self._ids: list[Bytes] = []
        self._count = 0
        self._count_max = SETTLE_RECORDS if state.ledger.window >= WINDOW_MIN else 1

    def add(self, entry: Entry, records: Records) -> None:
        """Take in a batch that is durable.

        Args:
            entry: The batch.
            records: Its records, shape (n,), the latest that the ledger accepted.
        """
        self._entries.append(entry)
        self._records.append(records)
        self._ids.append(self._ledger.latest_ids(records))
        self._count += entry.count
        is_due = self._snapshots is not None and self._snapshots.is_due(
            entry.first, self._ledger.size
        )
        if self._count >= self._count_max or is_due:
            self.settle()
        if self._snapshots is not None and is_due:
            self._snapshots.take(self._ledger, self._tree, at_us=entry.at_us)

    def settle(self) -> None:
        """Let look-ups, tree and tips know of all that wait."""
        if not self._entries:
            return
        entries, self._entries = self._entries, []
        records = self._records[0] if len(entries) == 1 else np.concatenate(self._records)
        ids = self._ids[0] if len(entries) == 1 else np.concatenate(self._ids)
        times = np.repeat([one.at_us for one in entries], [one.count for one in entries])
        self._records, self._ids, self._count = [], [], 0
        self._lookups.add(records, ids, first=entries[0].first, at_us=times)
        self._tree.append(ids)
        self._tips.add(records, ids, at=entries[-1].at_us)
