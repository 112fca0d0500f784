"""The chronicle: what struck, with its end, and the first alarm of each kind."""

from scenarios import (
    AlarmRaised,
    FinalityMoved,
    Happening,
    LieBegan,
    ProcessDied,
    ProcessReady,
    ProcessStruck,
    StepBegan,
    TimeIsUp,
)
from scenarios.reporting import Chronicle, Point


def test_moments_in_order() -> None:
    """A kill lasts until the process is back; a death that nobody wanted is called so."""
    chronicle = Chronicle()
    happenings: list[Happening] = [
        StepBegan("under way"),
        ProcessStruck("node", 3.0),
        ProcessDied("node", "signal SIGKILL", ""),
        ProcessReady("node", 7, 1.0),
        ProcessDied("anna", "exit code 1", "why"),
        LieBegan("toll-op"),
        AlarmRaised("node", "toll-op", 5, "another tree"),
        AlarmRaised("node", "toll-op", 6, "another tree again"),
        FinalityMoved(5, ("a",), 80.5),
        FinalityMoved(6, ("a",), None),
        TimeIsUp(60.0),
    ]
    for at_us, happening in enumerate(happenings):
        chronicle.take(happening, at_us)
    assert [(one.kind, one.whom, one.from_us, one.until_us) for one in chronicle.moments] == [
        ("fault", "node", 2, 3),
        ("death", "anna", 4, None),
        ("lie", "toll-op", 5, None),
        ("alarm", "node", 6, None),
        ("death", "story", 10, None),
    ]
    assert chronicle.moments[3].words == "alarm about toll-op: another tree"
    assert chronicle.finals == [Point(8, 80.5)]
