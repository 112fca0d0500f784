"""Alerts: one for a cause, acknowledged by their numbers."""

from dashboard.model import Alerts, Level
from dashboard.model.alerts import ALERTS_KEPT
from tests.unit.dashboard.heard import at


def raised(alerts: Alerts, key: str, second: float = 0, *, sticky: bool = False) -> bool:
    """Raise an alert."""
    return alerts.set(key, at(second), subject="node", text=f"{key}!", sticky=sticky)


def test_one_cause_is_one_alert() -> None:
    """As long as a cause lasts it is told once; when it comes again it is a new alert."""
    alerts = Alerts()
    assert raised(alerts, "gap")
    assert not raised(alerts, "gap", 1)
    assert alerts.clear("gap", at(2))
    assert not alerts.clear("gap", at(3))
    assert raised(alerts, "gap", 4)
    assert list(alerts.kept) == ["A1", "A2"]
    assert alerts.kept["A1"].over_us == at(2)


def test_what_happens_again_is_counted() -> None:
    """Events of one kind are one alert with a count, until somebody has seen it."""
    alerts = Alerts()
    for second in range(3):
        alerts.count("refused", at(second), subject="anna", text="no", level=Level.WARN)
    assert [(one.id, one.count) for one in alerts.open] == [("A1", 3)]
    alerts.acknowledge("A1")
    alerts.count("refused", at(9), subject="anna", text="no", level=Level.WARN)
    assert [(one.id, one.count) for one in alerts.open] == [("A2", 1)]


def test_one_is_acknowledged_or_all() -> None:
    """A number closes one alert, none closes all, an unknown one nothing."""
    alerts = Alerts()
    for key in ("a", "b", "c"):
        raised(alerts, key)
    assert alerts.acknowledge("A9") == 0
    assert alerts.acknowledge("A2") == 1
    assert [one.id for one in alerts.open] == ["A1", "A3"]
    assert alerts.acknowledge() == 2
    assert alerts.open == []


def test_some_stay_while_their_cause_lasts() -> None:
    """A sticky alert can not be acknowledged away, but is gone once its cause is."""
    alerts = Alerts()
    raised(alerts, "supply", sticky=True)
    assert alerts.acknowledge() == 0
    assert alerts.open
    alerts.clear("supply", at(1))
    assert alerts.open == []


def test_the_closed_make_room_first() -> None:
    """The list is bounded; who is not acknowledged stays longest, and the rest is counted."""
    alerts = Alerts()
    for number in range(ALERTS_KEPT):
        raised(alerts, f"k{number}")
    alerts.acknowledge("A7")
    raised(alerts, "one more")
    assert "A7" not in alerts.kept
    assert "A1" in alerts.kept
    raised(alerts, "and one")
    assert "A1" not in alerts.kept
    assert (len(alerts.kept), alerts.evicted) == (ALERTS_KEPT, 2)
    assert raised(alerts, "k0"), "a cause whose alert made room can be told again"
