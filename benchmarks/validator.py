"""The validator's benchmark: signatures and rules on one core, beside their building blocks.

Each run measures everything once, PyNaCl first, so that whatever slows the machine slows both sides
of a ratio. The process is bound to one core meanwhile: what two of them do is seen at the node.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from nacl import bindings

from benchmarks.building_blocks import PEER
from benchmarks.machine import chosen_engine, one_core
from benchmarks.options import Progress, silent
from benchmarks.report import Result, summarize
from benchmarks.workload import AT_US, Town
from ledger_core import (
    BATCH_MAX,
    Ledger,
    Records,
    State,
    Verdict,
    apply_one,
    rules,
    signed_parts,
)

__all__ = ["INDEPENDENT", "PEER", "UNSIGNED", "Progress", "run", "run_rules"]

UNSIGNED = "rules.py without signatures"
"""The same rules, read one record at a time; what an accepted record changes is not done."""

INDEPENDENT = "validator.rules"
"""The same batch without contention."""

SECONDS = 0.3
"""How long each figure is measured in each run, at least. [s]"""

_REFERENCE = 512
"""Records that the readable rules are given: each takes some 0.1 ms."""


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
    progress: Progress = silent,
) -> list[Result]:
    """Measure signatures and rules.

    Args:
        runs: How many times each figure is taken.
        seconds: How long each figure is measured in each run, at least. [s]
        size: Records in a batch.
        progress: Hears how far it has come.

    Returns:
        ``validator.signed`` (`Ledger.apply` with signatures, by the engine that the node would
        choose), ``validator.rules`` (the same, signatures known to be good),
        ``validator.contended`` (the same, all records on one account) and ``rules.reference``
        (`apply_one` with signatures).
    """
    progress(0, runs, "signing records")
    peer, *tasks = _tasks(size)
    figures: dict[str, list[float]] = {task.name: [] for task in (peer, *tasks)}
    with one_core(), chosen_engine("auto"):
        for done in range(runs):
            for task in (peer, *tasks):
                progress(done, runs, task.name)
                figures[task.name].append(_rate(task, seconds))
    progress(runs, runs, "done")
    return [_result(task, figures) for task in tasks if task.name != UNSIGNED]


def run_rules(
    *, runs: int = 5, seconds: float = SECONDS, progress: Progress = silent
) -> list[Result]:
    """Measure the readable rules alone, as `run` does.

    Args:
        runs: How many times the figure is taken.
        seconds: How long it is measured in each run, at least. [s]
        progress: Hears how far it has come.

    Returns:
        ``rules.reference``.
    """
    progress(0, runs, "signing records")
    peer, *_, reference = _tasks(_REFERENCE)
    figures: dict[str, list[float]] = {peer.name: [], reference.name: []}
    with one_core():
        for done in range(runs):
            for task in (peer, reference):
                progress(done, runs, task.name)
                figures[task.name].append(_rate(task, seconds))
    progress(runs, runs, "done")
    return [_result(reference, figures)]


def _result(task: _Task, figures: dict[str, list[float]]) -> Result:
    name, beside = PEER, figures[PEER]
    if task.name == "validator.rules":
        name, beside = UNSIGNED, figures[UNSIGNED]
    elif task.name == "validator.contended":
        name, beside = INDEPENDENT, figures["validator.rules"]
    return summarize(
        task.name, figures[task.name], unit=task.unit, peer_name=name, peer_figures=beside
    )


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
        _Task("validator.signed", size, lambda: _apply(town, plain, known=False)),
        _Task("validator.rules", size, lambda: _apply(town, plain, known=True)),
        _Task(
            "validator.contended",
            size,
            lambda: _apply(hub_town, contended, known=True),
        ),
        _Task(UNSIGNED, len(few), lambda: _read_singly(town, few)),
        _Task("rules.reference", len(few), lambda: _apply_singly(town, few)),
    ]


def _verify_singly(records: Records) -> Callable[[], None]:
    signed = [row.tobytes() for row in np.hstack([records["signature"], signed_parts(records)])]
    keys = [key.tobytes() for key in records["issuer"]]

    def work() -> None:
        for message, key in zip(signed, keys, strict=True):
            bindings.crypto_sign_open(message, key)

    return work


def _apply(town: Town, records: Records, *, known: bool) -> Callable[[], None]:
    ledger: Ledger = town.ledger()
    verified = np.ones(len(records), dtype=np.bool_) if known else None

    def work() -> None:
        codes = ledger.apply(records, at=AT_US, verified=verified)
        assert not codes.any(), "all of them are accepted"

    return work


def _read_singly(town: Town, records: Records) -> Callable[[], None]:
    state = State(town.genesis)
    for record in town.funding():
        assert not apply_one(state, record, AT_US), "the accounts are funded"
    unsigned = [rule for verdict, rule in rules.RULES if verdict is not Verdict.BAD_SIGNATURE]

    def work() -> None:
        for record in records:
            case = rules.Case(state, rules.read_transaction(record), AT_US)
            broken = any(is_broken(case) for is_broken in unsigned)
            assert not broken, "each is the first of its account"

    return work


def _apply_singly(town: Town, records: Records) -> Callable[[], None]:
    state = State(town.genesis)
    for record in town.funding():
        assert not apply_one(state, record, AT_US), "the accounts are funded"

    def work() -> None:
        for record in records:
            assert not apply_one(state, record, AT_US), "all of them are accepted"

    return work
