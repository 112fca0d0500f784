"""The rules for alerts: each is raised by its cause, once, and is over when that is gone."""

from dashboard.model import Level, Model, advance, take
from dashboard.model.alert_rules import BEHIND_MAX, STAGE_MAX_S
from dashboard.observed import ProcessChanged, RunEnded, SourceDown
from tests.unit.dashboard.heard import (
    SUPPLY,
    at,
    began,
    final,
    ledger_state,
    metrics,
    model_of,
    news,
    presence,
    records,
    session,
    until,
)


def open_keys(model: Model) -> list[str]:
    """Return the causes of the open alerts."""
    return [alert.key for alert in model.alerts.open]


def lines(model: Model, who: str) -> list[str]:
    """Return what the log says about somebody."""
    return [line.text for line in model.log.lines if line.who == who]


def test_a_lost_source_is_one_alert_and_two_lines() -> None:
    """One line when it goes, one when it is back, none for each attempt."""
    model = model_of(metrics(0))
    for second in range(1, 9):
        take(model, SourceDown(at_us=at(second), source="ledger", reason="nobody listens"))
    advance(model, at(12))
    assert open_keys(model) == ["source ledger"]
    take(model, metrics(13))
    advance(model, at(14))
    assert model.alerts.kept["A1"].over_us
    assert [words.split(":")[0] for words in lines(model, "ledger")] == ["is lost", "is back"]


def test_a_quiet_source_raises_no_alarm() -> None:
    """A night in which nothing happens is no fault."""
    model = until(model_of(metrics(0)), 120)
    assert model.alerts.kept == {}


def test_a_source_that_never_spoke_raises_no_alarm() -> None:
    """It is waited for, and the status bar says so."""
    model = model_of()
    advance(model, at(60))
    assert model.alerts.kept == {}


def test_a_silent_agent_is_an_alert() -> None:
    """While the broker is there, an agent that stops speaking is missed, then back."""
    model = until(model_of(news(0, "anna", "vehicle", doing="driving")), 7)
    assert open_keys(model) == ["agent anna"]
    assert model.alerts.open[0].level is Level.WARN
    take(model, news(8, "anna", "vehicle", doing="driving"))
    until(model, 9)
    assert model.alerts.kept["A1"].over_us


def test_nobody_is_missed_while_the_broker_is_away() -> None:
    """A lost broker is one alert, not one for each agent."""
    model = model_of(news(0, "anna", "vehicle", doing="driving"))
    until(model, 40, silent=("broker",))
    assert open_keys(model) == ["source broker"]


def test_a_last_will_is_an_error_and_a_finished_car_is_none() -> None:
    """Who vanishes is missed; who says that it is done, or whose run is over, is not."""
    gone = until(model_of(presence(0, "anna", online=True), presence(1, "anna", online=False)), 3)
    assert open_keys(gone) == ["agent anna"]
    assert gone.alerts.open[0].level is Level.ERROR
    done = model_of(news(0, "anna", "vehicle", doing="done"), presence(1, "anna", online=False))
    assert open_keys(until(done, 60)) == []
    over = model_of(began(), news(0, "anna", "vehicle"), RunEnded(at_us=at(1), ok=True))
    assert open_keys(until(over, 60)) == []


def test_missing_tokens_can_not_be_acknowledged_away() -> None:
    """Balances and holds other than the supply: red, until they agree again."""
    model = until(model_of(metrics(0, balances=SUPPLY - 6)), 2)
    assert open_keys(model) == ["supply"]
    model.alerts.acknowledge()
    assert open_keys(model) == ["supply"]
    take(model, metrics(3))
    until(model, 4)
    assert open_keys(model) == []


def test_a_validator_that_does_not_sign_is_missed() -> None:
    """So many final checkpoints without it, then an alert, then its signature ends that."""
    model = model_of(records(0, *range(20)), final(0.1, 1, "city", "auditor"))
    for size in range(2, BEHIND_MAX + 3):
        take(model, final(0.1 * size, size, "city"))
    assert model.ledger.validators["auditor"].behind == BEHIND_MAX + 1
    until(model, 2)
    assert open_keys(model) == ["validator auditor"]
    take(model, final(3, 15, "city", "auditor"))
    until(model, 4)
    assert model.alerts.kept["A1"].over_us


def test_nobody_is_slow_where_nobody_signs() -> None:
    """A checkpoint of a ledger without validators makes nothing final, and nobody late."""
    model = until(model_of(ledger_state(0, quorum=0), records(0, 0, 1)), 12)
    take(model, final(12, 2))
    until(model, 13)
    assert open_keys(model) == []
    assert not model.tangle.has_quorum
    assert model.ledger.wait_ms(50) is None


def test_a_slow_quorum_is_an_alert() -> None:
    """Ten seconds for one record in twenty are too long, by the node's clock."""
    model = until(model_of(records(0, 0, 1)), 12)
    take(model, final(12, 2))
    until(model, 13)
    assert open_keys(model) == ["finality"]
    assert model.ledger.wait_ms(50) == 12_000
    assert open_keys(until(model_of(records(0, 0, 1), final(1, 2)), 13)) == []


def test_a_dialogue_that_does_not_move_on_is_stuck() -> None:
    """An answer is due within half a minute; driving there and delivering take longer."""

    def last(state: str) -> list[str]:
        model = model_of(session(0, state))
        return [key for key in open_keys(until(model, STAGE_MAX_S + 3)) if key.startswith("stuck")]

    assert last("offered") == ["stuck d1"]
    assert last("delivering") == []


def test_more_than_two_slices_unpaid_is_an_alert() -> None:
    """Delivery without payment, and payment without delivery, beyond what a slice explains."""
    fair = session(0, "delivering", billed=300, vouched=100, slice=100)
    assert open_keys(until(model_of(fair), 2)) == []
    unpaid = session(0, "delivering", billed=301, vouched=100, slice=100)
    assert open_keys(until(model_of(unpaid), 2)) == ["exposure d1"]
    ahead = session(0, "delivering", billed=100, vouched=301, slice=100)
    [alert] = until(model_of(ahead), 2).alerts.open
    assert "paid ahead" in alert.text


def test_clocks_that_differ_are_an_alert() -> None:
    """Two seconds between the node's clock and the viewer's make ages lie."""
    model = until(model_of(metrics(0, ledger_at_us=at(-3))), 2)
    assert open_keys(model) == ["clock"]
    assert "3.0 s behind" in model.alerts.open[0].text


def test_a_process_that_dies_is_an_alert_until_it_is_back() -> None:
    """The runner's word is enough."""
    model = model_of(
        began(), ProcessChanged(at_us=at(1), name="anna", state="died", text="SIGKILL")
    )
    assert open_keys(model) == ["process anna"]
    take(model, ProcessChanged(at_us=at(2), name="anna", state="ready", process_id=7))
    assert model.alerts.kept["A1"].over_us == at(2)
    assert model.run.processes["anna"].starts == 1
