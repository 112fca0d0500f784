"""The benchmark of latency: sent to durable verdict, and to final under three of four validators.

All processes are real and share the machine's cores: the node, four validators that judge every
record anew, and the generator. A transfer is final when the node's event says that a quorum stands
over its position; the time counts from when the transfer was due.
"""

import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import zmq

from benchmarks.building_blocks import percentiles_ms, sync_ms
from benchmarks.load import LoadGenerator, Offered, UnexpectedVerdictError
from benchmarks.node import OFFERED, SINGLE, running_node, times_of
from benchmarks.options import Options
from benchmarks.report import Result
from benchmarks.sites import Site
from benchmarks.traffic import Traffic
from ledger_core import KeyPair, curve_public_key

__all__ = ["VALIDATORS", "FinalWatch", "run"]

VALIDATORS = ("city", "operator", "toll", "auditor")
"""Four, of which three make a record final: one may lie."""

FINAL_S = 120.0
"""How long the slowest record may take to be final. [s]"""

OFFERED_QUICK = 2_000
"""Transfers in a run that has to be quick: a fifth of a second."""

FIRST = 64
"""Transfers that are made final before anything is timed: every validator is at work by then."""

HEARD_S = 0.5
"""How long news of finality are waited for, before there is reason for more of them. [s]"""

_POLL_MS = 100


class FinalWatch:
    """Note when the node says that records are final; use it as a context manager.

    Args:
        publish: Where the node publishes.
        node_key: The node's Ed25519 public key, 32 bytes.
    """

    def __init__(self, publish: str, *, node_key: bytes) -> None:
        own = KeyPair.generate()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.curve_secretkey = own.curve_secret_key()
        self._socket.curve_publickey = curve_public_key(own.public_key)
        self._socket.curve_serverkey = curve_public_key(node_key)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"final")
        self._socket.connect(publish)
        self._found: list[tuple[int, float]] = []
        self._news = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._watch)

    def hears(self, timeout_s: float) -> bool:
        """Tell whether anything was heard to be final within a time.

        Args:
            timeout_s: How long to wait. [s]
        """
        with self._news:
            return self._news.wait_for(lambda: bool(self._found), timeout_s)

    def times(self, offered: list[Offered]) -> list[float]:
        """Wait until all of them are final, and return how long each took. [s]

        Args:
            offered: What became of them at the node.

        Raises:
            UnexpectedVerdictError: It took too long.
        """
        last = max(one.position for one in offered)
        with self._news:
            if not self._news.wait_for(lambda: self._size() > last, FINAL_S):
                raise UnexpectedVerdictError(
                    f"Position {last} was not final within {FINAL_S:.0f} s: {self._size()} are."
                )
            found = list(self._found)
        return [_final_at(found, one.position) - one.due_s for one in offered]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._thread.join()
        self._socket.close(linger=0)
        self._context.term()

    def _size(self) -> int:
        return self._found[-1][0] if self._found else 0

    def _watch(self) -> None:
        while not self._is_over:
            if not self._socket.poll(_POLL_MS):
                continue
            frames = self._socket.recv_multipart()
            now_s = time.perf_counter()
            size: int = msgspec.msgpack.decode(frames[1])["size"]
            with self._news:
                if size > self._size():
                    self._found.append((size, now_s))
                self._news.notify_all()


@dataclass(frozen=True, slots=True)
class _Figures:
    """Hold what one run measured. [ms]"""

    sync_ms: float
    alone_ms: tuple[float, float]
    offered_ms: tuple[float, float]


def run(options: Options) -> list[Result]:
    """Measure how long a transfer takes.

    Args:
        options: How.

    Returns:
        ``node.durable_…`` (one at a time), ``node.offered10k_…`` (10,000 a second, singly) and
        ``node.final_…`` (the same, until final under 3 of 4 validators), each p50 and p99.

    Raises:
        UnexpectedVerdictError: The node did not accept what it was measured with.
    """
    count = OFFERED_QUICK if options.is_quick else OFFERED
    alone = _alone(options, count)
    finals, syncs = _final(options, count)
    options.progress(options.runs, options.runs, "done")
    disk = [one.sync_ms for one in alone]
    return [
        *times_of("node.durable", [one.alone_ms for one in alone], disk),
        *times_of("node.offered10k", [one.offered_ms for one in alone], disk),
        *times_of("node.final", finals, syncs),
    ]


def _alone(options: Options, count: int) -> list[_Figures]:
    """Measure a node that has no validators."""
    traffic = Traffic()
    found = []
    with (
        tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name,
        running_node(Path(name), traffic, engine=options.engine) as load,
    ):
        load.many(traffic.funding(), in_flight=1)
        for done in range(options.runs):
            options.progress(done, options.runs, "one at a time, and offered singly")
            disk_ms = sync_ms(Path(name))
            alone_ms = percentiles_ms(load.one_at_a_time(traffic.single(SINGLE)))
            offered = traffic.single(count)
            offered_ms = percentiles_ms(load.offered(offered, rate=OFFERED))
            found.append(_Figures(disk_ms, alone_ms, offered_ms))
    return found


def _final(options: Options, count: int) -> tuple[list[tuple[float, float]], list[float]]:
    """Measure a node and four validators: both percentiles of each run, and the disk's times."""
    traffic = Traffic()
    found, syncs = [], []
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="tangleway-bench-") as name:
        place = Path(name)
        site = Site(place, traffic.genesis, validators=VALIDATORS, quorum=3, engine=options.engine)
        with (
            site,
            LoadGenerator(site.endpoint, node_key=site.node_key) as load,
            FinalWatch(site.publish, node_key=site.node_key) as watch,
        ):
            site.settle()
            load.many(traffic.funding(), in_flight=1)
            while not watch.hears(HEARD_S):  # a subscription misses what was told before it stood
                load.one_at_a_time(traffic.single(1))
            watch.times(load.offered_each(traffic.single(FIRST), rate=OFFERED))
            for done in range(options.runs):
                options.progress(done, options.runs, "offered singly, until final")
                syncs.append(sync_ms(place))
                offered = load.offered_each(traffic.single(count), rate=OFFERED)
                found.append(percentiles_ms(watch.times(offered)))
    return found, syncs


def _final_at(found: list[tuple[int, float]], position: int) -> float:
    """Return when a position was final. [s on the performance counter]"""
    return next(at_s for size, at_s in found if size > position)
