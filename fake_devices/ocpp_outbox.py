"""What a station still has to say: chatter for now, and transaction messages that are never lost.

Transaction messages (OCPP 1.6 §3.7) go out in the order in which they came about, one at a time;
while there is no link they wait, and an answer that is an error lets them be tried again a few
times, with growing pauses. Everything else may overtake them, and is dropped without a link.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_runtime import Clock
from fake_devices.ocpp_link import AnsweredWithError, LinkLostError, StationLink

QUEUE_MAX = 10_000
"""Transaction messages that a station keeps; real ones keep some hundreds."""

Payload = Callable[[], dict[str, Any]]
Then = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say."""

    action: str
    """Its name."""
    payload: Payload
    """Called when it is said: a transaction's number may come in the meantime."""
    then: Then
    """What the answer changes."""
    transaction: str = ""
    """The transaction that it belongs to; empty for none."""


@dataclass(slots=True, kw_only=True)
class Retries:
    """How often an answer that is an error lets a transaction message be said again."""

    attempts: int = 3
    """How often it is said at most."""
    interval_s: float = 0.2
    """The pause, times the number of earlier attempts. Real stations take a minute. [s]"""


class Outbox:
    """The messages of one station.

    Args:
        link: Where they go.
        clock: For waiting.
        retries: For transaction messages that are answered with an error.
    """

    def __init__(self, link: StationLink, clock: Clock, retries: Retries) -> None:
        self._link = link
        self._clock = clock
        self.retries = retries
        """For transaction messages that are answered with an error."""
        self._chatter: deque[Message] = deque()
        self._queue: deque[Message] = deque()
        self._news = asyncio.Event()
        self._is_open = self._is_speaking = False
        self.dropped: list[Message] = []
        """Transaction messages that were given up."""

    @property
    def waiting(self) -> tuple[Message, ...]:
        """Transaction messages that have not been answered yet."""
        return tuple(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether all has been said and answered."""
        return self._is_open and not (self._chatter or self._queue or self._is_speaking)

    def open(self) -> None:
        """Let messages go: there is a link, and the central system has accepted the station."""
        self._is_open = True
        self._news.set()

    def shut(self) -> None:
        """Keep transaction messages until the link is back, and drop the chatter."""
        self._is_open = False
        self._chatter.clear()

    def chat(self, action: str, payload: dict[str, Any], then: Then = lambda _: None) -> None:
        """Say something soon, or never if there is no link."""
        if self._is_open:
            self._chatter.append(Message(action, lambda: payload, then))
            self._news.set()

    def queue(self, message: Message) -> None:
        """Say something after all that is queued."""
        assert len(self._queue) < QUEUE_MAX
        self._queue.append(message)
        self._news.set()

    async def run(self) -> None:
        """Say what there is to say, until cancelled."""
        while True:
            await self._news.wait()
            if not self._is_open or not (self._chatter or self._queue):
                self._news.clear()
                continue
            self._is_speaking = True
            if self._chatter:
                await self._say_once(self._chatter.popleft())
            else:
                await self._say_until_answered()
            self._is_speaking = False

    async def _say_once(self, message: Message) -> None:
        try:
            message.then(await self._link.call(message.action, message.payload()))
        except LinkLostError:
            self.shut()
        except AnsweredWithError:
            pass  # Chatter is not repeated.

    async def _say_until_answered(self) -> None:
        message, attempt = self._queue[0], 0
        while self._is_open:
            attempt += 1
            try:
                answer = await self._link.call(message.action, message.payload())
            except LinkLostError:
                self.shut()
                return
            except AnsweredWithError:
                if attempt >= self.retries.attempts:
                    self.dropped.append(self._queue.popleft())
                    return
                await self._clock.sleep(self.retries.interval_s * attempt)
            else:
                self._queue.popleft()
                message.then(answer)
                return
