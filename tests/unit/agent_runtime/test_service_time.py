"""The time of a service stands still in its pauses."""

from agent_runtime import ServiceTime


def test_runs_as_the_story_does() -> None:
    """Without a pause it shows the story's time."""
    time = ServiceTime()
    assert (time.at_s(5), time.at_s(100), time.is_paused) == (5, 100, False)


def test_stands_still_while_paused() -> None:
    """And goes on from there; pausing or going on twice changes nothing."""
    time = ServiceTime()
    time.go_on(1)
    time.pause(10)
    time.pause(20)
    assert (time.at_s(9), time.at_s(10), time.at_s(50), time.is_paused) == (9, 10, 10, True)
    time.go_on(60)
    time.go_on(70)
    assert (time.at_s(60), time.at_s(75), time.is_paused) == (10, 25, False)
    time.pause(80)
    time.go_on(90)
    assert time.at_s(90) == 30


def test_a_clock_set_back_takes_nothing_away() -> None:
    """A pause that ends before it began has lasted for nothing."""
    time = ServiceTime()
    time.pause(10)
    time.go_on(5)
    assert time.at_s(20) == 20


def test_a_time_gone_by_can_be_left_out() -> None:
    """Less than nothing is nothing."""
    time = ServiceTime()
    time.leave_out(20)
    time.leave_out(-5)
    assert time.at_s(30) == 10
