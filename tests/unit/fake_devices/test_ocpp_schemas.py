"""A strict station knows what the published schemas allow."""

import pytest

from fake_devices.ocpp_schemas import (
    knows,
    read_frame,
    request_fault,
    response_fault,
    write_frame,
)


def test_known_actions() -> None:
    """Each version knows its own; nothing is read from anywhere else."""
    assert knows("ocpp1.6", "RemoteStartTransaction")
    assert not knows("ocpp2.0.1", "RemoteStartTransaction")
    assert knows("ocpp2.0.1", "RequestStartTransaction")
    assert not knows("ocpp1.6", "../../messages")


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"idTag": "A"}, ""),
        ({}, "required"),
        ({"idTag": "A" * 21}, "maxLength"),
        ({"idTag": 5}, "type"),
        ({"idTag": "A", "more": 1}, "additionalProperties"),
    ],
)
def test_faults_are_found(payload: dict[str, object], fault: str) -> None:
    """With the rule that was broken."""
    found = request_fault("ocpp1.6", "RemoteStartTransaction", payload)
    assert (found.validator if found else "") == fault


def test_tenths_are_exact() -> None:
    """A limit of 21.4 A is one of tenths, 4.11 A is none."""
    schedule = {"duration": 60, "chargingRateUnit": "A"}
    for limit, is_right in (("21.4", True), ("4.11", False)):
        text = f'[{{"startPeriod": 0, "limit": {limit}}}]'
        whole = schedule | {"chargingSchedulePeriod": read_frame(text)}
        answer = {"status": "Accepted", "chargingSchedule": whole}
        assert (response_fault("ocpp1.6", "GetCompositeSchedule", answer) is None) == is_right
    assert write_frame([2, "1", "x", {"limit": read_frame("21.4")}]) == '[2,"1","x",{"limit":21.4}]'
