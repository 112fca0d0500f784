"""The diary: who was away and when, who lied, who raised an alarm about whom."""

from scenarios.diary import Alarm, Diary, Outage
from scenarios.happenings import (
    AlarmRaised,
    Happening,
    LieBegan,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessStruck,
)


def test_outages_are_wanted_or_not() -> None:
    """A kill by the story is told from a death of its own, and an end in order is none."""
    diary = Diary()
    happenings: list[Happening] = [
        ProcessReady("city", 1, 0.1),
        ProcessStruck("city", 5.0),
        ProcessDied("city", "signal SIGKILL", ""),
        ProcessReady("city", 2, 0.1),
        ProcessDied("city", "exit code 1", ""),
        ProcessEnded("auditor"),
    ]
    for at_us, happening in enumerate(happenings):
        diary.take(happening, at_us)
    assert diary.outages == [
        Outage(name="city", from_us=2, until_us=3, wanted=True),
        Outage(name="city", from_us=4),
    ]


def test_a_restart_that_fails_is_one_outage() -> None:
    """Who dies again before it was ready has been away all the time."""
    diary = Diary()
    for at_us in (1, 2):
        diary.take(ProcessDied("node", "exit code 3", ""), at_us)
    diary.take(ProcessReady("node", 2, 0.1), 9)
    assert diary.outages == [Outage(name="node", from_us=1, until_us=9)]


def test_how_much_of_a_time_was_lost() -> None:
    """The common part of an outage and a wait counts; one that has no end goes on."""
    outage = Outage(name="node", from_us=10, until_us=20)
    assert [outage.covers_us(*ends) for ends in ((0, 5), (0, 15), (12, 14), (15, 90))] == [
        0,
        5,
        2,
        5,
    ]
    assert Outage(name="node", from_us=10).covers_us(0, 90) == 80


def test_alarms_are_counted_by_whom_about_whom() -> None:
    """The first of each kind is kept in full, the others are counted."""
    diary = Diary()
    for number in range(3):
        diary.take(AlarmRaised("node", "toll", 20 + number, f"lie {number}"), number)
    diary.take(AlarmRaised("city", "node", 7, "another root"), 9)
    assert diary.alarms == (
        Alarm(by="node", about="toll", position=20, reason="lie 0", count=3),
        Alarm(by="city", about="node", position=7, reason="another root"),
    )


def test_a_lie_begins_once() -> None:
    """The time of the first lie is kept."""
    diary = Diary()
    diary.take(LieBegan("toll"), 5)
    diary.take(LieBegan("toll"), 8)
    assert diary.lies_from_us == {"toll": 5}
