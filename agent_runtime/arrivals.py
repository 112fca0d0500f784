"""Messages of one partner that wait to be heard, in the order in which they came."""

import asyncio
from collections import deque

from negotiation import Envelope

ARRIVALS_MAX = 32
"""Messages of one partner that wait; an honest one has two or three on their way."""


class Arrivals:
    """A queue of messages, bounded, each number at most once: a repetition waits for nothing."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Envelope, bytes]] = deque()
        self._stirred = asyncio.Event()

    def put(self, envelope: Envelope, frame: bytes) -> None:
        """Let a message wait, unless it waits already or too many do."""
        numbers = {waiting.number for waiting, _ in self._waiting}
        if envelope.number not in numbers and len(numbers) < ARRIVALS_MAX:
            self._waiting.append((envelope, frame))
            self._stirred.set()

    async def first(self) -> tuple[Envelope, bytes]:
        """Wait for a message and return the oldest; it stays in the queue."""
        while not self._waiting:
            self._stirred.clear()
            await self._stirred.wait()
        return self._waiting[0]

    def drop_first(self) -> None:
        """Drop the oldest message: it was heard, or is not to be."""
        self._waiting.popleft()
