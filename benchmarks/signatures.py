"""The signatures' benchmark: each engine on one core, beside PyNaCl called one by one.

*Cached* keys were seen before, so that what is known of them may be used; *new* ones never, each
signature is by another. The engines confirm and re-check as they do in a node.
"""

import time
from statistics import median

import numpy as np

from benchmarks.building_blocks import PEER, verify_singly
from benchmarks.machine import chosen_engine, one_core
from benchmarks.options import Options
from benchmarks.report import Result, summarize
from benchmarks.workload import Town
from ledger_core import BATCH_MAX, EngineError, KeyPair, Records, signed_parts, verify_batch

__all__ = ["run"]

SECONDS = 0.3
"""How long each figure is measured in each run, at least. [s]"""

NEW_KEYS = 2 * BATCH_MAX
"""Signatures by keys that nobody has seen."""

SODIUM = 128
"""Signatures at a time that are given to libsodium: more of them would be shared among threads."""

_PEER_RECORDS = 512

_UNIT = "signatures/s"


def run(options: Options) -> list[Result]:
    """Measure signature checks.

    Args:
        options: How.

    Returns:
        ``signatures.sodium``; and, where lanes can run, ``signatures.cached`` and
        ``signatures.new``.
    """
    tell, runs = options.progress, options.runs
    tell(0, runs, "signing")
    known, new = Town().independent(BATCH_MAX), _by_new_keys(NEW_KEYS)
    figures: dict[str, list[float]] = {}
    beside = []
    with one_core():
        for done in range(runs):
            tell(done, runs, "PyNaCl one by one")
            rates = [verify_singly(known[:_PEER_RECORDS]) for _ in range(9)]
            beside.append(median(rates))
            tell(done, runs, "engine sodium")
            with chosen_engine("sodium"):
                rate = _rate(known[:_PEER_RECORDS], SODIUM)
            figures.setdefault("signatures.sodium", []).append(rate)
            try:
                with chosen_engine("lanes"):
                    tell(done, runs, "engine lanes")
                    figures.setdefault("signatures.new", []).append(_once(new))
                    _once(known)  # tables of keys are made from the second time on
                    _once(known)
                    figures.setdefault("signatures.cached", []).append(_rate(known, BATCH_MAX))
            except EngineError as error:
                tell(done, runs, str(error))
    tell(runs, runs, "done")
    return [
        summarize(name, found, unit=_UNIT, peer_name=PEER, peer_figures=beside)
        for name, found in sorted(figures.items())
    ]


def _by_new_keys(count: int) -> Records:
    """Sign records, each by another key; they are valid in form, and no ledger takes them."""
    records = np.resize(Town(2).independent(2), count).copy()
    pairs = [KeyPair.from_seed(number.to_bytes(32, "little")) for number in range(count)]
    keys = b"".join(pair.public_key for pair in pairs)
    records["issuer"] = np.frombuffer(keys, np.uint8).reshape(count, -1)
    messages = signed_parts(records)
    signatures = b"".join(
        pair.sign(message.tobytes()) for pair, message in zip(pairs, messages, strict=True)
    )
    records["signature"] = np.frombuffer(signatures, np.uint8).reshape(count, -1)
    return records


def _rate(records: Records, together: int) -> float:
    """Verify the same records until it took long enough. [1/s]"""
    parts = [records[start : start + together] for start in range(0, len(records), together)]
    done, begin_s = 0, time.perf_counter()
    while (spent_s := time.perf_counter() - begin_s) < SECONDS or not done:
        for part in parts:
            _verify(part)
        done += len(records)
    return done / spent_s


def _once(records: Records) -> float:
    """Verify records once, a batch at a time. [1/s]"""
    begin_s = time.perf_counter()
    for start in range(0, len(records), BATCH_MAX):
        _verify(records[start : start + BATCH_MAX])
    return len(records) / (time.perf_counter() - begin_s)


def _verify(records: Records) -> None:
    good = verify_batch(records["issuer"], signed_parts(records), records["signature"])
    assert good.all(), "all of them are signed"
