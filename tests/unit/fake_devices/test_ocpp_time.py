"""A station's clock: in 1970 at first, then as it is set, and with its own mistake."""

import pytest

from agent_runtime import ManualClock
from fake_devices.ocpp_time import StationTime, date_of, microseconds_of


async def test_it_begins_in_1970_and_is_set() -> None:
    """Until it is told the time it counts from the epoch."""
    clock = ManualClock()
    time = StationTime(clock)
    await clock.advance(2.5)
    assert time.now() == "1970-01-01T00:00:02.500Z"
    time.set_to("2026-05-01T10:00:00Z")
    await clock.advance(1.0)
    assert time.now() == "2026-05-01T10:00:01.000Z"
    time.set_to("yesterday")
    assert time.now() == "2026-05-01T10:00:01.000Z"


async def test_it_may_be_wrong_or_never_set() -> None:
    """An offset stays whatever it is told; one that can not be set stays in 1970."""
    clock = ManualClock()
    late, stuck = StationTime(clock, offset_s=3_600), StationTime(clock, is_settable=False)
    for time in (late, stuck):
        time.set_to("2026-05-01T10:00:00Z")
    assert late.now() == "2026-05-01T11:00:00.000Z"
    assert stuck.now() == "1970-01-01T00:00:00.000Z"


async def test_dates_are_real_and_spans_are_the_storys() -> None:
    """A date two real seconds ahead is two minutes of the story away at speed 60."""
    clock = ManualClock(speed=60)
    time = StationTime(clock)
    time.set_to("2026-05-01T10:00:00Z")
    await clock.advance(1.0)
    assert time.story_s_of("2026-05-01T10:00:03Z") == pytest.approx(180)


@pytest.mark.parametrize("date", ["2026-05-01T10:00:00.250Z", "2026-05-01T12:00:00.250+02:00"])
def test_dates_are_read_in_any_zone(date: str) -> None:
    """And written in UTC; a date without a zone is UTC."""
    at_us = microseconds_of(date)
    assert at_us is not None
    assert date_of(at_us) == "2026-05-01T10:00:00.250Z"
    assert microseconds_of("2026-05-01T10:00:00.250") == at_us
    assert microseconds_of("soon") is None
