"""The ledger's own numbers."""

import pytest

from dashboard.model import take
from dashboard.model.ledger import percentile
from dashboard.observed import AccountSeen, AlarmRaised, EventsLost
from tests.unit.dashboard.heard import (
    SUPPLY,
    at,
    began,
    final,
    key,
    ledger_state,
    metrics,
    model_of,
    records,
    refused,
    tx_id,
)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([5.0], 95, 5.0), ([3.0, 1.0, 2.0], 50, 2.0), (list(range(100)), 95, 94)],
)
def test_percentiles(values: list[float], percent: float, expected: float | None) -> None:
    """The smallest value that so many do not exceed."""
    assert percentile(values, percent) == expected


def test_supply_is_unknown_then_conserved_then_broken() -> None:
    """Nothing is said before the node has spoken."""
    model = model_of()
    assert model.ledger.is_conserved is None
    take(model, metrics(0))
    assert model.ledger.is_conserved is True
    take(model, metrics(1, holds=4))
    assert model.ledger.is_conserved is False


def test_a_new_start_is_noticed() -> None:
    """Another boot number is another start of the node."""
    model = model_of(metrics(0), metrics(1), metrics(2, boot=2))
    assert model.ledger.restarts == 1
    assert model.log.lines[-1].text == "the node has started anew"


def test_the_answer_fills_what_was_missed() -> None:
    """After a pause the node is asked, and the log says how much was missed."""
    told = records(8, 1, 2)
    model = model_of(
        ledger_state(0, size=1, records=records(0, 0).records, records_at_us=(at(0),)),
        ledger_state(9, size=3, records=told.records, records_at_us=(at(8), at(8))),
    )
    assert len(model.tangle.transactions) == 3
    assert model.log.lines[-1].text.startswith("2 records were missed")
    assert model.tangle.evicted == 0


def test_more_was_missed_than_is_asked_for() -> None:
    """What is not fetched is counted as not kept."""
    told = records(8, 99)
    model = model_of(
        ledger_state(0, size=1, records=records(0, 0).records, records_at_us=(at(0),)),
        ledger_state(9, size=100, records=told.records, records_at_us=(at(8),)),
    )
    assert model.tangle.evicted == 98


def test_quorum_and_signers() -> None:
    """Who has signed, how far, and how long records waited for it."""
    state = ledger_state(0, quorum=2, validators=("city", "auditor", "toll"))
    model = model_of(state, records(1, 0, 1), final(1.25, 2, "city", "toll"))
    validators = model.ledger.validators
    assert {name: one.size for name, one in validators.items()} == {
        "city": 2,
        "auditor": 0,
        "toll": 2,
    }
    assert validators["auditor"].behind == 1
    assert model.ledger.waits_ms == [250.0, 250.0]


def test_refusals_by_verdict() -> None:
    """Each refusal counts under its name, and is one alert with a count for its issuer."""
    model = model_of(began(), refused(1, 5), refused(2, 6), refused(3, 7, "EXPIRED"))
    assert model.ledger.refusals == {"SEQUENCE_USED": 2, "EXPIRED": 1}
    assert [(one.subject, one.count) for one in model.alerts.open] == [("anna", 2), ("anna", 1)]
    assert model.tangle.transactions[tx_id(5)].verdict == "SEQUENCE_USED"


def test_an_alarm_is_told_once_and_counted() -> None:
    """A liar shows at its name."""
    alarm = AlarmRaised(at_us=at(1), by="node", about="city", reason="another tree")
    model = model_of(ledger_state(0, validators=("city",)), alarm, alarm)
    assert model.ledger.validators["city"].alarms == 2
    assert [(one.key, one.count) for one in model.alerts.open] == [("alarm city", 2)]
    assert sum("alarm by node" in line.text for line in model.log.lines) == 1


def test_missed_events_are_counted() -> None:
    """A gap is told with its size; a new start of the node, where nobody knows it, without."""
    model = model_of(
        EventsLost(at_us=at(0), topic="refused", count=7), EventsLost(at_us=at(1), topic="final")
    )
    assert (model.ledger.gaps, model.ledger.lost) == (2, 7)
    assert [one.key for one in model.alerts.open] == ["gap"]


def test_curves_follow_the_metrics() -> None:
    """One value a second for each curve; payments and final records count in their second."""
    model = model_of(metrics(0), records(0.2, 0, 1), final(0.4, 1), final(0.6, 2), metrics(1))
    assert model.charts.accepted.last == 2.0
    assert model.charts.payments.last == 2
    assert model.charts.final.last == 2
    assert model.charts.wait_ms.last == 200.0


def test_an_account_that_was_asked_for() -> None:
    """The answer stands at its owner, with its time."""
    model = model_of(began(), AccountSeen(at_us=at(3), key=key("anna"), balance=SUPPLY))
    assert (model.agents["anna"].balance, model.agents["anna"].balance_us) == (SUPPLY, at(3))
