"""OCPP 2.0.1: pieces of transactions, meter values and orders, before any wire."""

import base64
import math
from typing import Any

import pytest

from charger_agent.drivers.ocpp.v201.contact import Variables
from charger_agent.drivers.ocpp.v201.meter_values import samples_of
from charger_agent.drivers.ocpp.v201.orders import default_profile, limit_profile, start_order
from charger_agent.drivers.ocpp.v201.pieces import Pieces, Place

NOW = "2026-12-01T10:00:00Z"


def event(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """Return a piece."""
    info = {"transactionId": "T1"} | changes.pop("info", {})
    return {
        "eventType": "Updated",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": info,
    } | changes


def test_numbers_order_pieces() -> None:
    """The newest says how things stand, late ones do not, repeated ones change nothing."""
    pieces = Pieces("T1")
    steps = [
        (event(0, info={"chargingState": "EVConnected"}), Place.NEWEST),
        (event(2, info={"chargingState": "Charging"}), Place.NEWEST),
        (event(1, info={"chargingState": "SuspendedEV"}), Place.LATE),
        (event(2, info={"chargingState": "Idle"}), Place.AGAIN),
    ]
    assert [pieces.take(piece) for piece, _ in steps] == [place for _, place in steps]
    assert pieces.activity == "Charging"
    assert pieces.missing == []


def test_missing_numbers_are_named() -> None:
    """Not more than some of them."""
    pieces = Pieces("T1")
    pieces.take(event(3))
    assert pieces.missing == [0, 1, 2]
    pieces.take(event(1_000))
    assert pieces.missing == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_an_end_counts_whenever_it_comes() -> None:
    """Also before pieces that are older; who charged may be learned late."""
    pieces = Pieces("T1")
    pieces.take(event(5, eventType="Ended", info={"stoppedReason": "EVDisconnected"}))
    assert (pieces.is_over, pieces.stop_reason) == (True, "EVDisconnected")
    pieces.take(event(0, idToken={"idToken": "TW1", "type": "Central"}))
    assert (pieces.token, pieces.is_over) == ("TW1", True)


@pytest.mark.parametrize("trigger", ["Deauthorized", "RemoteStop", "StopAuthorized"])
def test_a_released_transaction_may_be_granted_again(trigger: str) -> None:
    """Where it lasts as long as the cable: nobody may charge, until somebody else may."""
    pieces = Pieces("T1")
    pieces.take(event(0, idToken={"idToken": "TW1", "type": "Central"}))
    pieces.take(event(1, triggerReason=trigger))
    pieces.take(event(2, triggerReason="ChargingStateChanged"))
    assert pieces.is_over
    token = {"idToken": "TW2", "type": "Central"}
    pieces.take(event(3, triggerReason="RemoteStart", idToken=token))
    assert (pieces.is_over, pieces.token) == (False, "TW2")


@pytest.mark.parametrize(
    ("sampled", "energy_wh"),
    [
        ({"value": 1234}, 1_234),
        ({"value": 1.234, "unitOfMeasure": {"unit": "kWh"}}, 1_234),
        ({"value": 12.34, "unitOfMeasure": {"multiplier": 2}}, 1_234),
        ({"value": 1, "unitOfMeasure": {"unit": "varh"}}, None),
        ({"value": 1, "phase": "L1"}, None),
        ({"value": 1, "location": "Inlet"}, None),
        ({"value": 1, "measurand": "Voltage"}, None),
    ],
)
def test_registers_are_read(sampled: dict[str, Any], energy_wh: int | None) -> None:
    """In their units; what is not the outlet's whole register is none."""
    (sample,) = samples_of([{"timestamp": NOW, "sampledValue": [sampled]}])
    assert sample.energy_wh == energy_wh


def test_signed_values_are_passed_on() -> None:
    """As text where they are text in Base64, as they came where not."""
    signed = {"signingMethod": "m", "encodingMethod": "OCMF", "publicKey": "k"}
    data = (base64.b64encode(b"OCMF|{}|{}").decode(), "not base64!")
    sampled = [
        {"value": 1, "signedMeterValue": signed | {"signedMeterData": each}} for each in data
    ]
    (sample,) = samples_of([{"timestamp": NOW, "sampledValue": sampled}])
    assert [each.data for each in sample.signed] == ["OCMF|{}|{}", "not base64!"]
    assert {(each.format, each.public_key) for each in sample.signed} == {("OCMF", "k")}


def test_a_limit_dies_in_the_station() -> None:
    """After its life the fallback is what its schedule says; it begins by the station's clock."""
    profile = limit_profile(
        1, limit=16.0, after_s=90.7, fallback=0.0, unit="A", from_us=0, transaction="T1"
    )
    (schedule,) = profile["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 16.0},
        {"startPeriod": 90, "limit": 0.0},
    ]
    assert schedule["startSchedule"] == "1970-01-01T00:00:00.000Z"
    assert (profile["transactionId"], profile["chargingProfileKind"]) == ("T1", "Absolute")


def test_what_comes_with_a_start_counts_from_its_beginning() -> None:
    """There is no transaction yet, so its time is relative; and it has no end if there is none."""
    profile = limit_profile(1, limit=7.0, after_s=math.inf, fallback=0.0, unit="A", from_us=0)
    assert profile["chargingProfileKind"] == "Relative"
    assert "transactionId" not in profile
    assert len(profile["chargingSchedule"][0]["chargingSchedulePeriod"]) == 1
    order = start_order(1, token="TW1", number=2**31, profile=profile)
    assert 0 < order["remoteStartId"] < 2**31
    assert (
        default_profile(1, fallback=0.0, unit="A")["chargingProfilePurpose"] == "TxDefaultProfile"
    )


def test_variables_know_no_case() -> None:
    """What was not told is empty; amperes are taken where both are."""
    told = {
        "component": {"name": "smartchargingctrlr"},
        "variable": {"name": "RATEUNIT"},
        "attributeStatus": "Accepted",
        "attributeValue": "A,W",
    }
    unknown = told | {"attributeStatus": "UnknownVariable"}
    variables = Variables.of({"getVariableResult": [told]})
    assert variables.get("SmartChargingCtrlr", "RateUnit") == "a,w"
    assert variables.rate_unit("") == "A"
    assert variables.rate_unit("W") == "W"
    assert (
        Variables.of({"getVariableResult": [unknown]}).get("SmartChargingCtrlr", "RateUnit") == ""
    )
