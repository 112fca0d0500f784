"""Comparing: a node of ours and every peer that is installed, in turn, run by run."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.load import LoadGenerator
from benchmarks.node import running_node
from benchmarks.options import Options
from benchmarks.peers.anvil import Anvil
from benchmarks.peers.contract import AbsentError, Paying, Peer
from benchmarks.peers.postgresql import Postgresql, SignedPostgresql
from benchmarks.peers.redis import Redis
from benchmarks.peers.sqlite import Sqlite
from benchmarks.report import Result, summarize
from benchmarks.traffic import Traffic

__all__ = ["OURS", "PEERS", "run"]

PEERS: tuple[Peer, ...] = (Postgresql(), SignedPostgresql(), Sqlite(), Redis(), Anvil())
"""Everybody who can do the same work."""

OURS = "node.throughput, same runs"
"""What peers stand beside: transfers of a node of ours, signed, durable and answered."""

SECONDS = 5.0
"""How long each pays in each run. [s]"""

SECONDS_QUICK = 1.0
"""The same where it has to be quick. [s]"""

TRANSFERS = 20_480
"""Transfers of our node in each run."""


def run(options: Options, *, peers: Sequence[Peer] = PEERS) -> list[Result]:
    """Measure peers beside a node; who is not installed is left out, and the reason told.

    Args:
        options: How.
        peers: Who is to be measured.

    Returns:
        ``peers.…`` for each that is there.
    """
    seconds = SECONDS_QUICK if options.is_quick else SECONDS
    traffic = Traffic()
    with ExitStack() as stack:
        place = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-")
            )
        )
        (place / "ours").mkdir()
        load = stack.enter_context(running_node(place / "ours", traffic, engine=options.engine))
        load.many(traffic.funding())
        there = _started(peers, place, stack=stack, options=options)
        figures: dict[str, list[float]] = {name: [] for name in there}
        beside = []
        for done in range(options.runs):
            options.progress(done, options.runs, "our node")
            beside.append(_ours(load, traffic))
            for name, pay in there.items():
                options.progress(done, options.runs, name)
                figures[name].append(pay(seconds))
    options.progress(options.runs, options.runs, "done")
    return [
        summarize(f"peers.{name}", found, unit="transfers/s", peer_name=OURS, peer_figures=beside)
        for name, found in figures.items()
    ]


def _ours(load: LoadGenerator, traffic: Traffic) -> float:
    return TRANSFERS / load.many(traffic.together(TRANSFERS))


def _started(
    peers: Sequence[Peer], place: Path, *, stack: ExitStack, options: Options
) -> dict[str, Paying]:
    """Start who is installed; all of them idle until it is their turn."""
    there = {}
    place.chmod(0o711)
    for peer in peers:
        folder = place / peer.name
        folder.mkdir()
        try:
            there[peer.name] = stack.enter_context(peer.running(folder))
        except AbsentError as error:
            options.progress(0, options.runs, f"{peer.name} is left out: {error}")
    return there
