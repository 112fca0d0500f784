"""The benchmark of growth: does a ledger of five million records cost more than a young one?

One node is fed over its socket with transfers that other processes sign meanwhile. Around 100,000
records and again at the end its rate and its memory are taken, with records signed beforehand; its
disk space is taken at even steps on the way.
"""

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.load import LoadGenerator
from benchmarks.options import Options
from benchmarks.report import Result, summarize
from benchmarks.sites import Site
from benchmarks.traffic import CHUNK, TOGETHER, Traffic
from ledger_core import RECORD_SIZE

__all__ = ["RECORDS", "RECORDS_QUICK", "YOUNG", "run"]

YOUNG = 100_000
"""Records of a young ledger."""

RECORDS = 5_000_000
"""Records of a grown ledger: a month of a busy site."""

RECORDS_QUICK = 250_000
"""Records of a grown ledger where it has to be quick: all that is looked at is there, too."""

MEASURED = 65_536
"""Transfers in each measurement of the rate: a third of a second, in which the index writes four
runs; in one of four measurements it merges them, too."""

SPACE_STEPS = 5
"""How often disk space is taken on the way."""

_MB = 1_000_000
_KIB = 1_024


def run(options: Options, *, young: int = YOUNG, grown: int | None = None) -> list[Result]:
    """Measure a node that grows.

    Args:
        options: How; each figure is taken so many times around both sizes.
        young: Records of the young ledger.
        grown: Records of the grown one; None means five million, or fewer where it is quick.

    Returns:
        ``growth.rate_ratio``, ``growth.resident_mb`` (how much it grew between the two sizes) and
        ``growth.disk_bytes`` (of all files, for each transfer).

    Raises:
        UnexpectedVerdictError: The node did not accept what it was fed with.
    """
    grown = grown or (RECORDS_QUICK if options.is_quick else RECORDS)
    traffic = Traffic()
    with (
        tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name,
        Site(Path(name), traffic.genesis, engine=options.engine) as site,
        LoadGenerator(site.endpoint, node_key=site.node_key) as load,
    ):
        site.settle()
        growing = _Growing(site, load, traffic, options)
        load.many(traffic.funding())
        growing.feed_until(young, of=grown)
        young_rates, young_mb = growing.measured()
        for step in range(1, SPACE_STEPS + 1):
            growing.feed_until(young + (grown - young) * step // SPACE_STEPS, of=grown)
            growing.take_space()
        rates, resident_mb = growing.measured()
    options.progress(grown, grown, "done")
    ratios = [rate / young_rate for rate, young_rate in zip(rates, young_rates, strict=True)]
    return [
        summarize("growth.rate_ratio", ratios, unit="ratio"),
        summarize(
            "growth.resident_mb",
            [after - before for after, before in zip(resident_mb, young_mb, strict=True)],
            unit="MB",
            peer_name=f"resident at {young:,} records",
            peer_figures=young_mb,
        ),
        summarize(
            "growth.disk_bytes",
            growing.space,
            unit="bytes/transfer",
            peer_name="the record itself",
            peer_figures=[float(RECORD_SIZE)] * len(growing.space),
        ),
    ]


class _Growing:
    """Feed a node, and look at it."""

    def __init__(self, site: Site, load: LoadGenerator, traffic: Traffic, options: Options) -> None:
        self.space: list[float] = []
        self._site = site
        self._load = load
        self._traffic = traffic
        self._options = options

    def feed_until(self, size: int, *, of: int) -> None:
        """Feed the node until its ledger has about so many records."""
        missing = size - self._load.ask_size()
        if missing < CHUNK:
            return
        stream = self._told(self._traffic.stream(missing // CHUNK * CHUNK), size - missing, of)
        self._load.many(stream)

    def measured(self) -> tuple[list[float], list[float]]:
        """Take the rate [1/s] and the resident memory [MB] several times."""
        rates, resident = [], []
        for _ in range(self._options.runs):
            submissions = self._traffic.together(MEASURED)
            rates.append(MEASURED / self._load.many(submissions))
            resident.append(_resident_mb(self._site.node.pid))
        return rates, resident

    def take_space(self) -> None:
        """Take the disk space of all files, for each record."""
        files = [path for path in self._site.node.data.rglob("*") if path.is_file()]
        self.space.append(sum(path.stat().st_size for path in files) / self._load.ask_size())

    def _told(self, submissions: Iterator[bytes], size: int, total: int) -> Iterator[bytes]:
        """Pass submissions on, and tell how far it has come."""
        while part := list(islice(submissions, CHUNK // TOGETHER)):
            self._options.progress(size, total, "feeding the node, in records")
            yield from part
            size += CHUNK


def _resident_mb(pid: int) -> float:
    """Return what a process has in memory. [MB]"""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * _KIB / _MB
    return 0.0
