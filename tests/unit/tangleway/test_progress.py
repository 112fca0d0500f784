"""The display of a run that goes on: plain lines with times, or a picture of the same model."""

from pathlib import Path

import pytest
from rich.console import Console

from scenarios import (
    AgentSaid,
    AlarmRaised,
    FinalityMoved,
    LedgerMoved,
    RunBegan,
    StepBegan,
)
from tangleway.progress import picture, watching
from tangleway.run_view import RunView


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Each thing that happens is a line with its time, on standard error."""
    with watching(live=False) as tell:
        tell(StepBegan("starting the ledger"))
        tell(LedgerMoved(1, 0))
    out, errors = capsys.readouterr()
    assert (out, errors) == ("", "   0.0 s  starting the ledger\n")


def test_picture() -> None:
    """The picture shows who does what, sessions under way, and the ledger."""
    view = RunView()
    names = {"bb": "mill"}
    view.take(RunBegan("Test", (("vehicle", "anna"),), names, 2, Path("/run")), 0.0)
    view.take(LedgerMoved(20, 1), 1.0)
    doing = {"doing": "charging at mill", "charge_percent": 41.7}
    view.take(AgentSaid("vehicle", "anna", "vehicle", doing), 1.0)
    fields = {"dialogue": "d", "role": "buyer", "service": "charge", "partner": "bb"}
    more = {"state": "delivering", "unit": "Wh", "quantity": 1500, "billed": 570_000}
    view.take(AgentSaid("vehicle", "anna", "session", fields | more), 1.0)
    console = Console(width=100, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(picture(view, 2.0, height=24))
    drawn = captured.get()
    assert "ledger: 20 accepted, 1 refused, 10.0/s" in drawn
    assert "charging at mill" in drawn
    assert "42 %" in drawn
    assert "anna at mill" in drawn
    assert "1.50 kWh" in drawn


def test_picture_of_operators() -> None:
    """How far the ledger is final, who stands by it, and alarms have lines of their own."""
    view = RunView()
    agents = (("validator", "city"), ("validator", "auditor"))
    view.take(RunBegan("Test", agents, {}, 3, Path("/run")), 0.0)
    view.take(FinalityMoved(18, ("city", "auditor"), 84.2), 1.0)
    view.take(AlarmRaised("node", "toll", 12, "another tree"), 1.0)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(picture(view, 2.0, height=24))
    drawn = captured.get()
    assert "final: 18 records by city, auditor, the latest after 84 ms" in drawn
    assert "ALARMS: 1 about toll" in drawn
    assert "stands by 18 records" in drawn


def test_picture_of_a_crowd() -> None:
    """A story of many agents shows those that do something, and counts the others."""
    view = RunView()
    agents = tuple(("vehicle", f"car-{number}") for number in range(30))
    view.take(RunBegan("Crowd", agents, {}, 2, Path("/run")), 0.0)
    view.take(AgentSaid("vehicle", "car-29", "vehicle", {"doing": "parking"}), 1.0)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(picture(view, 2.0, height=24))
    assert "car-29" in captured.get()
    assert "and 16 more" in captured.get()
    assert len(captured.get().splitlines()) <= 24


def test_live_display_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """The live display leaves the screen when the run is over."""
    with watching(live=True) as tell:
        tell(StepBegan("starting the ledger"))
    assert "Traceback" not in capsys.readouterr().err
