"""The node's benchmark: durable transfers a second, and how long one takes.

A real node process works in a temporary folder; the records are signed beforehand and sent over its
real, encrypted socket; a transfer counts when its durable verdict has come back. The generator runs
on the same cores. Beside each figure stands what it is built of, measured in the same run: PyNaCl's
rate on one core beside the rate, the disk's `fdatasync` beside the times.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from nacl import bindings

from benchmarks.load import LoadGenerator
from benchmarks.report import Result, summarize
from benchmarks.traffic import TOGETHER, Traffic
from benchmarks.validator import PEER, Progress
from configuration import dump, write_key
from ledger_core import KeyPair, parse_records, signed_parts
from ledger_node import NodeSettings, write_genesis

__all__ = ["DISK", "run"]

DISK = "fdatasync of 4 KiB, same folder, p50"
"""What a durable answer waits for at least."""

IN_FLIGHT = 128
"""Submissions that wait for their answer at a time: two full batches, one judged, one behind."""

SINGLE = 500
"""Transfers sent one at a time in each run: enough to speak of the slowest hundredth."""

OFFERED = 10_000
"""Transfers offered singly in a second, and in each run. [1/s]"""

STOP_S = 10.0
"""How long the node may take to end. [s]"""

_SYNCS = 200
_VERIFIED = 512
_MS = 1_000.0


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Hold how many transfers each measurement of a run takes."""

    together: int
    single: int
    offered: int


@dataclass(frozen=True, slots=True)
class _Round:
    """Hold what one run measured; times in [ms]."""

    verify_rate: float
    sync_ms: float
    transfer_rate: float
    alone_ms: tuple[float, float]
    offered_ms: tuple[float, float]


def run(
    *,
    transfers: int = 40_960,
    single: int = SINGLE,
    offered: int = OFFERED,
    runs: int = 5,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """Measure a node.

    Args:
        transfers: Transfers in each run of the rate's measurement, rounded up to full submissions.
        single: Transfers sent one at a time in each run.
        offered: Transfers offered singly in each run, at `OFFERED` a second.
        runs: How many times each figure is taken.
        folder: Where the node's data goes for a while, on the disk to be measured; None means the
            system's temporary folder.
        progress: Hears how far it has come.

    Returns:
        ``node.throughput``, ``node.durable_p50_ms`` and ``node.durable_p99_ms`` (one transfer at a
        time), ``node.offered10k_p50_ms`` and ``node.offered10k_p99_ms`` (offered singly).

    Raises:
        UnexpectedVerdictError: The node did not accept what it was measured with.
    """
    tell = progress or _silent
    tell(0, runs, "starting a node")
    traffic = Traffic()
    amounts = _Amounts(-(-transfers // TOGETHER) * TOGETHER, single, offered)
    rounds: list[_Round] = []
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="tangleway-bench-") as name,
        running_node(Path(name), traffic) as load,
    ):
        load.many(traffic.funding(), in_flight=1)
        for done in range(runs):
            step = partial(tell, done, runs)
            rounds.append(_measure(load, traffic, amounts, place=Path(name), tell=step))
    tell(runs, runs, "done")
    return _results(rounds)


@contextmanager
def running_node(place: Path, traffic: Traffic) -> Iterator[LoadGenerator]:
    """Run a node in a folder, and give out a generator that is connected to it.

    Args:
        place: An empty folder.
        traffic: Its genesis record begins the ledger.
    """
    key_pair = KeyPair.generate()
    write_key(place / "node.key", key_pair)
    write_genesis(place / "genesis", traffic.genesis)
    settings = NodeSettings(
        network="benchmark",
        key_file=str(place / "node.key"),
        genesis_file=str(place / "genesis"),
        data=str(place / "data"),
    )
    (place / "node.toml").write_text(dump(settings), "utf-8")
    command = [sys.executable, "-m", "ledger_node", "--config", str(place / "node.toml")]
    with (place / "node.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            command, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None, "its standard output is a pipe"
        ready = json.loads(process.stdout.readline())
        with LoadGenerator(ready["endpoint"], node_key=key_pair.public_key) as load:
            yield load
    finally:
        process.terminate()
        process.communicate(timeout=STOP_S)


def _silent(done: int, total: int, what: str, /) -> None:
    """Tell nobody."""


def _measure(
    load: LoadGenerator,
    traffic: Traffic,
    amounts: _Amounts,
    *,
    place: Path,
    tell: Callable[[str], None],
) -> _Round:
    """Measure everything once, the building blocks first."""
    tell("signing")
    together, alone = traffic.together(amounts.together), traffic.single(amounts.single)
    tell("building blocks")
    verify_rate, sync_ms = _verify_rate(together), _sync_ms(place)
    tell("throughput")
    seconds = load.many(together, in_flight=IN_FLIGHT)
    tell("one at a time")
    alone_s = load.one_at_a_time(alone)
    tell("signing")
    offered = traffic.single(amounts.offered)
    tell("offered singly")
    return _Round(
        verify_rate=verify_rate,
        sync_ms=sync_ms,
        transfer_rate=amounts.together / seconds,
        alone_ms=_percentiles_ms(alone_s),
        offered_ms=_percentiles_ms(load.offered(offered, rate=OFFERED)),
    )


def _results(rounds: list[_Round]) -> list[Result]:
    rate = summarize(
        "node.throughput",
        [one.transfer_rate for one in rounds],
        unit="transfers/s",
        peer_name=PEER,
        peer_figures=[one.verify_rate for one in rounds],
    )
    times = {
        "node.durable_p50_ms": [one.alone_ms[0] for one in rounds],
        "node.durable_p99_ms": [one.alone_ms[1] for one in rounds],
        "node.offered10k_p50_ms": [one.offered_ms[0] for one in rounds],
        "node.offered10k_p99_ms": [one.offered_ms[1] for one in rounds],
    }
    syncs = [one.sync_ms for one in rounds]
    return [
        rate,
        *(
            summarize(name, figures, unit="ms", peer_name=DISK, peer_figures=syncs)
            for name, figures in times.items()
        ),
    ]


def _percentiles_ms(seconds: list[float]) -> tuple[float, float]:
    """Return median and 99th percentile. [ms]"""
    return median(seconds) * _MS, quantiles(seconds, n=100)[98] * _MS


def _verify_rate(submissions: list[bytes]) -> float:
    """Return how many signatures PyNaCl checks on one core. [1/s]"""
    records = parse_records(b"".join(submissions[: _VERIFIED // TOGETHER]))
    signed = [row.tobytes() for row in np.hstack([records["signature"], signed_parts(records)])]
    keys = [key.tobytes() for key in records["issuer"]]
    begin = time.perf_counter()
    for message, key in zip(signed, keys, strict=True):
        bindings.crypto_sign_open(message, key)
    return len(keys) / (time.perf_counter() - begin)


def _sync_ms(place: Path) -> float:
    """Return how long the disk takes to keep one page. [ms]"""
    path = place / "sync"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    times = []
    try:
        for _ in range(_SYNCS):
            begin = time.perf_counter()
            os.write(file, bytes(4_096))
            os.fdatasync(file)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(file)
        path.unlink()
    return median(times) * _MS
