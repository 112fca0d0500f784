"""Whether anybody answers at a broker's address: asked before a run writes or starts anything."""

import asyncio

import msgspec

from agent_runtime import BrokerSettings
from scenarios.errors import BrokerAwayError, StoryError

ANSWER_S = 5.0
"""How long a broker may take to take a connection. [s]"""


async def check_broker(url: str) -> None:
    """Make sure that somebody takes connections at a broker's address.

    Args:
        url: `mqtt://[user:password@]host[:port]`, or `mqtts://`.

    Raises:
        StoryError: It is no such address.
        BrokerAwayError: Nobody answers there.
    """
    try:
        broker = msgspec.convert({"url": url}, BrokerSettings)
    except msgspec.ValidationError as error:
        raise StoryError(f"the broker's {error}") from error
    try:
        async with asyncio.timeout(ANSWER_S):
            _, writer = await asyncio.open_connection(broker.host, broker.port)
    except OSError as error:  # a TimeoutError is one
        reason = error.strerror or "no answer"
        raise BrokerAwayError(
            f"there is no MQTT broker at {broker.place} ({reason}): start it, or leave --broker"
            " out to use the built-in one"
        ) from error
    writer.close()
    await writer.wait_closed()
