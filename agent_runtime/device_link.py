"""The way to one device behind an MQTT broker: commands out, answers and news in.

It differs from the agents' own link (`broker_link`) in what is at stake: a command that waits is a
danger. So nothing is queued: while the broker is away, sending fails at once. Commands are never
retained, and where the broker speaks MQTT 5 each dies by itself if the device does not fetch it in
time. The broker is dialled again for ever.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable
from typing import Self

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from structlog.typing import FilteringBoundLogger

from agent_runtime.broker_dialing import AWAY, WaitingClock, client_of, stay_connected
from agent_runtime.device_messages import Expectations, Fits, Message
from agent_runtime.errors import DeviceUnansweredError, LinkDownError
from agent_runtime.link import matches
from agent_runtime.settings import BrokerSettings
from agent_runtime.side_by_side import end_tasks, until_one_ends
from ledger_core import TanglewayError

EXPIRES_S = 5.0
"""How long a command waits at the broker for its device: longer, and it comes as a surprise. [s]"""


def _ignore(message: Message) -> None:
    """Leave a message to those who wait for it."""


async def _nothing() -> None:
    """Do nothing: most devices need no greeting."""


class DeviceLink:
    """A driver's way to its device.

    Args:
        broker: Where the broker is.
        clock: For the waits.
        chance: For the jitter in them.
        log: Told once when the broker goes, and once when it comes.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        *,
        clock: WaitingClock,
        chance: random.Random,
        log: FilteringBoundLogger,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._chance = chance
        self._log = log.bind(broker=broker.place)
        self._hearers: list[tuple[str, Callable[[Message], None]]] = []
        self._expected = Expectations()
        self._up = asyncio.Event()
        self._was_up: bool | None = None
        self._protocol = aiomqtt.ProtocolVersion.V5
        self._task: asyncio.Task[None] | None = None
        self.greet: Callable[[], Awaitable[None]] = _nothing
        """Is awaited after each connect; it may send. A failure is its own to remember."""
        self.lost: Callable[[], None] = lambda: None
        """Is called after each loss."""
        self.client: aiomqtt.Client | None = None
        """The connection of now; for tests that cut it."""

    @property
    def is_up(self) -> bool:
        """Whether the broker is there, and all that was asked for is subscribed to."""
        return self._up.is_set()

    @property
    def expires(self) -> bool:
        """Whether the broker lets old commands die (MQTT 5)."""
        return self._protocol is aiomqtt.ProtocolVersion.V5

    def listen(self, topics: str, hear: Callable[[Message], None] = _ignore) -> None:
        """Hear what is said from the next connect on; before the block.

        Args:
            topics: A topic, or many: `+` stands for any one level.
            hear: Is called with each message; it neither waits nor raises. Without it, only those
                who `ask` or `hear` take notice.
        """
        self._hearers.append((topics, hear))

    async def __aenter__(self) -> Self:
        """Begin to reach for the broker; do not wait for it."""
        self._task = asyncio.create_task(self._stay_up())
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Take leave."""
        assert self._task is not None, "left without having been entered"
        await end_tasks(self._task)
        if not self._task.cancelled():
            self._task.result()

    async def wait_up(self, timeout_s: float) -> None:
        """Wait for the broker.

        Args:
            timeout_s: How long. [s]

        Raises:
            LinkDownError: It is still away then.
        """
        try:
            async with self._clock.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as error:
            raise self._down() from error

    def cut(self) -> None:
        """Cut the connection as a lost network does, to see how it comes back."""
        connection = None if self.client is None else self.client._client.socket()  # noqa: SLF001
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    async def send(
        self, topic: str, payload: bytes | str, *, qos: int = 1, expires_s: float = EXPIRES_S
    ) -> None:
        """Send a command and wait until the broker has it.

        Args:
            topic: Where.
            payload: What.
            qos: 1 where a command must arrive, and may arrive twice.
            expires_s: After so long the broker forgets it, if it speaks MQTT 5. [s]

        Raises:
            LinkDownError: The broker is away, or went meanwhile: it may or may not have it.
        """
        client = self.client
        if client is None or not self.is_up:
            raise self._down()
        properties = _dying(expires_s) if self.expires else None
        try:
            await client.publish(topic, payload, qos=qos, properties=properties)
        except AWAY as error:
            raise self._down() from error

    async def ask(
        self, topic: str, payload: bytes | str, fits: Fits, *, timeout_s: float
    ) -> Message:
        """Send a command and wait for its answer.

        Args:
            topic: Where.
            payload: What.
            fits: Says whether a message is the answer; topics must have been listened to.
            timeout_s: How long sending and answering may take; the command dies then. [s]

        Raises:
            LinkDownError: The broker is away, or went meanwhile.
            DeviceUnansweredError: No answer came.
        """
        with self._expected.of(fits) as answer:
            try:
                async with self._clock.timeout(timeout_s):
                    await self.send(topic, payload, expires_s=timeout_s)
                    return await answer
            except TimeoutError as error:
                raise DeviceUnansweredError(
                    f"nothing answered on {topic!r} within {timeout_s:g} s:"
                    " see whether the device is on and connected to the broker"
                ) from error

    async def hear(self, fits: Fits, *, timeout_s: float) -> Message:
        """Wait for a message.

        Args:
            fits: Says whether it is the one waited for.
            timeout_s: How long. [s]

        Raises:
            LinkDownError: The broker is away, or went meanwhile.
            DeviceUnansweredError: None came.
        """
        if not self.is_up:
            raise self._down()
        with self._expected.of(fits) as message:
            try:
                async with self._clock.timeout(timeout_s):
                    return await message
            except TimeoutError as error:
                raise DeviceUnansweredError(
                    f"the device behind {self._broker.place} has said nothing for {timeout_s:g} s:"
                    " see whether it is on and connected to the broker"
                ) from error

    async def _stay_up(self) -> None:
        """Dial, serve, wait, and begin again, for ever."""
        await stay_connected(
            lambda: client_of(self._broker, protocol=self._protocol),
            self._serve,
            self._went,
            clock=self._clock,
            chance=self._chance,
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Subscribe, greet and hear until the link breaks."""
        for topics in dict.fromkeys(topics for topics, _ in self._hearers):
            await client.subscribe(topics, qos=1)
        self.client = client
        self._came()
        try:
            await until_one_ends(self._hear_all(client), self._greet())
        finally:
            self.client = None
            self._up.clear()
            self._expected.disappoint(self._down())
            self.lost()

    async def _greet(self) -> None:
        """Greet the device, and then wait for the end of the connection."""
        with contextlib.suppress(TanglewayError):
            await self.greet()
        await asyncio.Event().wait()

    async def _hear_all(self, client: aiomqtt.Client) -> None:
        """Pass on what the broker says."""
        async for heard in client.messages:
            if not isinstance(heard.payload, bytes):
                continue
            message = Message(heard.topic.value, heard.payload, bool(heard.retain))
            for topics, hear in self._hearers:
                if matches(topics, message.topic):
                    hear(message)
            self._expected.meet(message)

    def _came(self) -> None:
        """Note that the broker is there."""
        self._up.set()
        if self._was_up is not True:
            self._log.info("the broker is there")
        self._was_up = True

    def _went(self, error: Exception) -> None:
        """Note that the broker is away, or speaks no MQTT 5."""
        if self.expires and _is_old(error):
            self._protocol = aiomqtt.ProtocolVersion.V311
            return
        if self._was_up is not False:
            self._log.warning("the broker is away; trying again for ever", reason=str(error))
        self._was_up = False

    def _down(self) -> LinkDownError:
        return LinkDownError(
            f"the broker {self._broker.place} is away: nothing reaches the device until it is back"
        )


def _dying(expires_s: float) -> Properties:
    """Return what lets a message die at the broker. [s]"""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # so in paho
    properties.MessageExpiryInterval = max(1, round(expires_s))
    return properties


def _is_old(error: Exception) -> bool:
    """Say whether a broker has refused the version of MQTT."""
    return isinstance(error, MqttConnectError) and "version" in str(error)
