"""The virtual loop: time passes by itself, in one order, and nothing goes wrong in silence."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from scenarios.simulation.clock import SimulatedClock
from scenarios.simulation.errors import DeadlockError, LivelockError
from scenarios.simulation.loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Give a loop, closed at the end."""
    loop = VirtualLoop()
    yield loop
    loop.end()


def clock_of(loop: VirtualLoop) -> SimulatedClock:
    """Return a clock on a loop."""
    return SimulatedClock(loop, began_us=0, story_began_s=0.0, speed=1.0)


def test_an_hour_passes_at_once(loop: VirtualLoop) -> None:
    """Sleeping moves the time, and takes none."""
    began_s = time.monotonic()
    loop.advance(3_600)
    assert loop.time() == 3_600
    assert time.monotonic() - began_s < 60


def test_sleepers_wake_in_the_order_of_their_times(loop: VirtualLoop) -> None:
    """Whoever sleeps less wakes first, and those of one moment as they fell asleep."""
    woken: list[tuple[str, float]] = []

    async def rest(name: str, how_long_s: float) -> None:
        await clock_of(loop).sleep(how_long_s)
        woken.append((name, loop.time()))

    async def all_of_them() -> None:
        await asyncio.gather(rest("a", 2), rest("b", 1), rest("c", 1))

    loop.run_until_complete(all_of_them())
    assert woken == [("b", 1), ("c", 1), ("a", 2)]


def test_a_timeout_is_one_of_virtual_time(loop: VirtualLoop) -> None:
    """What takes too long in virtual time is left."""

    async def wait() -> None:
        async with asyncio.timeout(5):
            await clock_of(loop).sleep(10)

    with pytest.raises(TimeoutError):
        loop.run_until_complete(wait())
    assert loop.time() == 5


def test_waiting_for_each_other_is_named(loop: VirtualLoop) -> None:
    """When nothing will ever happen again, the loop says so instead of waiting."""

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="nothing will ever happen"):
        loop.run_until_complete(wait())


def test_turning_on_the_spot_is_named(loop: VirtualLoop) -> None:
    """Who asks for itself again and again, without time passing, does not hang the simulation."""

    async def turn(wait_s: float) -> None:
        while True:
            await clock_of(loop).sleep(wait_s)

    for wait_s in (0.0, 1e-9):
        with pytest.raises(LivelockError, match="time stood still"):
            loop.run_until_complete(turn(wait_s))


def test_a_failure_that_nobody_awaits_stops_the_loop(loop: VirtualLoop) -> None:
    """An error in a callback is kept, and nothing goes on as if it had not been."""

    def fail() -> None:
        raise ZeroDivisionError

    async def go_on() -> None:
        loop.call_later(1, fail)
        await clock_of(loop).sleep(10)

    with pytest.raises(RuntimeError, match="stopped before"):
        loop.run_until_complete(go_on())
    assert isinstance(loop.failure, ZeroDivisionError)
    assert loop.time() == 1


def test_sets_keep_tasks_in_one_order(loop: VirtualLoop) -> None:
    """A task's place in a set does not depend on where in memory it lies."""

    async def nothing() -> None:
        """Do nothing."""

    async def order() -> list[int]:
        tasks = [asyncio.create_task(nothing()) for _ in range(5)]
        numbers = [tasks.index(task) for task in set(tasks)]
        await asyncio.gather(*tasks)
        return numbers

    orders = {tuple(sorted(loop.run_until_complete(order()))) for _ in range(3)}
    assert orders == {(0, 1, 2, 3, 4)}
    first, second = (sorted(loop.run_until_complete(order())) for _ in range(2))
    assert first == second


def test_ending_cancels_what_is_left() -> None:
    """Tasks that still run are cancelled before the loop closes."""
    loop = VirtualLoop()
    ended: list[bool] = []

    async def wait() -> None:
        try:
            await clock_of(loop).sleep(100)
        finally:
            ended.append(True)

    async def begin() -> None:
        task = asyncio.create_task(wait())
        await clock_of(loop).sleep(1)
        assert not task.done()

    loop.run_until_complete(begin())
    loop.end()
    assert ended == [True]
    assert loop.is_closed()
