"""Benchmarks of a stored ledger: its audit, and how soon a killed node serves again.

Both are fed over a real node's socket; nothing is made up on the disk.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.building_blocks import PEER, verify_rate
from benchmarks.load import LoadGenerator
from benchmarks.options import Options
from benchmarks.report import Result, summarize
from benchmarks.sites import Site
from benchmarks.traffic import Traffic
from ledger_core import DamagedError
from ledger_node.audit import audit

__all__ = ["EMPTY", "run_restart", "run_verify"]

AUDITED = 400_000
"""Records of an audited history: ten seconds at 40,000 a second."""

AUDITED_QUICK = 50_000
"""The same where it has to be quick."""

KILLED_WITH = 1_000_000
"""Transfers of a node that is killed."""

KILLED_WITH_QUICK = 100_000
"""The same where it has to be quick."""

IN_HAND = 64 * 64
"""Transfers that a node has in hand when it is killed."""

EMPTY = "the same with an empty ledger"
"""What a restart costs whatever the ledger holds: Python, its libraries, the sockets."""


def run_verify(options: Options) -> list[Result]:
    """Measure the audit of a whole stored history, as ``tangleway ledger verify`` does it.

    Args:
        options: How.

    Returns:
        ``verify.rate``.

    Raises:
        DamagedError: The audit found something wrong.
    """
    records = AUDITED_QUICK if options.is_quick else AUDITED
    runs, tell = options.runs, options.progress
    traffic = Traffic()
    rates, beside = [], []
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name:
        with _fed(Path(name), traffic, records=records, options=options) as site:
            site.stop()
        sample = traffic.together(1_024)
        for done in range(runs):
            tell(done, runs, f"judging {records:,} records")
            beside.append(verify_rate(sample))
            begin_s = time.perf_counter()
            result = audit(site.node.data, policy=site.policy, engine=options.engine)
            rates.append(result.size / (time.perf_counter() - begin_s))
            if not result.ok:
                raise DamagedError(f"The audit found something wrong: {result.reason}")
    tell(runs, runs, "done")
    return [summarize("verify.rate", rates, unit="records/s", peer_name=PEER, peer_figures=beside)]


def run_restart(options: Options) -> list[Result]:
    """Measure how soon a node answers again that was killed under load (SIGKILL).

    Args:
        options: How.

    Returns:
        ``restart.seconds``: from the start of the process to the first answer.
    """
    records = KILLED_WITH_QUICK if options.is_quick else KILLED_WITH
    runs, tell = options.runs, options.progress
    traffic = Traffic()
    found, beside = [], []
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name:
        for which in ("full", "empty"):
            (Path(name) / which).mkdir()
        with (
            Site(Path(name) / "empty", traffic.genesis, engine=options.engine) as empty,
            _fed(Path(name) / "full", traffic, records=records, options=options) as full,
        ):
            in_hand = traffic.together(IN_HAND)
            for done in range(runs):
                tell(done, runs, f"restarting with {records:,} records")
                beside.append(_restart_s(empty, []))
                found.append(_restart_s(full, in_hand))
    tell(runs, runs, "done")
    return [summarize("restart.seconds", found, unit="s", peer_name=EMPTY, peer_figures=beside)]


@contextmanager
def _fed(place: Path, traffic: Traffic, *, records: int, options: Options) -> Iterator[Site]:
    """Run a node that has been fed with transfers."""
    with (
        Site(place, traffic.genesis, engine=options.engine) as site,
        LoadGenerator(site.endpoint, node_key=site.node_key) as load,
    ):
        site.settle()
        options.progress(0, options.runs, f"feeding a node with {records:,} records")
        load.many(traffic.funding())
        load.many(traffic.stream(records))
        yield site


def _restart_s(site: Site, in_hand: list[bytes]) -> float:
    """Kill a node, start it, and return how long its first answer took. [s]"""
    with LoadGenerator(site.endpoint, node_key=site.node_key) as load:
        if in_hand:
            load.hand_in(in_hand)
        site.node.kill()
    begin_s = time.perf_counter()
    site.node.start()
    with LoadGenerator(site.endpoint, node_key=site.node_key) as load:
        load.ask_size()
    return time.perf_counter() - begin_s
