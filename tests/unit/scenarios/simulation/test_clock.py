"""Simulated clocks: wrong in every way that clocks are, while physics goes on."""

import asyncio

from agent_runtime.polling import Flow
from scenarios.simulation.clock import SimulatedClock
from scenarios.simulation.loop import VirtualLoop


def test_a_clock_drifts_and_jumps_and_physics_does_not() -> None:
    """Drift and jumps change the time of day alone."""
    loop = VirtualLoop()
    clock = SimulatedClock(
        loop, began_us=1_000_000, story_began_s=50.0, speed=60.0, drift_ppm=100, offset_us=7
    )
    assert (clock.now_us(), clock.story_s(), clock.speed) == (1_000_007, 50.0, 60.0)
    loop.run_until_complete(clock.sleep(100))
    assert clock.now_us() == 1_000_007 + 100_000_000 + 10_000
    clock.offset_us -= 5_000_000
    assert clock.now_us() == 1_000_007 + 95_000_000 + 10_000
    assert clock.story_s() == 50.0 + 6_000
    loop.run_until_complete(clock.sleep_story(60))
    assert loop.time() == 101
    loop.end()


def test_time_that_has_passed_is_not_waited_for() -> None:
    """Sleeping until an earlier time returns at once."""
    loop = VirtualLoop()
    clock = SimulatedClock(loop, began_us=0, story_began_s=0.0, speed=1.0)

    async def rest() -> None:
        await clock.sleep(-5)
        await clock.sleep_story(-5)
        async with clock.timeout(1):
            await clock.sleep(0.5)

    loop.run_until_complete(rest())
    assert loop.time() == 0.5
    loop.end()


def test_a_block_that_takes_too_long_is_left() -> None:
    """A timeout is told from a task that somebody else has ended, as with `asyncio.timeout`."""
    loop = VirtualLoop()
    clock = SimulatedClock(loop, began_us=0, story_began_s=0.0, speed=1.0)

    async def wait(limit_s: float) -> str:
        try:
            async with clock.timeout(limit_s):
                await clock.sleep(10)
        except TimeoutError:
            return f"left at {loop.time():g} s"
        except asyncio.CancelledError:
            return f"ended at {loop.time():g} s"
        return "done"

    async def ended() -> str:
        task = asyncio.create_task(wait(5))
        await clock.sleep(1)
        task.cancel()
        return await task

    assert loop.run_until_complete(wait(2)) == "left at 2 s"
    assert loop.run_until_complete(wait(20)) == "done"
    assert loop.run_until_complete(ended()) == "ended at 13 s"
    assert loop.run_until_complete(wait(0)) == "left at 13 s"
    loop.end()


def test_a_meter_is_read_in_time_though_the_clock_is_set_back() -> None:
    """How long something takes is a matter of physics; the time of day may be set meanwhile."""
    loop = VirtualLoop()
    clock = SimulatedClock(loop, began_us=0, story_began_s=0.0, speed=60.0)
    flow = Flow(clock)

    async def read() -> None:
        flow.begin()
        clock.offset_us -= 20_000_000
        await flow.last(0.25)

    loop.run_until_complete(read())
    assert loop.time() == 0.25
    assert clock.set_at_s == 0.0
    loop.end()
