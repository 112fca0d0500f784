"""What is heard of a device, and who waits for it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was heard."""

    topic: str
    """Where."""
    payload: bytes
    """What."""
    is_retained: bool
    """Whether the broker had kept it: it may be of any age."""


Fits = Callable[[Message], bool]
"""Says whether a message is the one waited for; it does not raise."""


class Expectations:
    """Those who wait for a message."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fits, asyncio.Future[Message]]] = []

    @contextlib.contextmanager
    def of(self, fits: Fits) -> Iterator[asyncio.Future[Message]]:
        """Expect a message for the length of a block.

        Args:
            fits: Says whether it is the one waited for.
        """
        message: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        entry = (fits, message)
        self._waiting.append(entry)
        try:
            yield message
        finally:
            self._waiting.remove(entry)
            if message.done() and not message.cancelled():
                message.exception()  # nobody may have come to ask for it
            message.cancel()

    def meet(self, message: Message) -> None:
        """Give a message to all who wait for such a one."""
        for fits, waiting in list(self._waiting):
            if not waiting.done() and fits(message):
                waiting.set_result(message)

    def disappoint(self, error: Exception) -> None:
        """Tell all who wait that nothing will come."""
        for _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(error)
