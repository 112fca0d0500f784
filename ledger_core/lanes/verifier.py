"""Batches of signatures, cut into chunks, on two threads; what lanes say, unconfirmed."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ledger_core.lanes.combs import NewKeys, build_combs
from ledger_core.lanes.key_tables import KeyTables
from ledger_core.lanes.layout import CHUNK, Bools, Int64s, Tables, aligned_words, new_scratch
from ledger_core.lanes.support import usable_cores
from ledger_core.lanes.verification import BLOCK_WORDS, Chunk, verify_chunk
from ledger_core.records import Bytes

__all__ = ["THREADED_FROM", "Verifier"]

THREADED_FROM = 2 * CHUNK
"""Signatures from which a second thread is worth its start: 0.05 ms, a tenth of its work."""

_BLOCK_BYTES = 128
"""A block of SHA-512. [bytes]"""

_PADDING_BYTES = 17
"""What SHA-512 adds at least: a one bit, and the length in 128 bits. [bytes]"""


class Verifier:
    """Verify batches; any number of threads may share one.

    Args:
        table_bytes: What combs of keys may take. [bytes]
        threads: Threads that share a large batch, 1 or 2; None takes 2 where there are two cores
            to run them: on one they would drive each other out of its cache, for a tenth more time.
    """

    def __init__(self, *, table_bytes: int, threads: int | None = None) -> None:
        self.key_tables = KeyTables(table_bytes)
        """Combs of keys that came before."""
        self._threads = threads or min(usable_cores(), 2)
        self._idle: list[_Workspace] = []

    def verify(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        """Verify signatures over messages of one length.

        Args:
            public_keys: uint8, shape (n, 32).
            messages: uint8, shape (n, m).
            signatures: uint8, shape (n, 64).

        Returns:
            What lanes say of each, bool, shape (n,).
        """
        good = np.zeros(len(public_keys), np.uint8)
        # Always a copy: kernels are compiled for arrays that are writable, aligned and contiguous,
        # and would be compiled anew for others.
        keys = np.empty((len(good), 4), np.uint64)
        keys.view(np.uint8)[:] = public_keys
        with self.key_tables.borrowed(keys) as slots:
            work = _Work(public_keys, messages, signatures, slots, good)
            parts = _parts(slots)
            if len(good) < THREADED_FROM or self._threads == 1:
                self._drain(work, parts)
            else:
                with ThreadPoolExecutor(1) as pool:
                    other = pool.submit(self._drain, work, parts)
                    self._drain(work, parts)
                    other.result()
        return good.view(np.bool_)

    def _drain(self, work: "_Work", parts: deque["_Part"]) -> None:
        """Verify parts of a batch until there are none left; other threads take from them too."""
        workspace = self._idle.pop() if self._idle else _Workspace(self.key_tables.tables)
        while (part := _taken(parts)) is not None:
            workspace.verify(work, part)
        self._idle.append(workspace)


@dataclass(frozen=True, slots=True)
class _Work:
    """Hold a batch, and its verdicts."""

    public_keys: Bytes
    messages: Bytes
    signatures: Bytes
    slots: Int64s
    good: Bools


@dataclass(frozen=True, slots=True)
class _Part:
    """Name some rows of a batch, CHUNK at most, all with combs or all without."""

    rows: slice | Int64s
    are_known: bool


def _parts(slots: Int64s) -> deque[_Part]:
    """Cut a batch into parts; where all keys have combs, or none, rows are copied in one piece."""
    known, new = np.flatnonzero(slots >= 0), np.flatnonzero(slots < 0)
    parts: deque[_Part] = deque()
    for rows, are_known in ((known, True), (new, False)):
        for start in range(0, len(rows), CHUNK):
            end = min(start + CHUNK, len(rows))
            is_whole = len(rows) == len(slots)
            parts.append(_Part(slice(start, end) if is_whole else rows[start:end], are_known))
    return parts


def _taken(parts: deque[_Part]) -> _Part | None:
    """Take a part that no other thread has taken, or return None."""
    try:
        return parts.pop()
    except IndexError:
        return None


class _Workspace:
    """Hold what one thread works on, from batch to batch.

    Args:
        tables: The combs of keys that are known.
    """

    def __init__(self, tables: Tables) -> None:
        self._scratch = new_scratch()
        self._known = tables
        self._new = tables._replace(
            keys=self._scratch.entries, usable=self._scratch.usable, combs=1
        )
        self._width = -1
        self._hashed = aligned_words(0)
        self._scalars = aligned_words(CHUNK, 4)
        self._slots = np.zeros(CHUNK, np.int64)
        self._good = np.zeros(CHUNK, np.uint8)

    def verify(self, work: _Work, part: _Part) -> None:
        """Verify some rows of a batch."""
        self._make_room(work.messages.shape[1])
        signatures, count = work.signatures[part.rows], len(work.good[part.rows])
        rows = self._hashed[:count].view(np.uint8)
        rows[:, :32] = signatures[:, :32]
        rows[:, 32:64] = work.public_keys[part.rows]
        rows[:, 64 : 64 + self._width] = work.messages[part.rows]
        self._scalars[:count].view(np.uint8)[:] = signatures[:, 32:]
        tables = self._known if part.are_known else self._new
        if part.are_known:
            self._slots[:count] = work.slots[part.rows]
        else:
            self._slots[:] = np.arange(CHUNK)
            keys = self._hashed[:count, 4:8].copy()
            build_combs(NewKeys(keys, self._slots[:count]), tables, self._scratch)
        chunk = Chunk(self._hashed, self._scalars, self._slots, self._good, count)
        verify_chunk(chunk, tables, self._scratch)
        work.good[part.rows] = self._good[:count]

    def _make_room(self, width: int) -> None:
        """Lay rows out for messages of another length: one bit, zeros, the length in bits."""
        if width == self._width:
            return
        self._width = width
        length = 64 + width
        blocks = -(-(length + _PADDING_BYTES) // _BLOCK_BYTES)
        self._hashed = aligned_words(CHUNK, blocks * BLOCK_WORDS)
        rows = self._hashed.view(np.uint8)
        rows[:, length] = 0x80
        rows[:, -8:] = np.frombuffer((8 * length).to_bytes(8, "big"), np.uint8)
