"""What a message may hold, and what a specification calls what it may not."""

from typing import Any

import pytest

from charger_agent.drivers.ocpp.dialects import OCPP16, OCPP201, Fault
from charger_agent.drivers.ocpp.frames import as_decimals
from charger_agent.drivers.ocpp.schemas import check_request, check_response
from charger_agent.errors import CallRefusedError

START = {
    "connectorId": 1,
    "idTag": "TAG",
    "meterStart": 0,
    "timestamp": "2026-03-01T10:00:00Z",
}


def without(name: str) -> dict[str, Any]:
    """Return a start that lacks a field."""
    return {key: value for key, value in START.items() if key != name}


@pytest.mark.parametrize(
    ("payload", "fault", "words"),
    [
        (without("idTag"), Fault.MISSING, "payload lacks idTag"),
        ({}, Fault.MISSING, "connectorId, idTag, meterStart, timestamp"),
        (START | {"connectorId": "1"}, Fault.TYPE, "connectorId breaks type"),
        (START | {"connectorId": True}, Fault.TYPE, "connectorId breaks type"),
        (START | {"meterStart": 1.5}, Fault.TYPE, "meterStart breaks type"),
        (START | {"idTag": None}, Fault.TYPE, "idTag breaks type"),
        (START | {"idTag": "T" * 21}, Fault.VALUE, "idTag breaks maxLength 20"),
        (START | {"timestamp": "yesterday"}, Fault.VALUE, "timestamp breaks format"),
        (START | {"timestamp": "2026-02-30T10:00:00Z"}, Fault.VALUE, "timestamp breaks format"),
        (START | {"timestamp": "2026-03-01"}, Fault.VALUE, "timestamp breaks format"),
        (START | {"colour": "red"}, Fault.MALFORMED, "fields that nobody knows"),
        (without("idTag") | {"connectorId": "1", "colour": 1}, Fault.MALFORMED, "nobody knows"),
    ],
)
def test_what_a_start_may_not_be(payload: dict[str, Any], fault: Fault, words: str) -> None:
    """Each fault has its name; of several one is told, always the same."""
    with pytest.raises(CallRefusedError, match=words) as refused:
        check_request(OCPP16, "StartTransaction", as_decimals(payload))
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00.123Z",
        "2026-03-01T10:00:00.1234567Z",
        "2026-03-01T10:00:00+01:00",
        "2026-03-01T10:00:00",
        "1970-01-01T00:00:00Z",
    ],
)
def test_times_as_stations_write_them(timestamp: str) -> None:
    """With and without fractions and zone, and from a clock that was never set."""
    check_request(OCPP16, "StartTransaction", START | {"timestamp": timestamp})


def test_values_outside_of_their_words_and_steps() -> None:
    """Enumerations and multiples are about values."""
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Sleeping"}
    with pytest.raises(CallRefusedError) as refused:
        check_request(OCPP16, "StatusNotification", status)
    assert refused.value.fault == Fault.VALUE
    with pytest.raises(CallRefusedError) as refused:
        check_request(OCPP16, "MeterValues", {"connectorId": 1, "meterValue": []})
    assert refused.value.fault == Fault.MISSING


@pytest.mark.parametrize(("limit", "fits"), [(21.4, True), (0, True), (16, True), (4.11, False)])
def test_tenths_are_exact(limit: float, fits: bool) -> None:
    """21.4 is a multiple of 0.1, whatever floats make of it."""
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    answer = as_decimals({"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule})
    if fits:
        check_response(OCPP16, "GetCompositeSchedule", answer)
        return
    with pytest.raises(CallRefusedError):
        check_response(OCPP16, "GetCompositeSchedule", answer)


@pytest.mark.parametrize("dialect", [OCPP16, OCPP201])
def test_every_action_has_both_schemas(dialect: Any) -> None:  # noqa: ANN401
    """Nothing but a fault of the payload comes out, for any action there is."""
    for action in dialect.actions:
        for check in (check_request, check_response):
            with pytest.raises(CallRefusedError):
                check(dialect, action, {"no field has this name": 1})
