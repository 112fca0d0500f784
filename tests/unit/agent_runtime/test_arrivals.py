"""Messages wait in the order in which they came."""

import asyncio

from agent_runtime.arrivals import ARRIVALS_MAX, Arrivals
from negotiation import Envelope, Stop


def message(number: int) -> Envelope:
    """Return a message with a number."""
    return Envelope(
        dialogue=bytes(16), number=number, sender=bytes(32), reply_by_us=0, body=Stop(reason="")
    )


async def numbers(arrivals: Arrivals, count: int) -> list[int]:
    """Return the numbers of the messages that wait."""
    found = []
    for _ in range(count):
        found.append((await arrivals.first())[0].number)
        arrivals.drop_first()
    return found


async def test_first_in_first_out() -> None:
    """The oldest stays until it is dropped."""
    arrivals = Arrivals()
    for number in (5, 6, 4):
        arrivals.put(message(number), b"")
    assert [(await arrivals.first())[0].number for _ in range(2)] == [5, 5]
    assert await numbers(arrivals, 3) == [5, 6, 4]


async def test_a_repetition_waits_for_nothing() -> None:
    """A number that waits already, or is just being looked at, is not taken again."""
    arrivals = Arrivals()
    for number in (5, 5, 6, 5):
        arrivals.put(message(number), b"")
    assert await numbers(arrivals, 2) == [5, 6]
    arrivals.put(message(5), b"")
    assert await numbers(arrivals, 1) == [5]


async def test_a_flood_is_not_kept() -> None:
    """Beyond the limit, messages are lost, as on a bad link."""
    arrivals = Arrivals()
    for number in range(2 * ARRIVALS_MAX):
        arrivals.put(message(number), b"")
    assert await numbers(arrivals, ARRIVALS_MAX) == list(range(ARRIVALS_MAX))


async def test_waits_for_the_first() -> None:
    """Who looks before anything has come gets it when it comes."""
    arrivals = Arrivals()
    waiting = asyncio.create_task(arrivals.first())
    await asyncio.sleep(0)
    assert not waiting.done()
    arrivals.put(message(1), b"frame")
    assert (await waiting)[1] == b"frame"
