"""The inspection: entries of a log judged anew, as if nobody had ever looked at them.

Every signature, parent, rule and time, in order, from the genesis on; the Merkle tree grows
meanwhile. Whoever audits a stored ledger does this, and whoever takes one in from an export.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

import numpy as np
import numpy.typing as npt

from ledger_core import (
    HASH_SIZE,
    ID_SIZE,
    TILE_HEIGHT,
    WINDOW,
    Bytes,
    EngineName,
    Frontier,
    GenesisError,
    Ledger,
    Records,
    Snapshot,
    Verdict,
    engine_in_use,
    parse_records,
    record_ids,
    signed_parts,
    verify_batch,
)
from ledger_node.engine_start import EngineStart
from ledger_node.errors import DivergedError, SnapshotDamagedError
from ledger_node.judge import judged_at_once
from ledger_node.log import Entry
from ledger_node.replay import Stretch, join_entries
from ledger_node.seen_ids import SeenIds, StoredRecords
from ledger_node.snapshot_audit import Start

__all__ = ["Inspector", "engine_for"]

AHEAD = 2
"""Stretches whose signatures are verified while the rules look at an earlier one: as many as keep
the other core busy, few enough to stay small in memory."""

LANES_FROM = 20_000
"""Records from which lanes are worth the half second that loading them takes; libsodium needs as
long for so many. Where they have to be compiled first, libsodium begins and lanes take over."""

_Good = npt.NDArray[np.bool_]


@contextmanager
def engine_for(name: EngineName, count: int) -> Iterator[None]:
    """Choose who verifies signatures in the block.

    Args:
        name: The engine; `auto` takes lanes where they can run and there are enough records.
        count: How many records there are.

    Raises:
        EngineError: Lanes were asked for by name, and can not run here.
    """
    if name == "sodium" or (name == "auto" and count < LANES_FROM):
        yield
        return
    with EngineStart(name) as start:
        start.settle()
        yield


class Inspector:
    """Judge entries, and grow their tree.

    Args:
        log: Where records that were judged can be read; asked only for parents of long ago.
        sizes: Sizes of the tree whose roots are wanted.
        states: Sizes of the ledger at which its state is wanted.
        start: Where to begin; None means with the genesis.
        window: How many recent ids the ledger keeps in memory.
    """

    def __init__(
        self,
        log: StoredRecords,
        *,
        sizes: Collection[int] = (),
        states: Collection[int] = (),
        start: Start | None = None,
        window: int = WINDOW,
    ) -> None:
        self._window = window
        start = start or Start(Frontier())
        self._start = start.snapshot
        self._seen = SeenIds(log, is_whole=start.snapshot is None)
        self._tree = start.tree.copy()
        self._sizes = sorted(sizes)
        self._roots: dict[int, bytes] = {}
        self._states: dict[int, bytes] = dict.fromkeys(states, b"")
        self._tiles = bytearray()
        self._tiles_first = start.tree.size >> TILE_HEIGHT
        self._ledger: Ledger | None = None
        self._at_us = 0

    @property
    def size(self) -> int:
        """How many records were judged and found right."""
        return self._tree.size

    @property
    def ledger(self) -> Ledger:
        """The ledger after those; there is none before the genesis."""
        assert self._ledger is not None, "the genesis comes first"
        return self._ledger

    def root_at(self, size: int) -> bytes | None:
        """Return the root of the tree at one of the wanted sizes, None when it has none yet."""
        return self._roots.get(size)

    def state_at(self, size: int) -> bytes | None:
        """Return the digest of the ledger's state at one of the wanted sizes, if it came by."""
        return self._states.get(size) or None

    def tiles_at(self, size: int) -> bytes:
        """Return the hashes over all complete tiles of the tree of a size, from the start on."""
        return bytes(self._tiles[: ((size >> TILE_HEIGHT) - self._tiles_first) * HASH_SIZE])

    @property
    def believed_parents(self) -> int:
        """How many parents are believed to stand among records that are gone."""
        return self._seen.believed

    def judged(self, entries: Iterable[Entry]) -> Iterator[tuple[Stretch, Records]]:
        """Judge entries, and yield those that were found right, joined, with their records.

        Args:
            entries: In order; the first of all holds the genesis alone.

        Raises:
            DivergedError: A record breaks the rules, or time runs backwards.
            DamagedError: The log can not be read.
        """
        following = iter(entries)
        if self._start is not None:
            yield from self._passed(self._start, following)
        for stretch, records, good in self._verified(self._stretches(following)):
            if self._ledger is None:
                self._ledger = self._begun(records)
            else:
                self._judge(self._ledger, stretch, records=records, good=good)
            self._at_us = stretch.entries[-1].at_us
            ids = record_ids(records)
            self._seen.add(ids, first=stretch.first)
            self._grow(ids)
            self._note_state()
            yield stretch, records

    def check_supply(self) -> None:
        """Make sure that balances and holds make up the supply.

        Raises:
            DivergedError: They do not.
        """
        total = self.ledger.balances_total + self.ledger.holds_total
        if total != self.ledger.supply:
            raise DivergedError(
                f"Balances and holds make up {total} base units, but {self.ledger.supply} were "
                "minted.",
                position=self.size,
            )

    def _passed(
        self, snapshot: Snapshot, entries: Iterator[Entry]
    ) -> Iterator[tuple[Stretch, Records]]:
        """Pass by the records that a snapshot is made of, and begin with it behind them."""
        recent = [np.empty((0, ID_SIZE), np.uint8)]
        while self._tree.size < snapshot.size and (entry := next(entries, None)) is not None:
            records = parse_records(entry.records)
            recent.append(record_ids(records))
            self._seen.add(recent[-1], first=entry.first)
            self._grow(recent[-1])
            yield Stretch([entry]), records
        if self._tree.size != snapshot.size or self._tree.root() != snapshot.root:
            raise SnapshotDamagedError(
                f"The log's records up to position {self._tree.size} are not those of the snapshot "
                f"of {snapshot.size}; restore the data directory from a copy."
            )
        self._ledger = Ledger.restore(
            snapshot, recent=np.concatenate(recent), window=self._window, archive=self._seen
        )
        self._at_us = snapshot.at_us
        self._note_state()

    def _note_state(self) -> None:
        if self._tree.size in self._states:
            state = self.ledger.snapshot(at_us=self._at_us, frontier=self._tree.copy())
            self._states[self._tree.size] = state.digest()

    def _stretches(self, entries: Iterator[Entry]) -> Iterator[Stretch]:
        """Join entries, but for the genesis, and not beyond a size at which the state is wanted."""
        if self._start is None:
            yield from (Stretch([genesis]) for genesis in islice(entries, 1))

        def may_join(at_us: int, entry: Entry) -> bool:
            return entry.first not in self._states and judged_at_once(at_us, entry)

        yield from join_entries(entries, may_join=may_join)

    def _begun(self, records: Records) -> Ledger:
        if len(records) > 1:
            raise DivergedError("The genesis does not stand alone in its batch.", position=1)
        try:
            return Ledger(records.reshape(()), window=self._window, archive=self._seen)
        except GenesisError as error:
            raise DivergedError(str(error), position=0) from error

    def _judge(self, ledger: Ledger, stretch: Stretch, *, records: Records, good: _Good) -> None:
        at_us = self._at_us
        for entry in stretch.entries:
            if entry.at_us < at_us:
                raise DivergedError(
                    f"The batch at position {entry.first} was applied before the one before.",
                    position=entry.first,
                )
            at_us = entry.at_us
        codes = ledger.apply(records, at=stretch.at_us, verified=good)
        refused = np.flatnonzero(codes != Verdict.ACCEPTED)
        if len(refused):
            position, verdict = stretch.first + int(refused[0]), Verdict(codes[refused[0]])
            raise DivergedError(
                f"The record at position {position} breaks the rules ({verdict.name}).",
                position=position,
            )

    def _grow(self, ids: Bytes) -> None:
        """Add leaves to the tree, and note the root at each wanted size."""
        first = self._tree.size
        inside = [size for size in self._sizes if first < size <= first + len(ids)]
        for size in inside:
            self._append(ids[self._tree.size - first : size - first])
            self._roots[size] = self._tree.root()
        self._append(ids[self._tree.size - first :])

    def _append(self, ids: Bytes) -> None:
        grown = self._tree.append(ids)
        if len(grown) > TILE_HEIGHT:
            self._tiles += grown[TILE_HEIGHT].tobytes()

    def _verified(self, stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, Records, _Good]]:
        """Verify signatures: beside the rules where the engine lets them run, else before them.

        libsodium takes the interpreter for each signature; two that fight for it both lose.
        """
        with ThreadPoolExecutor(1) as beside:
            waiting: deque[tuple[Stretch, Records, Future[_Good]]] = deque()
            for stretch in stretches:
                records = stretch.records()
                if engine_in_use().name == "lanes":
                    waiting.append((stretch, records, beside.submit(_verify, records)))
                    if len(waiting) > AHEAD:
                        yield _finished(waiting.popleft())
                    continue
                while waiting:
                    yield _finished(waiting.popleft())
                yield stretch, records, _verify(records)
            while waiting:
                yield _finished(waiting.popleft())


def _verify(records: Records) -> _Good:
    return verify_batch(records["issuer"], signed_parts(records), records["signature"])


def _finished(
    waiting: tuple[Stretch, Records, Future[_Good]],
) -> tuple[Stretch, Records, _Good]:
    stretch, records, good = waiting
    return stretch, records, good.result()
