"""The validator's benchmark: signatures and rules, beside PyNaCl's rate in the same runs.

Each run measures everything once, PyNaCl first, so that whatever slows the machine slows both sides
of a ratio.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from nacl import bindings

from benchmarks.report import Result, summarize
from benchmarks.workload import AT_US, Town
from ledger_core import (
    BATCH_MAX,
    Ledger,
    Records,
    State,
    apply_one,
    signed_parts,
    verify_batch,
)

__all__ = ["PEER", "Progress", "run"]

PEER = "PyNaCl verify, one core"
"""What all figures stand beside: the price of one signature, checked one by one."""

SECONDS = 0.3
"""How long each figure is measured in each run, at least. [s]"""

_INLINE = 128
"""Signatures at a time that `verify_batch` checks in the calling thread alone."""

_REFERENCE = 512
"""Records that the readable rules are given: each takes some 0.1 ms."""


class Progress(Protocol):
    """Hear how far a benchmark has come."""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Take note: so many steps of so many are done, and this is next."""
        ...


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to measure: how much it does, and how to make a fresh attempt at it."""

    name: str
    amount: int
    attempt: Callable[[], Callable[[], None]]
    unit: str = "records/s"


def run(
    *,
    runs: int = 5,
    seconds: float = SECONDS,
    size: int = BATCH_MAX,
    progress: Progress | None = None,
) -> list[Result]:
    """Measure signatures and rules.

    Args:
        runs: How many times each figure is taken.
        seconds: How long each figure is measured in each run, at least. [s]
        size: Records in a batch.
        progress: Hears how far it has come.

    Returns:
        ``signatures.sodium`` (one core), ``validator.signed`` (`Ledger.apply` with signatures),
        ``validator.rules`` (the same, signatures known to be good), ``validator.contended``
        (the same, all records on one account) and ``rules.reference`` (`apply_one` with
        signatures).
    """
    tell = progress or _silent
    tell(0, runs, "signing records")
    peer, *tasks = _tasks(size)
    figures: dict[str, list[float]] = {task.name: [] for task in (peer, *tasks)}
    for done in range(runs):
        for task in (peer, *tasks):
            tell(done, runs, task.name)
            figures[task.name].append(_rate(task, seconds))
    tell(runs, runs, "done")
    return [_result(task, figures[task.name], figures[PEER]) for task in tasks]


def _silent(done: int, total: int, what: str, /) -> None:
    """Tell nobody."""


def _result(task: _Task, figures: Sequence[float], peer_figures: Sequence[float]) -> Result:
    return summarize(task.name, figures, unit=task.unit, peer_name=PEER, peer_figures=peer_figures)


def _rate(task: _Task, seconds: float) -> float:
    """Attempt a task until it took long enough, and return how much was done in a second."""
    done, spent = 0, 0.0
    while not done or spent < seconds:
        work = task.attempt()
        begin = time.perf_counter()
        work()
        spent += time.perf_counter() - begin
        done += task.amount
    return done / spent


def _tasks(size: int) -> list[_Task]:
    """Return the peer, and all that is measured beside it."""
    town, hub_town = Town(), Town()
    plain, contended = town.independent(size), hub_town.contended(size)
    few = plain[:_REFERENCE]
    return [
        _Task(PEER, len(few), lambda: _verify_singly(few)),
        _Task("signatures.sodium", len(few), lambda: _verify_inline(few), unit="signatures/s"),
        _Task("validator.signed", size, lambda: _apply(town, plain, known=False)),
        _Task("validator.rules", size, lambda: _apply(town, plain, known=True)),
        _Task(
            "validator.contended",
            size,
            lambda: _apply(hub_town, contended, known=True),
        ),
        _Task("rules.reference", len(few), lambda: _apply_singly(town, few)),
    ]


def _verify_singly(records: Records) -> Callable[[], None]:
    signed = [row.tobytes() for row in np.hstack([records["signature"], signed_parts(records)])]
    keys = [key.tobytes() for key in records["issuer"]]

    def work() -> None:
        for message, key in zip(signed, keys, strict=True):
            bindings.crypto_sign_open(message, key)

    return work


def _verify_inline(records: Records) -> Callable[[], None]:
    keys, messages, signatures = records["issuer"], signed_parts(records), records["signature"]

    def work() -> None:
        for start in range(0, len(records), _INLINE):
            part = slice(start, start + _INLINE)
            good = verify_batch(keys[part], messages[part], signatures[part])
            assert good.all(), "all of them are signed"

    return work


def _apply(town: Town, records: Records, *, known: bool) -> Callable[[], None]:
    ledger: Ledger = town.ledger()
    verified = np.ones(len(records), dtype=np.bool_) if known else None

    def work() -> None:
        codes = ledger.apply(records, at=AT_US, verified=verified)
        assert not codes.any(), "all of them are accepted"

    return work


def _apply_singly(town: Town, records: Records) -> Callable[[], None]:
    state = State(town.genesis)
    for record in town.funding():
        assert not apply_one(state, record, AT_US), "the accounts are funded"

    def work() -> None:
        for record in records:
            assert not apply_one(state, record, AT_US), "all of them are accepted"

    return work
