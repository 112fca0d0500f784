"""Combs of keys that come again, within a number of bytes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from nacl import bindings

from ledger_core.lanes.combs import NewKeys, base_combs, build_combs
from ledger_core.lanes.directory import WAYS, Lookup, assign_slots, new_directory
from ledger_core.lanes.layout import (
    ENTRY_WORDS,
    KEY_ENTRIES,
    Int64s,
    Tables,
    Words,
    aligned_words,
    new_scratch,
)

__all__ = ["COMBS", "SLOT_BYTES", "KeyTables"]

COMBS = 8
"""Combs of a key that comes again: with four a verification takes a twentieth more where a thousand
keys take turns, a fifth where few do, and half the memory; with two a third more again."""

SLOT_BYTES = COMBS * KEY_ENTRIES * ENTRY_WORDS * 8 + 32 + 8 + 1
"""What a key takes: its combs, itself, when it was used, and whether it is usable. [bytes]"""

_SEEN_PER_SLOT = 4
"""Keys that came once and are remembered, for each slot: a word each."""

_SEEN_MIN = 1 << 12
"""However small the cache: two keys that share a place would make each other be forgotten."""

_SECRET_BYTES = 40

_IDLE_PER_SLOT = 2
"""Signatures, for each slot, for which a key keeps its combs unused. Where more keys take turns
than have room, some stay and the others do without, instead of all being built again and again."""


class KeyTables:
    """Keep combs of keys, and build them when a key comes for the second time.

    Args:
        limit_bytes: What keys and combs may take; at least one set of eight keys is kept. [bytes]
        secret: 40 bytes that key the hash, so that nobody can prepare keys for one set; None draws
            them. They decide where a key is kept, never what is found.
    """

    def __init__(self, limit_bytes: int, *, secret: bytes | None = None) -> None:
        sets = max(limit_bytes // (SLOT_BYTES * WAYS), 1)
        self.slots = sets * WAYS
        """How many keys have room."""
        self.tables = Tables(
            base=base_combs(),
            keys=aligned_words(self.slots * COMBS * KEY_ENTRIES, ENTRY_WORDS),
            usable=np.zeros(self.slots, np.uint8),
            combs=COMBS,
        )
        self.tables.keys.fill(0)  # touched now: what is touched first costs 3 ms for each 2 MiB
        self.built = 0
        """How many times combs were built."""
        factors = np.frombuffer(secret or bindings.randombytes(_SECRET_BYTES), np.uint64)
        seen = 1 << max(_SEEN_PER_SLOT * self.slots, _SEEN_MIN).bit_length()
        self._directory = new_directory(self.slots, factors, seen=seen)
        self._scratch = new_scratch()
        self._lock = threading.Lock()
        self._now = 0
        self._borrowed: list[int] = []

    @contextmanager
    def borrowed(self, keys: Words) -> Iterator[Int64s]:
        """Look keys up, and keep what was found as it is until the end of the block.

        Args:
            keys: Keys, shape (n, 4), C-contiguous.

        Yields:
            The slot of each key, -1 for a key without combs, shape (n,).
        """
        with self._lock:
            self._now += len(keys)
            now = self._now
            slots = self._assign(keys)
            self._borrowed.append(now)
        try:
            yield slots
        finally:
            with self._lock:
                self._borrowed.remove(now)

    def _assign(self, keys: Words) -> Int64s:
        idle_since = self._now - _IDLE_PER_SLOT * self.slots
        directory = self._directory._replace(
            evictable_before=min([idle_since, *self._borrowed]),
        )
        slots, fresh = np.empty((2, len(keys)), np.int64)
        count = assign_slots(Lookup(keys, slots, fresh, self._now), directory)
        if count:
            self._build(fresh[:count])
        return slots

    def _build(self, fresh: Int64s) -> None:
        """Build combs; until they are whole nobody finds their keys."""
        self._directory.used_at[fresh] = 0
        build_combs(NewKeys(self._directory.keys[fresh], fresh), self.tables, self._scratch)
        self._directory.used_at[fresh] = self._now
        self.built += len(fresh)
