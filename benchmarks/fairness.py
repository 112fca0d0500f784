"""The fairness benchmark: what a flood of one issuer does to another's latency.

A real node; a *victim* hands in one transfer after the other at a steady rate, and each is timed
from when it was due to its durable verdict: alone for a while, then beside a flood of each kind
that offers a hundred times as much, by several connections. Each kind stands beside the same victim
alone, measured right before it, and has the node's largest resident memory meanwhile.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.flood import FloodKind, FloodOrder, flood
from benchmarks.load import LoadGenerator
from benchmarks.options import Options
from benchmarks.report import Result, summarize
from benchmarks.sites import Site
from benchmarks.traffic import Traffic

__all__ = ["ALONE", "VICTIM_RATE", "run"]

ALONE = "the same victim alone, p99"
"""What a victim's time under a flood is compared with."""

BEFORE = "before the floods"
"""What the memory under a flood is compared with."""

VICTIM_RATE = 100.0
"""Transfers that the victim hands in: a busy toll gate. [1/s]"""

TIMES = 100
"""How much more the flood offers than the victim."""

MEASURE_S = 3.0
"""How long the victim is timed each time: 300 transfers, the slowest hundredth is three. [s]"""

LEAD_S = 1.0
"""How long a flood has before the victim is timed. [s]"""

QUICK_S = 1.0
"""How long where it has to be quick. [s]"""

QUICK_KINDS = (FloodKind.VALID, FloodKind.FORGED, FloodKind.ORPHANS, FloodKind.LOG_READERS)
"""What is tried where it has to be quick."""

SIGNED_S = 60.0
"""How long signing a flood may take. [s]"""

_MS = 1_000.0
_KIB = 1_024


@dataclass(frozen=True, slots=True)
class _Figures:
    """Hold what one flood did: times in [ms], memory in [MiB]."""

    alone_ms: float
    flooded_ms: float
    sent: int
    resident_mib: float


def run(options: Options) -> list[Result]:
    """Measure what floods do to a victim.

    Args:
        options: How; where it has to be quick, four kinds are tried for a second each.

    Returns:
        ``fairness.KIND.p99_ms`` beside the victim alone, ``fairness.KIND.offered`` and
        ``fairness.KIND.resident_mib`` for each kind.

    Raises:
        UnexpectedVerdictError: The node did not accept what the victim handed in.
    """
    kinds = QUICK_KINDS if options.is_quick else tuple(FloodKind)
    seconds = QUICK_S if options.is_quick else MEASURE_S
    traffic = Traffic()
    found: dict[FloodKind, list[_Figures]] = {kind: [] for kind in kinds}
    with (
        tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name,
        Site(Path(name), traffic.genesis) as site,
        LoadGenerator(site.endpoint, node_key=site.node_key) as victim,
    ):
        victim.many(traffic.funding(), in_flight=1)
        before_mib = _largest_mib(site.node.pid)
        bench = _Bench(site, traffic, victim, seconds)
        total = options.runs * len(kinds)
        for done in range(total):
            kind = kinds[done % len(kinds)]
            options.progress(done, total, kind.value)
            found[kind].append(bench.try_flood(kind))
        options.progress(total, total, "done")
    return [
        result
        for kind, figures in found.items()
        for result in _results(kind, figures, seconds=seconds, before_mib=before_mib)
    ]


@dataclass(slots=True)
class _Bench:
    """Try floods on a node, each from an account of its own."""

    site: Site
    traffic: Traffic
    victim: LoadGenerator
    seconds: float
    flooders: int = 0

    def try_flood(self, kind: FloodKind) -> _Figures:
        """Time the victim alone, then under a flood."""
        with _flooder(self._order(kind)) as pipe:
            alone_ms = self._timed()
            _forget_largest(self.site.node.pid)
            pipe.send("go")
            time.sleep(LEAD_S)
            flooded_ms = self._timed()
            pipe.send("stop")
            sent = pipe.recv()
        largest_mib = _largest_mib(self.site.node.pid)
        self.victim.one_at_a_time(self.traffic.of_one(1))  # all before it has been worked off
        return _Figures(alone_ms, flooded_ms, sent, largest_mib)

    def _timed(self) -> float:
        """Return the 99th percentile of the victim's times. [ms]"""
        payments = self.traffic.of_one(int(self.seconds * VICTIM_RATE))
        return quantiles(self.victim.offered(payments, rate=VICTIM_RATE), n=100)[98] * _MS

    def _order(self, kind: FloodKind) -> FloodOrder:
        self.flooders += 1
        return FloodOrder(
            kind=kind,
            endpoint=self.site.endpoint,
            node_key=self.site.node_key,
            seed=self.traffic.seed(-self.flooders),
            parents=self.traffic.parents,
            rate=VICTIM_RATE * TIMES,
            seconds=LEAD_S + 2 * self.seconds,
        )


@contextmanager
def _flooder(order: FloodOrder) -> "Iterator[multiprocessing.connection.Connection]":
    """Start the process of a flood, and give the pipe to it once everything is signed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=flood, args=(order, theirs), daemon=True)
    process.start()
    try:
        assert ours.poll(SIGNED_S), "a flood is signed in time"
        ours.recv()
        yield ours
    finally:
        process.join(1.0)
        process.kill()
        process.join()
        ours.close()


def _results(
    kind: FloodKind, figures: list[_Figures], *, seconds: float, before_mib: float
) -> list[Result]:
    name = f"fairness.{kind.value}"
    return [
        summarize(
            f"{name}.p99_ms",
            [one.flooded_ms for one in figures],
            unit="ms",
            peer_name=ALONE,
            peer_figures=[one.alone_ms for one in figures],
        ),
        summarize(
            f"{name}.offered",
            [one.sent / (LEAD_S + seconds) for one in figures],
            unit="1/s",
            peer_name="the victim",
            peer_figures=[VICTIM_RATE for _ in figures],
        ),
        summarize(
            f"{name}.resident_mib",
            [one.resident_mib for one in figures],
            unit="MiB",
            peer_name=BEFORE,
            peer_figures=[before_mib for _ in figures],
        ),
    ]


def _forget_largest(pid: int) -> None:
    """Have the system measure a process's largest memory anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def _largest_mib(pid: int) -> float:
    """Return a process's largest resident memory. [MiB]"""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / _KIB
    raise OSError(f"The system does not tell how much memory process {pid} has.")
