"""The parts of a transfer's time in the node: each taken alone, with the node's own code.

This is the profile beside the figures: what a batch of records costs where, in microseconds for
each record, on one core. What the parts do not explain is spent between them: in sockets and
encryption, in the event loop, in waiting for each other.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.building_blocks import PEER, verify_rate
from benchmarks.machine import chosen_engine, one_core
from benchmarks.options import Options
from benchmarks.report import Result, summarize
from benchmarks.traffic import Traffic
from ledger_core import (
    Ledger,
    Records,
    TipPool,
    parse_records,
    record_ids,
    signed_parts,
    verify_batch,
)
from ledger_node.index import Index
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry
from ledger_node.lookups import Lookups
from ledger_node.tree import Tree

__all__ = ["BATCH", "BATCHES", "run"]

BATCH = 1_024
"""Records in a batch: what a node under full load takes at a time, more or less."""

BATCHES = 32
"""Batches in a run: two runs of the index are written meanwhile."""

_US = 1e6

_T = TypeVar("_T")


def run(options: Options) -> list[Result]:
    """Measure what a transfer's time in the node is made of.

    Args:
        options: How.

    Returns:
        ``parts.…`` in microseconds for each record, the largest first.
    """
    found: dict[str, list[float]] = {}
    beside = []
    for done in range(options.runs):
        options.progress(done, options.runs, "batch by batch")
        traffic = Traffic()
        batches = [traffic.together(BATCH) for _ in range(BATCHES)]
        beside.append(_US / verify_rate(batches[0]))
        with (
            tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name,
            one_core(),
            chosen_engine(options.engine),
            ExitStack() as stack,
        ):
            parts = _Parts(Path(name), traffic, stack)
            for submissions in batches:
                asyncio.run(parts.take(b"".join(submissions)))
        for part, spent_s in parts.spent_s.items():
            found.setdefault(part, []).append(spent_s / (BATCH * BATCHES) * _US)
    options.progress(options.runs, options.runs, "done")
    return [
        summarize(f"parts.{part}", figures, unit="us/record", peer_name=PEER, peer_figures=beside)
        for part, figures in sorted(found.items(), key=lambda item: -max(item[1]))
    ]


class _Parts:
    """Take batches as a node does, and time each step."""

    def __init__(self, place: Path, traffic: Traffic, stack: ExitStack) -> None:
        self.spent_s: dict[str, float] = {}
        self._log = LocalLog(place / "log.sqlite")
        stack.callback(self._log.close)
        self._index = Index(place / "index.sqlite")
        stack.callback(self._index.close)
        self._lookups = Lookups(self._log, self._index)
        self._ledger = Ledger(traffic.genesis, archive=self._lookups)
        self._tree = Tree(self._log)
        self._tips = TipPool(self._ledger.genesis_id)
        first = parse_records(traffic.genesis.tobytes() + b"".join(traffic.funding()))
        good = np.ones(len(first) - 1, np.bool_)
        assert not self._ledger.apply(first[1:], at=_now_us(), verified=good).any()
        asyncio.run(self._log.append(Entry(first=0, at_us=_now_us(), records=first.tobytes())))
        ids = record_ids(first)
        self._lookups.add(first, ids, first=0, at_us=_now_us())
        self._tree.append(ids)

    async def take(self, content: bytes) -> None:
        """Take one batch."""
        first, at_us = self._log.size, _now_us()
        records = self._timed("decode", lambda: parse_records(content))
        good = self._timed("signatures", lambda: _verified(records))
        codes = self._timed("rules", lambda: self._ledger.apply(records, at=at_us, verified=good))
        assert not codes.any(), "all of them are accepted"
        entry = Entry(first=first, at_us=at_us, records=content)
        await self._timed_log(lambda: self._log.append(entry))
        ids = self._timed("ids", lambda: record_ids(records))
        self._timed("tree", lambda: self._tree.append(ids))
        self._timed("tips", lambda: self._tips.add(records, ids, at=at_us))
        self._timed("lookups", lambda: self._lookups.add(records, ids, first=first, at_us=at_us))
        self._timed("index", self._index.fill)

    def _timed(self, name: str, step: Callable[[], _T]) -> _T:
        begin_s = time.perf_counter()
        found = step()
        self._spend(name, time.perf_counter() - begin_s)
        return found

    async def _timed_log(self, step: Callable[[], Awaitable[None]]) -> None:
        begin_s = time.perf_counter()
        await step()
        self._spend("log", time.perf_counter() - begin_s)

    def _spend(self, name: str, spent_s: float) -> None:
        self.spent_s[name] = self.spent_s.get(name, 0.0) + spent_s


def _verified(records: Records) -> npt.NDArray[np.bool_]:
    return verify_batch(records["issuer"], signed_parts(records), records["signature"])


def _now_us() -> int:
    return time.time_ns() // 1_000
