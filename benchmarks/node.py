"""The node's benchmark: durable transfers a second, and how long one takes.

A real node process works in a temporary folder; the records are signed beforehand and sent over its
real, encrypted socket; a transfer counts when its durable verdict has come back. The generator runs
on the same cores. Beside each figure stands what it is built of, measured in the same run: PyNaCl's
rate on one core beside the rate, the disk's `fdatasync` beside the times.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.building_blocks import DISK, PEER, percentiles_ms, sync_ms, verify_rate
from benchmarks.load import LoadGenerator
from benchmarks.options import Progress, silent
from benchmarks.report import Result, summarize
from benchmarks.sites import Site
from benchmarks.traffic import TOGETHER, Traffic
from ledger_core import EngineName

__all__ = ["OFFERED", "SINGLE", "run", "running_node", "times_of"]

TRANSFERS = 40_960
"""Transfers in each run of the rate's measurement: a second of work, and much more than waits."""

SINGLE = 500
"""Transfers sent one at a time in each run: enough to speak of the slowest hundredth."""

OFFERED = 10_000
"""Transfers offered singly in a second, and in each run. [1/s]"""


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
    transfers: int = TRANSFERS,
    single: int = SINGLE,
    offered: int = OFFERED,
    runs: int = 5,
    engine: EngineName = "auto",
    folder: Path | None = None,
    progress: Progress = silent,
) -> list[Result]:
    """Measure a node.

    Args:
        transfers: Transfers in each run of the rate's measurement, rounded up to full submissions.
        single: Transfers sent one at a time in each run.
        offered: Transfers offered singly in each run, at `OFFERED` a second.
        runs: How many times each figure is taken.
        engine: Who verifies signatures in the node.
        folder: Where the node's data goes for a while, on the disk to be measured; None means the
            system's temporary folder.
        progress: Hears how far it has come.

    Returns:
        ``node.throughput``, ``node.durable_p50_ms`` and ``node.durable_p99_ms`` (one transfer at a
        time), ``node.offered10k_p50_ms`` and ``node.offered10k_p99_ms`` (offered singly).

    Raises:
        UnexpectedVerdictError: The node did not accept what it was measured with.
    """
    progress(0, runs, "starting a node")
    traffic = Traffic()
    amounts = _Amounts(-(-transfers // TOGETHER) * TOGETHER, single, offered)
    rounds: list[_Round] = []
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="tangleway-bench-") as name,
        running_node(Path(name), traffic, engine=engine) as load,
    ):
        load.many(traffic.funding(), in_flight=1)
        for done in range(runs):
            step = partial(progress, done, runs)
            rounds.append(_measure(load, traffic, amounts, place=Path(name), tell=step))
    progress(runs, runs, "done")
    rate = summarize(
        "node.throughput",
        [one.transfer_rate for one in rounds],
        unit="transfers/s",
        peer_name=PEER,
        peer_figures=[one.verify_rate for one in rounds],
    )
    syncs = [one.sync_ms for one in rounds]
    return [
        rate,
        *times_of("node.durable", [one.alone_ms for one in rounds], syncs),
        *times_of("node.offered10k", [one.offered_ms for one in rounds], syncs),
    ]


@contextmanager
def running_node(
    place: Path, traffic: Traffic, *, engine: EngineName = "auto"
) -> Iterator[LoadGenerator]:
    """Run a node in a folder, and give out a generator that is connected to it.

    Args:
        place: An empty folder.
        traffic: Its genesis record begins the ledger.
        engine: Who verifies signatures.
    """
    with (
        Site(place, traffic.genesis, engine=engine) as site,
        LoadGenerator(site.endpoint, node_key=site.node_key) as load,
    ):
        site.settle()
        yield load


def times_of(name: str, found: list[tuple[float, float]], syncs_ms: list[float]) -> list[Result]:
    """Sum up median and 99th percentile, beside the disk's.

    Args:
        name: What was timed.
        found: Both of each run. [ms]
        syncs_ms: What the disk took in each run. [ms]
    """
    return [
        summarize(
            f"{name}_{which}_ms",
            [one[place] for one in found],
            unit="ms",
            peer_name=DISK,
            peer_figures=syncs_ms,
        )
        for place, which in enumerate(("p50", "p99"))
    ]


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
    one_core_rate, disk_ms = verify_rate(together), sync_ms(place)
    tell("throughput")
    seconds = load.many(together)
    tell("one at a time")
    alone_s = load.one_at_a_time(alone)
    tell("signing")
    offered = traffic.single(amounts.offered)
    tell("offered singly")
    return _Round(
        verify_rate=one_core_rate,
        sync_ms=disk_ms,
        transfer_rate=amounts.together / seconds,
        alone_ms=percentiles_ms(alone_s),
        offered_ms=percentiles_ms(load.offered(offered, rate=OFFERED)),
    )
