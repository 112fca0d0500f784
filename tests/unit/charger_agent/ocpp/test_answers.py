"""What a charge point of OCPP 1.6J is answered, whatever it asks: tables."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from charger_agent.drivers.ocpp.times import parse_time
from charger_agent.drivers.ocpp.v16.driver import Ocpp16Charger
from tests.unit.charger_agent.ocpp.point import NOW, TOKEN, Point, open_driver, point_at


@pytest.fixture
async def charger() -> AsyncIterator[Ocpp16Charger]:
    """Return a driver that lets CP1 come in."""
    async with open_driver() as charger:
        yield charger


@pytest.fixture
async def point(charger: Ocpp16Charger) -> AsyncIterator[Point]:
    """Return a charge point that has just connected."""
    async with point_at(charger, boots=False) as point:
        yield point


VALUE = {"timestamp": NOW, "sampledValue": [{"value": "1"}]}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW}
STOP = {"transactionId": 1, "meterStop": 0, "timestamp": NOW}

ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Authorize", {"idTag": "TAG"}, {"idTagInfo": {"status": "Invalid"}}),
    ("Authorize", {"idTag": ""}, {"idTagInfo": {"status": "Invalid"}}),
    ("DataTransfer", {"vendorId": "maker"}, {"status": "UnknownVendorId"}),
    ("DataTransfer", {"vendorId": "m", "data": "x" * 900}, {"status": "UnknownVendorId"}),
    ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
    ("FirmwareStatusNotification", {"status": "Installed"}, {}),
    ("LogStatusNotification", {"status": "Idle", "requestId": 1}, {}),
    ("SignedFirmwareStatusNotification", {"status": "Idle", "requestId": 1}, {}),
    ("SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": NOW}, {}),
    ("SignCertificate", {"csr": "-----"}, {"status": "Rejected"}),
    ("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"}, {}),
    ("StatusNotification", {"connectorId": 9, "errorCode": "NoError", "status": "Charging"}, {}),
    ("MeterValues", {"connectorId": 0, "meterValue": [VALUE]}, {}),
    ("MeterValues", {"connectorId": 1, "transactionId": 77, "meterValue": [VALUE]}, {}),
    ("StopTransaction", STOP, {}),
    ("StopTransaction", STOP | {"transactionId": -1}, {}),
    ("StopTransaction", STOP | {"idTag": "T"}, {"idTagInfo": {"status": "Invalid"}}),
    ("StopTransaction", STOP | {"timestamp": "1970-01-01T00:00:00Z", "meterStop": -5}, {}),
]


@pytest.mark.parametrize(("action", "payload", "answer"), ANSWERS)
async def test_what_is_answered(
    point: Point, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Everything that the specification lets a charge point ask."""
    assert await point.say(action, **payload) == answer


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("BootNotification", {}, "OccurenceConstraintViolation"),
    ("BootNotification", {"chargePointVendor": "M"}, "OccurenceConstraintViolation"),
    (
        "BootNotification",
        {"chargePointVendor": "M" * 21, "chargePointModel": "B"},
        "PropertyConstraintViolation",
    ),
    (
        "BootNotification",
        {"chargePointVendor": 1, "chargePointModel": "B"},
        "TypeConstraintViolation",
    ),
    (
        "BootNotification",
        {"chargePointVendor": "M", "chargePointModel": "B", "colour": "red"},
        "FormationViolation",
    ),
    ("Heartbeat", {"x": 1}, "FormationViolation"),
    ("Authorize", {"idTag": "T" * 21}, "PropertyConstraintViolation"),
    ("Authorize", {"idTag": None}, "TypeConstraintViolation"),
    ("StartTransaction", START | {"connectorId": "1"}, "TypeConstraintViolation"),
    ("StartTransaction", START | {"meterStart": 1.5}, "TypeConstraintViolation"),
    ("StartTransaction", START | {"timestamp": "soon"}, "PropertyConstraintViolation"),
    ("StopTransaction", STOP | {"reason": "Bored"}, "PropertyConstraintViolation"),
    ("StopTransaction", {"transactionId": 1}, "OccurenceConstraintViolation"),
    ("MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation"),
    ("MeterValues", {"connectorId": 1, "meterValue": {}}, "TypeConstraintViolation"),
    (
        "MeterValues",
        {"connectorId": 1, "meterValue": [{"timestamp": NOW, "sampledValue": [{"value": 1}]}]},
        "TypeConstraintViolation",
    ),
    (
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Bored"},
        "PropertyConstraintViolation",
    ),
    ("Dance", {}, "NotImplemented"),
    ("heartbeat", {}, "NotImplemented"),
    ("", {}, "NotImplemented"),
    ("BootNotificationResponse", {}, "NotImplemented"),
    ("RemoteStartTransaction", {"idTag": "T"}, "NotSupported"),
    ("Reset", {"type": "Soft"}, "NotSupported"),
    ("GetConfiguration", {}, "NotSupported"),
]


@pytest.mark.parametrize(("action", "payload", "code"), REFUSED)
async def test_what_is_refused(
    point: Point, action: str, payload: dict[str, Any], code: str
) -> None:
    """With the code of the specification; the connection stays."""
    assert await point.say(action, **payload) == code
    assert "currentTime" in await point.say("Heartbeat")


async def test_boot_and_heartbeat_carry_the_clock(charger: Ocpp16Charger, point: Point) -> None:
    """A charge point without a clock of its own takes ours."""
    boot = await point.say("BootNotification", chargePointVendor="M", chargePointModel="B")
    assert (boot["status"], boot["interval"]) == ("Accepted", 300)
    beat = await point.say("Heartbeat")
    for told in (boot["currentTime"], beat["currentTime"]):
        at_us = parse_time(told)
        assert at_us is not None
        assert abs(at_us - charger._clock.now_us()) < 5_000_000


async def test_a_start_of_nobody_is_answered_and_ended(
    charger: Ocpp16Charger, point: Point
) -> None:
    """It gets a transaction id, as the schema asks, and is told that nobody pays."""
    answer = await point.start("STRANGER")
    assert answer["idTagInfo"] == {"status": "Invalid"}
    stopped = await point.until_asked("RemoteStopTransaction")
    assert stopped == {"transactionId": answer["transactionId"]}
    assert charger._connector.transaction is None


async def test_a_repeated_start_is_the_same_transaction(
    charger: Ocpp16Charger, point: Point
) -> None:
    """Connector, tag, time and register tell it; another of them is another one."""
    charger._connector.begin(TOKEN)
    first = await point.start()
    assert first["idTagInfo"] == {"status": "Accepted"}
    assert await point.start() == first
    assert await point.start(TOKEN.lower()) == first
    later = await point.start(at="2026-03-01T10:00:01Z")
    assert later["transactionId"] > first["transactionId"]


async def test_a_token_is_good_for_its_own_connector(charger: Ocpp16Charger, point: Point) -> None:
    """Case does not matter; at another connector nobody has agreed on anything."""
    charger._connector.begin(TOKEN)
    assert await point.say("Authorize", idTag=TOKEN.lower()) == {
        "idTagInfo": {"status": "Accepted"}
    }
    elsewhere = await point.say(
        "StartTransaction", connectorId=2, idTag=TOKEN, meterStart=0, timestamp=NOW
    )
    assert elsewhere["idTagInfo"] == {"status": "Invalid"}
    charger._connector.end()
    assert await point.say("Authorize", idTag=TOKEN) == {"idTagInfo": {"status": "Invalid"}}


async def test_nothing_late_or_strange_touches_a_session(
    charger: Ocpp16Charger, point: Point
) -> None:
    """Values and stops of other transactions are answered, and that is all."""
    charger._connector.begin(TOKEN)
    charger._connector.is_enabled = True
    mine = (await point.start(meter=1_000))["transactionId"]
    await point.meter("1010", transactionId=mine)
    before = charger._connector.register.energy_wh
    await point.meter("999999", transactionId=mine + 7)
    await point.say("StopTransaction", transactionId=mine + 7, meterStop=5, timestamp=NOW)
    await point.say("StopTransaction", transactionId=-1, meterStop=5, timestamp=NOW)
    assert charger._connector.register.energy_wh == before
    assert charger._connector.transaction is not None
    assert charger._connector.implausible == ""
    for _ in range(2):
        await point.say("StopTransaction", transactionId=mine, meterStop=1_020, timestamp=NOW)
    assert charger._connector.transaction is None
    assert charger._connector.stopped == "local"


@pytest.mark.parametrize("value", ["999999", "5"])
async def test_a_meter_that_lies_is_found_out(
    charger: Ocpp16Charger, point: Point, value: str
) -> None:
    """A register that jumps or falls is answered, and never shown."""
    charger._connector.begin(TOKEN)
    mine = (await point.start(meter=1_000))["transactionId"]
    assert await point.meter(value, transactionId=mine) == {}
    assert charger._connector.implausible
    assert charger._connector.register.energy_wh == 0
