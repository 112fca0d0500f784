"""The picture of a run: what is told changes it, and gives the lines that plain output writes."""

from pathlib import Path

import pytest

from scenarios import (
    AgentSaid,
    AlarmRaised,
    FinalityMoved,
    LedgerMoved,
    LieBegan,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
    ProcessStruck,
    RunBegan,
    StepBegan,
    TimeIsUp,
)
from tangleway.run_view import RunView, quantity_words

ANNA, MILL = "aa" * 32, "bb" * 32


def news(agent: str, state: str, **more: object) -> AgentSaid:
    """Return one side's news of a charging session between Anna and the mill."""
    buyer = agent == "anna"
    fields: dict[str, object] = {
        "dialogue": "d1",
        "role": "buyer" if buyer else "seller",
        "service": "charge",
        "partner": MILL if buyer else ANNA,
        "state": state,
        "unit": "Wh",
    }
    return AgentSaid("vehicle" if buyer else "charger", agent, "session", fields | more)


@pytest.fixture
def view() -> RunView:
    """Return the picture of a run that has just begun."""
    fresh = RunView()
    agents = (("vehicle", "anna"), ("charger", "mill"))
    names = {ANNA: "anna", MILL: "mill"}
    said = fresh.take(RunBegan("Test", agents, names, 3, Path("/run")), 0.0)
    assert said == ["Test: 2 agents in 3 processes"]
    return fresh


@pytest.mark.parametrize(
    ("happening", "line"),
    [
        (StepBegan("starting the ledger"), "starting the ledger"),
        (ProcessReady("node", 7, 0.52), "node is ready (process 7, 0.5 s)"),
        (
            ProcessDied("node", "signal SIGKILL", ""),
            "node died (signal SIGKILL); it said last: nothing",
        ),
        (ProcessRestarts("node", 0.5), "node is started again on the same data in 0.5 s"),
        (ProcessEnded("node"), "node has ended"),
        (ProcessStruck("city", 5.6), "the story kills city (SIGKILL), for 6 s"),
        (LieBegan("toll"), "toll begins to lie: it signs another tree than it derived"),
        (TimeIsUp(60.0), "time is up: the story is stopped after 60 s"),
    ],
)
def test_lines(view: RunView, happening: StepBegan, line: str) -> None:
    """Each thing that happens to processes is one line."""
    assert view.take(happening, 1.0) == [line]
    assert view.lines[-1] == line


def test_session_is_told_once(view: RunView) -> None:
    """Both sides tell of a session; a person hears each step once, with names and amounts."""
    assert view.take(news("anna", "called"), 1.0) == []
    assert view.take(news("mill", "confirmed"), 1.1) == ["anna agrees with mill on a charge"]
    assert view.take(news("anna", "confirmed"), 1.2) == []
    view.take(news("mill", "delivering", quantity=3000, billed=1_000_000), 2.0)
    paid = {"quantity": 4000, "billed": 1_500_000, "paid": 1_500_000, "ended": True}
    assert view.take(news("mill", "settled", **paid), 3.0) == ["anna pays mill 1.5 for 4.00 kWh"]
    assert view.take(news("anna", "closing"), 3.1) == []
    assert view.take(news("anna", "settled", **paid), 3.2) == []
    assert (view.agents["anna"].paid, view.agents["mill"].earned) == (1_500_000, 1_500_000)
    assert view.paid_total() == 1_500_000
    assert view.states() == {"settled": 1}


def test_failure_has_a_reason(view: RunView) -> None:
    """What goes wrong is told with its reason."""
    said = view.take(news("anna", "failed", reason="the meter fell"), 1.0)
    assert said == ["anna and mill fail: the meter fell"]


def test_agents_do_things(view: RunView) -> None:
    """Rows of agents follow their news; odd news does no harm."""
    view.take(AgentSaid("vehicle", "anna", "vehicle", {"doing": "parking", "charge_percent": 8}), 1)
    assert (view.agents["anna"].doing, view.agents["anna"].charge_percent) == ("parking", 8)
    view.take(AgentSaid("charger", "mill", "seller", {"outlets": {"1": "free", "2": "busy"}}), 1)
    assert view.agents["mill"].doing == "1 of 2 outlets taken"
    view.take(AgentSaid("car_park", "park", "seller", {"bays": {"b": "x"}, "bays_total": 4}), 1)
    assert view.agents["park"].doing == "1 of 4 bays taken"
    assert view.clock() == "--:--"
    view.take(AgentSaid("toll", "gate", "seller", {"paid": 3, "at_us": 1, "story_s": 27_060}), 1)
    assert view.agents["gate"].doing == "3 paid"
    assert view.clock() == "07:31"
    view.take(AgentSaid("toll", "gate", "seller", {}), 1)
    assert view.agents["gate"].doing == "open"
    assert view.take(AgentSaid("toll", "gate", "rumour", {"x": None}), 1) == []


def test_rate_of_the_ledger(view: RunView) -> None:
    """The rate is that of the latest seconds."""
    view.take(LedgerMoved(10, 0), 1.0)
    view.take(LedgerMoved(30, 1), 2.0)
    assert view.rate_per_s(2.5) == 15
    assert view.rate_per_s(3.5) == 10
    assert view.rate_per_s(9.0) == 0
    assert (view.accepted, view.refused) == (30, 1)


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        (4210, "Wh", "4.21 kWh"),
        (600, "s", "10 min"),
        (1, "passage", "1 passage"),
        (0, "passage", "0 passages"),
        (3, "", "3"),
    ],
)
def test_quantities_in_words(quantity: int, unit: str, words: str) -> None:
    """A delivery is said in the unit that people use."""
    assert quantity_words(quantity, unit) == words


def test_alarms_are_told_once_and_counted(view: RunView) -> None:
    """The first alarm about somebody is a line; a liar that goes on does not fill the screen."""
    alarm = AlarmRaised("node", "toll", 25, "toll stands by another tree of 25 records.")
    words = "ALARM by node about toll: toll stands by another tree of 25 records."
    assert view.take(alarm, 1.0) == [words]
    assert view.take(alarm, 1.5) == []
    assert view.take(AlarmRaised("city", "node", 7, "another root"), 2.0) == [
        "ALARM by city about node: another root"
    ]
    assert view.alarms == {"toll": 2, "node": 1}


def test_operators_stand_by_records() -> None:
    """Who has signed is shown with how much, and finality takes no line of its own."""
    view = RunView()
    agents = (("validator", "city"), ("validator", "toll"))
    view.take(RunBegan("Test", agents, {}, 3, Path("/run")), 0.0)
    assert view.final == 0
    assert view.take(FinalityMoved(9, ("city",), 84.0), 1.0) == []
    assert view.take(FinalityMoved(9, ("city",), None), 1.1) == []
    assert (view.final, view.signers, view.final_wait_ms) == (9, ("city",), 84.0)
    assert view.agents["city"].doing == "stands by 9 records"
    assert view.agents["toll"].doing == "starting"
    view.take(AlarmRaised("node", "toll", 9, "another tree"), 2.0)
    view.take(ProcessDied("city", "signal SIGKILL", ""), 2.0)
    assert view.agents["toll"].doing == "signs other trees, 1 refused"
    assert view.agents["city"].doing == "is away"


def test_without_operators_nothing_is_final(view: RunView) -> None:
    """A story whose node is believed shows no figure of finality."""
    assert view.final is None
