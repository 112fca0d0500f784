"""Two times on one clock: the machine's, and one that is moved by hand."""

import asyncio

import pytest

from agent_runtime import ManualClock, SystemClock, settle


def test_the_story_begins_at_its_epoch() -> None:
    """Story time counts from the epoch, as fast as it is told, and is negative before it."""
    now_us = SystemClock().now_us()
    clock = SystemClock(speed=60.0, epoch_us=now_us - 10_000_000)
    assert 600.0 <= clock.story_s() < 660.0
    later = SystemClock(speed=60.0, epoch_us=now_us + 10_000_000)
    assert -600.0 <= later.story_s() < -540.0
    assert 0.0 <= SystemClock(speed=1_000.0).story_s() < 1_000.0


def test_story_time_never_falls() -> None:
    """Readings of the story's time are in order."""
    clock = SystemClock(speed=1e6)
    readings = [clock.story_s() for _ in range(1_000)]
    assert readings == sorted(readings)


async def test_the_machine_clock_waits() -> None:
    """Waiting lasts at least as long as asked, in story time as in real time."""
    clock = SystemClock(speed=100.0)
    began_s = clock.story_s()
    await clock.sleep(0.01)
    await clock.sleep_story(1.0)
    assert clock.story_s() - began_s >= 1.9
    await clock.sleep(-1)
    await clock.sleep_story(-1)


async def test_the_machine_clock_ends_what_takes_too_long() -> None:
    """A block that takes too long is left with TimeoutError, another is not."""
    clock = SystemClock()
    with pytest.raises(TimeoutError):
        async with clock.timeout(0.01):
            await asyncio.Event().wait()
    async with clock.timeout(10):
        await settle(1)


async def test_a_manual_clock_stands_still() -> None:
    """Nobody wakes before the clock is moved, and then they wake in the order of their times."""
    clock = ManualClock(speed=10.0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, story_s: float) -> None:
        await clock.sleep_story(story_s)
        woken.append((name, clock.story_s()))

    tasks = [asyncio.create_task(sleeper(*each)) for each in (("late", 20.0), ("early", 10.0))]
    await settle()
    assert (woken, clock.sleepers) == ([], 2)
    await clock.advance(1.5)
    assert woken == [("early", 10.0)]
    await clock.advance(1.5)
    assert woken == [("early", 10.0), ("late", 20.0)]
    assert clock.story_s() == 30.0
    await asyncio.gather(*tasks)


async def test_a_manual_clock_wakes_those_who_sleep_again() -> None:
    """One move carries a sleeper through all the naps that lie within it."""
    clock = ManualClock()
    naps = 0

    async def napper() -> None:
        nonlocal naps
        while True:
            await clock.sleep(1)
            naps += 1

    task = asyncio.create_task(napper())
    await settle()
    await clock.advance(5.5)
    assert naps == 5
    task.cancel()
    await settle()
    assert clock.sleepers == 0


async def test_a_manual_clock_ends_what_takes_too_long() -> None:
    """A block is left when the clock moves past its time, and not before."""
    clock = ManualClock()

    async def patient() -> str:
        try:
            async with clock.timeout(5):
                await asyncio.Event().wait()
        except TimeoutError:
            return "over"
        return "never"

    task = asyncio.create_task(patient())
    await settle()
    await clock.advance(4.9)
    assert not task.done()
    await clock.advance(0.2)
    assert await task == "over"
    async with clock.timeout(5):
        await settle(1)
    await settle()
    assert clock.sleepers == 0
