"""The way to an MQTT broker: one connection for all that an agent says and hears there.

It is dialled again for ever, with growing waits and some chance in them, so that a city does not
come back in one instant. Nothing waits for the broker: what is kept waits its turn, newest only;
what is told is dropped when too much of it waits.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from typing import Self

import aiomqtt
from structlog.typing import FilteringBoundLogger

from agent_runtime.broker_dialing import client_of, stay_connected
from agent_runtime.clock import Clock
from agent_runtime.link import Hear, matches
from agent_runtime.settings import BrokerSettings
from agent_runtime.side_by_side import end_tasks, until_one_ends

TOLD_MAX = 256
"""Passing messages that wait for the broker: some seconds of a busy agent's telemetry."""

LEAVE_S = 1.0
"""How long taking leave may take: the broker may be gone for good. [s]"""


class BrokerLink:
    """An agent's way to an MQTT broker.

    Args:
        broker: Where it is.
        clock: For the waits.
        chance: For the jitter in them.
        log: Told once when the broker goes, and once when it comes.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        *,
        clock: Clock,
        chance: random.Random,
        log: FilteringBoundLogger,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._chance = chance
        self._log = log.bind(broker=broker.place)
        self._will: aiomqtt.Will | None = None
        self._kept: dict[str, bytes] = {}
        self._unsaid: dict[str, None] = {}
        self._told: deque[tuple[str, bytes]] = deque(maxlen=TOLD_MAX)
        self._hearers: list[tuple[str, Hear]] = []
        self._unheard: deque[str] = deque()
        self._stirred = asyncio.Event()
        self._quieted = asyncio.Event()
        self._is_up = False
        self._was_up: bool | None = None
        self._task: asyncio.Task[None] | None = None
        self.on_change: Callable[[bool, str], None] = lambda _up, _reason: None
        """Is told when the broker comes, and why each attempt to reach it has failed."""
        self.client: aiomqtt.Client | None = None
        """The connection of now; for tests that cut it."""

    @property
    def is_up(self) -> bool:
        """Whether the broker is there now."""
        return self._is_up

    def leave_will(self, topic: str, payload: bytes) -> None:
        """Name what the broker shall keep for us when we vanish; before the block."""
        self._will = aiomqtt.Will(topic, payload, qos=1, retain=True)

    def keep(self, topic: str, payload: bytes) -> None:
        """Say something that whoever comes later hears too."""
        self._kept[topic] = payload
        self._unsaid[topic] = None
        self._stir()

    def tell(self, topic: str, payload: bytes) -> None:
        """Say something to whoever listens now."""
        self._told.append((topic, payload))
        self._stir()

    def listen(self, topics: str, hear: Hear) -> None:
        """Hear what is kept and what is said from now on."""
        self._hearers.append((topics, hear))
        self._unheard.append(topics)
        self._stir()

    async def __aenter__(self) -> Self:
        """Begin to reach for the broker; do not wait for it."""
        self._task = asyncio.create_task(self._stay_up())
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Say what is still to be said, for a moment at most, and take leave: no will."""
        assert self._task is not None, "left without having been entered"
        if self._is_up and not self._task.done():
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout(LEAVE_S):
                    await self._quieted.wait()
        await end_tasks(self._task)
        if not self._task.cancelled():
            self._task.result()

    def _stir(self) -> None:
        """Wake whoever writes."""
        self._quieted.clear()
        self._stirred.set()

    async def _stay_up(self) -> None:
        """Dial, serve, wait, and begin again, for ever."""
        await stay_connected(
            lambda: client_of(self._broker, will=self._will),
            self._serve,
            self._went,
            clock=self._clock,
            chance=self._chance,
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Say and hear until the link breaks."""
        self._unsaid.update(dict.fromkeys(self._kept))
        self._unheard = deque(dict.fromkeys(topics for topics, _ in self._hearers))
        self.client = client
        self._came()
        try:
            await until_one_ends(self._hear(client), self._speak(client))
        finally:
            self._is_up, self.client = False, None

    async def _hear(self, client: aiomqtt.Client) -> None:
        """Pass on what the broker says."""
        async for message in client.messages:
            topic, payload = message.topic.value, message.payload
            if isinstance(payload, bytes):
                for topics, hear in list(self._hearers):
                    if matches(topics, topic):
                        hear(topic, payload)

    async def _speak(self, client: aiomqtt.Client) -> None:
        """Subscribe and publish whatever there is to be, in turn."""
        while True:
            while self._unheard:
                await client.subscribe(self._unheard[0], qos=1)
                self._unheard.popleft()
            while self._unsaid:
                topic = next(iter(self._unsaid))
                del self._unsaid[topic]
                payload = self._kept[topic]
                await client.publish(topic, payload, qos=1, retain=True)
            while self._told:
                await client.publish(*self._told.popleft(), qos=0)
            if not self._unheard and not self._unsaid:
                self._quieted.set()
                self._stirred.clear()
                await self._stirred.wait()

    def _came(self) -> None:
        """Note that the broker is there."""
        self._is_up = True
        if self._was_up is not True:
            self._log.info("the broker is there")
        self._was_up = True
        self.on_change(True, "")

    def _went(self, error: Exception) -> None:
        """Note that the broker is away."""
        if self._was_up is not False:
            self._log.warning("the broker is away; trying again for ever", reason=str(error))
        self._was_up = False
        self.on_change(False, str(error))
