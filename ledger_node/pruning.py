"""Pruning: what a small disk lets go of, oldest first, and never what may still be asked to matter.

Payloads go first, then records, their places in the indexes with them, all of it below the latest
snapshot that a quorum stands by. Balances, sequences and open holds are in the snapshot; the tree's
frontier, the genesis and the HOLD records of holds that were open are written down before anything
is dropped, so that every later record can still be proved, settled and shown with its hold.

It goes bit by bit, so that a node judges batches in between, and it can be killed at any moment.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ledger_core import Frontier, Kind, parse_records, record_ids
from ledger_node.errors import PolicyFileError
from ledger_node.log import Entry, Stored
from ledger_node.settings import PruneSettings
from ledger_node.snapshot_folder import Beginning
from ledger_node.state import State

__all__ = ["Pruned", "Pruner"]

STEP_RECORDS = 8_192
"""Records let go of in one step: some 20 ms in which no batch is judged."""

SPARE_SHARE = 0.9
"""Down to which share of the budget records go once it is used up, so that it is not every second
that some do."""

PASSES_MAX = 8
"""How often what is left is measured anew: how much a record takes is an estimate, and meant to let
too few go rather than too many."""

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """Say what pruning did."""

    first: int
    """From which position on records are held now."""
    payloads_from: int
    """From which position on payloads are."""
    limit: int
    """Below which position records may go: that of the latest snapshot with a quorum."""
    bytes_before: int
    """What everything took. [bytes]"""
    bytes_after: int
    """What it takes now. [bytes]"""


class Pruner:
    """Let go of what a ledger no longer has to keep.

    Args:
        state: The opened ledger, with its snapshots.
        data: The data directory.
        clock: Tells the time. [µs]
    """

    def __init__(self, state: State, data: Path, *, clock: Callable[[], int]) -> None:
        if state.snapshots is None:
            raise PolicyFileError("Without snapshots nothing can be pruned; open them, too.")
        self._state = state
        self._desk = state.snapshots
        self._data = data
        self._clock = clock

    @property
    def disk_bytes(self) -> int:
        """What the ledger takes: log, indexes, checkpoints, snapshots, what is written ahead."""
        others = sum(
            path.stat().st_size
            for path in self._data.glob("*")
            if path.is_file() and not path.name.startswith("log.sqlite")
        )
        return self._state.log.disk_bytes() + others + self._desk.folder.disk_bytes

    def is_due(self, wanted: PruneSettings) -> bool:
        """Tell whether there is something to let go of; this is quick."""
        if self._limit <= self._state.log.first:
            return False
        if wanted.budget_bytes is not None and self.disk_bytes > wanted.budget_bytes:
            return True
        return wanted.age_s is not None and self._is_old(self._state.log.first, wanted.age_s)

    async def prune(self, wanted: PruneSettings | None) -> Pruned:
        """Let go of as much as is wanted, as far as that is possible.

        Args:
            wanted: Budget and age; None means that all goes that may.

        Raises:
            LogWriteError: It could not be written what stays.
            DamagedError: Index or log can not be read.
        """
        log, before = self._state.log, self.disk_bytes
        await self._drop_payloads(wanted)
        for _ in range(PASSES_MAX):
            target = self._target(wanted)
            if target <= log.first:
                break
            held = log.first
            await self._advance(target)
            await asyncio.to_thread(self._state.index.prune, log.first)
            if log.first == held:
                break
        return Pruned(
            first=log.first,
            payloads_from=max(self._state.lookups.payloads_from, log.first),
            limit=self._limit,
            bytes_before=before,
            bytes_after=self.disk_bytes,
        )

    @property
    def _limit(self) -> int:
        final = self._desk.final
        return 0 if final is None else final[0]

    async def _drop_payloads(self, wanted: PruneSettings | None) -> None:
        """Drop payloads below the snapshot where the budget is used up, or old ones."""
        place = self._limit if self._excess_bytes(wanted) > 0 else self._aged(wanted)
        if place > max(self._state.lookups.payloads_from, self._state.log.first):
            self._state.lookups.payloads_from = place
            self._write_beginning(self._state.tree.base_frontier(), self._state.lookups.kept)
            await self._state.log.drop_payloads(place)

    def _target(self, wanted: PruneSettings | None) -> int:
        """Return up to which position (exclusive) records shall go."""
        log, target = self._state.log, self._aged(wanted)
        excess_bytes = self._excess_bytes(wanted)
        if excess_bytes > 0:
            a_record = self.disk_bytes / max(log.size - log.first, 1)
            target = max(target, log.first + int(excess_bytes / a_record) + 1)
        return min(target, self._limit, log.size)

    def _excess_bytes(self, wanted: PruneSettings | None) -> float:
        """Return how much has to go once the budget is used up, 0 before. [bytes]"""
        disk_bytes = self.disk_bytes
        if wanted is None or wanted.budget_bytes is None or disk_bytes <= wanted.budget_bytes:
            return 0.0
        return disk_bytes - SPARE_SHARE * wanted.budget_bytes

    def _aged(self, wanted: PruneSettings | None) -> int:
        """Return the position of the first record that is young enough."""
        log = self._state.log
        low, high = log.first, min(self._limit, log.size)
        if wanted is None:
            return high
        if wanted.age_s is None or not self._is_old(low, wanted.age_s):
            return low
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._is_old(middle, wanted.age_s) else (low, middle)
        return high

    def _is_old(self, position: int, age_s: float) -> bool:
        stored = self._state.log.stored(position)
        return stored is not None and stored.at_us <= self._clock() - age_s * _SECOND_US

    async def _advance(self, target: int) -> None:
        """Let go of all whole entries that end at or before a position."""
        while self._state.log.first < target:
            if not await self._step(target):
                return
            await asyncio.sleep(0)

    async def _step(self, target: int) -> bool:
        """Let go of some entries that end at or before a position; tell whether there were any."""
        log, kept = self._state.log, {_id(one): one for one in self._state.lookups.kept}
        tree, stop = self._state.tree.base_frontier(), log.first
        for entry in islice(log.entries(log.first, stop=target), STEP_RECORDS):
            stop_next = entry.first + entry.count
            if stop_next > target or stop_next - log.first > max(STEP_RECORDS, entry.count):
                break
            stop = stop_next
            tree.append(_sift(entry, kept))
        if stop == log.first:
            return False
        self._write_beginning(tree, tuple(sorted(kept.values(), key=lambda one: one.position)))
        self._state.tree.rebase(tree)
        self._state.lookups.keep(kept.values())
        await log.prune(stop)
        return True

    def _write_beginning(self, tree: Frontier, kept: tuple[Stored, ...]) -> None:
        beginning = Beginning(
            tree=tree.encode(), kept=kept, payloads_from=self._state.lookups.payloads_from
        )
        self._desk.folder.save_beginning(beginning)


def _sift(
    entry: Entry, kept: dict[bytes, Stored]
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Take out of an entry the records that stay, drop those of holds that it closes.

    Args:
        entry: What goes.
        kept: The genesis, and the HOLD records of open holds, by id; changed.

    Returns:
        The ids of all its records, shape (n, 32).
    """
    records = parse_records(entry.records)
    ids = record_ids(records)
    stays = (records["kind"] >= Kind.HOLD) | (records["kind"] == Kind.GENESIS)
    for index in np.flatnonzero(stays).tolist():
        record = records[index]
        if record["kind"] in (Kind.GENESIS, Kind.HOLD):
            stored = Stored(entry.first + index, entry.at_us, record.tobytes())
            kept[ids[index].tobytes()] = stored
        else:
            kept.pop(record["target"].tobytes(), None)
    return ids


def _id(stored: Stored) -> bytes:
    return record_ids(parse_records(stored.record)).tobytes()
