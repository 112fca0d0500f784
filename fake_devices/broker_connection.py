"""A device's connection to a broker, with what firmware does there.

It leaves a will, subscribes and announces itself at each connect, and dials again after a fixed
time, as small devices do. It can be cut on purpose: the socket goes without a farewell, so the
broker publishes the will, as it does when a device loses its Wi-Fi.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiomqtt

from agent_runtime import BrokerSettings, Clock
from fake_devices.errors import FakeAwayError

AGAIN_S = 5.0
"""Between two tries to connect: OpenEVSE's time. [s]"""

KEEP_ALIVE_S = 10
"""The broker publishes the will after one and a half times so long of silence. [s]"""

ANSWER_S = 5.0
"""How long the broker may take to acknowledge. [s]"""

Take = Callable[[str, bytes], Awaitable[None]]
"""Does what a message says: its topic, its payload."""

_quiet = logging.getLogger("fake_devices.mqtt")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What a device does at its broker."""

    topics: Sequence[str]
    """What it subscribes to."""
    will: tuple[str, bytes] | None
    """Topic and payload that the broker keeps when the device vanishes."""
    greet: Callable[[], Awaitable[None]]
    """Says what it says at each connect."""
    take: Take
    """Does what a message says."""


class BrokerConnection:
    """A device's way to its broker.

    Args:
        url: `mqtt://[user:password@]host[:port]`.
        clock: For the waits.
        away: Told once, in one sentence, when the broker is away.
        again_s: Between two tries to connect. [s]
    """

    def __init__(
        self, url: str, *, clock: Clock, away: Callable[[str], None], again_s: float = AGAIN_S
    ) -> None:
        self._broker = BrokerSettings(url=url)
        self._clock = clock
        self._away = away
        self._again_s = again_s
        self._client: aiomqtt.Client | None = None
        self._is_allowed = asyncio.Event()
        self._is_allowed.set()
        self._was_up = True

    @property
    def place(self) -> str:
        """The broker, as it may be shown."""
        return self._broker.place

    @property
    def is_up(self) -> bool:
        """Whether the device is connected."""
        return self._client is not None

    async def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Say something.

        Raises:
            FakeAwayError: There is no connection; what was to be said is lost, as with firmware.
        """
        client = self._client
        if client is None:
            raise FakeAwayError(f"there is no connection to {self.place}: it is tried again")
        try:
            await client.publish(topic, payload, qos=qos, retain=retain)
        except aiomqtt.MqttError as error:
            raise FakeAwayError(f"the connection to {self.place} broke: {error}") from error

    def allow(self, connected: bool) -> None:
        """Cut the connection without a farewell and stay away, or come back.

        Args:
            connected: Whether it may be connected from now on.
        """
        if connected:
            self._is_allowed.set()
            return
        self._is_allowed.clear()
        if self._client is not None:
            _cut(self._client)

    async def stay(self, habits: Habits) -> None:
        """Connect, do as the habits say, and again after each loss, for ever."""
        while True:
            await self._is_allowed.wait()
            client = self._new_client(habits)
            try:
                async with client:
                    await self._serve(client, habits)
            except (aiomqtt.MqttError, FakeAwayError, OSError) as error:
                self._went(error)
            finally:
                self._client = None
                _forget_reason(client)
            await self._clock.sleep(self._again_s)

    async def _serve(self, client: aiomqtt.Client, habits: Habits) -> None:
        for topic in habits.topics:
            await client.subscribe(topic, qos=1)
        self._client, self._was_up = client, True
        await habits.greet()
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                await habits.take(message.topic.value, message.payload)

    def _new_client(self, habits: Habits) -> aiomqtt.Client:
        will = None
        if habits.will is not None:
            topic, payload = habits.will
            will = aiomqtt.Will(topic, payload, qos=1, retain=True)
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.user,
            password=self._broker.password,
            logger=_quiet,
            will=will,
            timeout=ANSWER_S,
            keepalive=KEEP_ALIVE_S,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def _went(self, error: Exception) -> None:
        if self._was_up and self._is_allowed.is_set():
            self._away(f"the broker {self.place} is away; trying again for ever ({error})")
        self._was_up = False


def _forget_reason(client: aiomqtt.Client) -> None:
    """Take a lost link's reason from where asyncio would complain that nobody asked for it."""
    lost = client._disconnected  # noqa: SLF001 (aiomqtt leaves it there)
    if lost.done() and not lost.cancelled():
        lost.exception()


def _cut(client: aiomqtt.Client) -> None:
    """Cut a connection as a lost network does: aiomqtt itself knows the polite way only."""
    connection = client._client.socket()  # noqa: SLF001
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
