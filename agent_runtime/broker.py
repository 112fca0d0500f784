"""A broker of our own, for those who have none: amqtt, inside the calling program.

It is for stories and tests: one process, MQTT 3.1.1, nothing kept over its end. Pilot sites run
mosquitto or any other broker. It lives in a thread with an event loop of its own, so that whatever
it leaves undone at its end is ended there and nobody else waits for it.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING

from agent_runtime.errors import BrokerUnavailableError

if TYPE_CHECKING:
    from _collections_abc import dict_items

    from amqtt.broker import Broker
    from amqtt.session import Session

HOST = "127.0.0.1"
"""The embedded broker knows no passwords, so it serves this machine only."""

CONNECTIONS_MAX = 1_000
"""Agents, dashboards and tools of the largest story on one machine."""

LISTENER = "default"
"""The one way in."""

CANCEL_AGAIN_S = 0.1
"""How long a cancelled task may take before it is cancelled once more. [s]"""

_LOGGERS = ("amqtt", "transitions")
"""What amqtt tells its log is for its developers; what matters is raised."""


@contextlib.asynccontextmanager
async def embedded_broker(port: int = 0) -> AsyncIterator[str]:
    """Run a broker for the length of a block; yield its address, `mqtt://host:port`.

    Args:
        port: Where it listens, 0 for any free port.

    Raises:
        BrokerUnavailableError: The port is in use.
    """
    thread = _BrokerThread(port)
    with _silenced():
        try:
            thread.start()
            port = await asyncio.shield(asyncio.wrap_future(thread.port))
            yield f"mqtt://{HOST}:{port}"
        finally:
            thread.stop()
            await asyncio.shield(asyncio.to_thread(thread.join))


class _BrokerThread(threading.Thread):
    """A thread that runs a broker until it is told to stop."""

    def __init__(self, wanted_port: int) -> None:
        super().__init__(name="broker", daemon=True)
        self.port: Future[int] = Future()
        self._wanted_port = wanted_port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def run(self) -> None:
        """Run the broker."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """Let the broker end."""
        with contextlib.suppress(RuntimeError):  # it has ended already
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self) -> None:
        """Serve until told to stop."""
        self._loop = asyncio.get_running_loop()
        doorkeeper = _Doorkeeper(_new_broker())
        await doorkeeper.broker.start()
        try:
            server = await asyncio.start_server(doorkeeper.take, HOST, self._wanted_port)
        except OSError:
            self.port.set_exception(
                BrokerUnavailableError(
                    f"the broker can not listen at {HOST}:{self._wanted_port}; stop what listens "
                    "there, choose another port, or name the broker that is there in the settings"
                )
            )
        else:
            self.port.set_result(server.sockets[0].getsockname()[1])
            await self._stopping.wait()
            server.close()
        self._loop.set_exception_handler(lambda *_: None)  # the end of readers is no news
        await _shut_down(doorkeeper.broker)
        doorkeeper.close()


class _Doorkeeper:
    """Hands connections to a broker, and closes those that the broker has left open at its end."""

    def __init__(self, broker: "Broker") -> None:
        self.broker = broker
        self._writers: set[asyncio.StreamWriter] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""
        from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter

        self._writers.add(writer)
        try:
            if len(self._writers) <= CONNECTIONS_MAX:
                both = StreamReaderAdapter(reader), StreamWriterAdapter(writer)
                await self.broker.external_connected(*both, LISTENER)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    def close(self) -> None:
        """Cut what is still connected."""
        for writer in self._writers:
            writer.transport.abort()


def _new_broker() -> "Broker":
    """Return a broker to which somebody else brings the connections."""
    from amqtt.broker import Broker  # a good part of this package's import time, needed by few
    from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

    listeners = {LISTENER: ListenerConfig(type=ListenerType.EXTERNAL, bind=HOST)}
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker(BrokerConfig(listeners=listeners, plugins=plugins))
    broker._subscriptions = _SteadyDict()  # noqa: SLF001  (amqtt 0.11 and 0.12 offer no other way)
    return broker


class _SteadyDict(dict[str, "list[tuple[Session, int]]"]):
    """A dictionary that may change while somebody walks over it.

    amqtt walks over its subscriptions and waits in between; a client that subscribes meanwhile
    would end the connection of another one with a `RuntimeError`.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> "dict_items[str, list[tuple[Session, int]]]":
        return self.copy().items()


async def _shut_down(broker: "Broker") -> None:
    """Shut a broker down, and help it with readers that have missed their cancellation.

    Python 3.11's `asyncio.wait_for` swallows a cancellation that comes together with its result;
    amqtt would then wait for that reader for ever.
    """
    closing = asyncio.create_task(broker.shutdown())
    while not (await asyncio.wait({closing}, timeout=CANCEL_AGAIN_S))[0]:
        for task in asyncio.all_tasks():
            if task.cancelling():
                task.cancel()
    closing.result()


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Let amqtt's loggers say nothing for the length of a block."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
