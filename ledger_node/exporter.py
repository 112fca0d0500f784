"""The exporter: answers Prometheus from a thread of its own, so that no scrape delays the ledger.

The thread has its own event loop. It speaks as much HTTP as a scrape needs, with whoever is slow or
talks nonsense, and writes the text; the owner's loop is asked for one thing only, to gather the
figures between two batches, so that they fit together (some 0.2 ms a scrape). While the owner is
busy for longer than `PATIENCE_S`, its last figures are told, with their age.
"""

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from ledger_node.errors import EndpointError, PortInUseError
from ledger_node.exposition import disk_bytes

__all__ = ["Exporter"]

PATIENCE_S = 2.0
"""How long the owner may take to gather; Prometheus itself waits for 10 s. [s]"""

REQUEST_S = 5.0
"""How long a request may take to arrive, and its answer to leave. [s]"""

REQUEST_SIZE_MAX = 8_192
"""The largest request; a scrape has a few hundred bytes. [bytes]"""

CONNECTIONS_MAX = 8
"""Connections at a time: two servers that scrape, people who look, and room to spare."""

END_OF_HEAD = b"\r\n\r\n"
PORT_MAX = 65_535
TEXT = "text/plain; charset=utf-8"


class Exporter:
    """Serve metrics over HTTP; use it as a context manager within the owner's loop.

    Args:
        bind: Where, as ``host:port``; port ``*`` takes a free one.
        gather: Returns the owner's metrics; called on the loop that runs now.
        data: The directory whose files are measured.

    Raises:
        EndpointError: This machine has no such address.
        PortInUseError: Somebody else listens there.
    """

    def __init__(self, bind: str, *, gather: Callable[[], list[Metric]], data: Path) -> None:
        self._gather = gather
        self._data = data
        self._owner = asyncio.get_running_loop()
        self._gathered: list[Metric] = []
        self._gathered_at = 0.0
        self._connections = 0
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self._socket = _bound(bind)
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
        """Where the metrics are."""
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def collect(self) -> Iterable[Metric]:
        """Return everything but what the process itself needs, for the registry."""
        yield from self._gathered
        age_s = time.monotonic() - self._gathered_at
        text = "Since these figures were gathered; the owner was busy since."
        yield GaugeMetricFamily("tangleway_figures_age_seconds", text, value=age_s)
        yield disk_bytes(_sizes(self._data))

    def _run(self) -> None:
        """Serve until stopped; this is the thread."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._attend, sock=self._socket, limit=REQUEST_SIZE_MAX)
        async with server:
            await self._stopped.wait()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, whatever it is, and close the connection."""
        self._connections += 1
        try:
            async with asyncio.timeout(REQUEST_S):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who is too slow, too long or gone gets no answer
        finally:
            self._connections -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if self._connections > CONNECTIONS_MAX:
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections; come again.\n")
        head = await reader.readuntil(END_OF_HEAD)
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        if method not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered here.\n")
        if rest.partition(b" ")[0].partition(b"?")[0] != b"/metrics":
            return _response(HTTPStatus.NOT_FOUND, "The metrics are at /metrics.\n")
        await self._ask_owner()
        if not self._gathered_at:
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, "Busy; come again.\n")
        text = generate_latest(self._registry).decode()
        return _response(HTTPStatus.OK, text, kind=CONTENT_TYPE_LATEST, is_bare=method == b"HEAD")

    async def _ask_owner(self) -> None:
        """Have the owner gather its figures, if it finds the time."""
        asked = asyncio.run_coroutine_threadsafe(self._gather_there(), self._owner)
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._gathered = await asyncio.wrap_future(asked)
        except TimeoutError:
            return
        self._gathered_at = time.monotonic()

    async def _gather_there(self) -> list[Metric]:
        return self._gather()


def _response(status: HTTPStatus, text: str, *, kind: str = TEXT, is_bare: bool = False) -> bytes:
    """Return a whole HTTP answer, without its body for who asked for the head alone."""
    body = text.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if is_bare else body)


def _bound(bind: str) -> socket.socket:
    """Bind a listening socket.

    Raises:
        EndpointError: It is no address, or none of this machine.
        PortInUseError: Somebody else listens there.
    """
    host, _, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = 0 if port == "*" else int(port) if port.isascii() and port.isdigit() else -1
    if not host or not 0 <= number <= PORT_MAX:
        raise EndpointError(
            f"metrics.bind is {bind!r}, which is no address; "
            "write host and port, like 127.0.0.1:9464, or * for a free port."
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, number), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"{bind} is in use, so no metrics can be served there; stop the process that "
                "listens there, or choose another port as metrics.bind."
            ) from error
        raise EndpointError(
            f"metrics.bind is {bind!r}, which can not be bound ({error.strerror or error}); "
            "name an address of this machine, like 127.0.0.1:9464."
        ) from error


def _sizes(data: Path) -> dict[str, int]:
    """Return the size of each file in a directory. [bytes]"""
    sizes: dict[str, int] = {}
    for path in data.iterdir():
        try:
            sizes[path.name] = path.stat().st_size
        except OSError:
            continue  # it was removed meanwhile
    return sizes
