"""Simulated clocks: wrong in every way that clocks are, while physics goes on."""

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
