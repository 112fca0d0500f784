"""What a station may do wrong on a real socket: the answer has the specification's name for it.

After each bad frame the connection serves as before, and no session has begun, grown or ended.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from agent_runtime import SystemClock
from charger_agent import DriverSetup, DriverSilentError, load_driver, session_token
from charger_agent.drivers.ocpp.charger import OcppCharger
from charger_agent.drivers.ocpp.frames import FRAME_SIZE_MAX
from tests.integration.servers import PATIENCE_S

TOKEN = session_token(bytes(16))
"""Of the session that is going on."""

NOW = "2026-12-01T10:00:00Z"

METER = {"timestamp": NOW, "sampledValue": [{"value": "1000"}]}
METER201 = {"timestamp": NOW, "sampledValue": [{"value": 1000}]}

OTHER = "x" * 36

BOOT16 = {"chargePointVendor": "v", "chargePointModel": "m"}
BOOT201 = {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}}

START16 = {"connectorId": 1, "idTag": TOKEN, "meterStart": 500, "timestamp": NOW}
EVENT201: dict[str, Any] = {
    "eventType": "Started",
    "timestamp": NOW,
    "triggerReason": "RemoteStart",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T1", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 1},
    "idToken": {"idToken": TOKEN, "type": "Central"},
    "meterValue": [{"timestamp": NOW, "sampledValue": [{"value": 500}]}],
}


@dataclass
class Line:
    """A station's end of a raw socket to a driver that serves."""

    driver: OcppCharger
    protocol: str
    socket: ClientConnection

    async def hear(self) -> list[Any]:
        """Return the next frame that is no call of the central system's."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = json.loads(await self.socket.recv())
                if frame[0] != 2:
                    return list(frame)

    async def answer_to(self, frame: str) -> list[Any]:
        """Say something and return the answer."""
        await self.socket.send(frame)
        return await self.hear()

    async def works(self) -> bool:
        """Say whether a heartbeat is answered as if nothing had been."""
        kind, number, payload = await self.answer_to('[2,"beat","Heartbeat",{}]')
        return (kind, number) == (3, "beat") and "currentTime" in payload

    def session(self) -> tuple[object, ...]:
        """Return what a session's money depends on."""
        connector = self.driver._connector
        return connector.transaction, connector.stopped, connector.register.energy_wh


@asynccontextmanager
async def line(kind: str, *, path: str = "CP1") -> AsyncIterator[Line]:
    """Open a driver and call it for the length of a block."""
    protocol = "ocpp1.6" if kind == "ocpp16" else "ocpp2.0.1"
    driver = load_driver(kind)(
        DriverSetup(
            outlet="bench",
            power_w_max=22_000,
            fallback_w=0,
            options={"station": "CP1", "listen": "ws://127.0.0.1:0/ocpp", "contact_after_s": 60},
            clock=SystemClock(),
            random=random.Random(1),
        )
    )
    assert isinstance(driver, OcppCharger)
    await driver.open()
    driver._connector.begin(TOKEN)
    try:
        url = driver.listener.url + path
        async with connect(url, subprotocols=[Subprotocol(protocol)], proxy=None) as socket:
            yield Line(driver, protocol, socket)
    finally:
        driver._connector.end()
        await driver.close()


def call(action: str, payload: object, number: object = "1") -> str:
    """Return the frame of a call."""
    return json.dumps([2, number, action, payload])


MALFORMED = ("FormationViolation", "RpcFrameworkError")
MISSING = ("OccurenceConstraintViolation", "OccurrenceConstraintViolation")
"""What 1.6 and 2.0.1 call the same."""

NO_MESSAGES = [
    ("no JSON", "[2,"),
    ("no list", '{"2":"1"}'),
    ("an empty list", "[]"),
    ("a text for a kind", '["2","1","Heartbeat",{}]'),
    ("a number for an id", '[2,1,"Heartbeat",{}]'),
    ("an empty id", '[2,"","Heartbeat",{}]'),
    ("no id", "[2]"),
    ("not a number of JSON", '[2,"1","Heartbeat",NaN]'),
    ("half a character", '[2,"\\ud800","Heartbeat",{}]'),
    ("too deep", f'[2,"1","Heartbeat",{"[" * 40}{"]" * 40}]'),
]
"""Frames that are no message: they can only be answered without their id."""

FAULTS16 = [
    ("a too long id", call("Heartbeat", {}, OTHER + "y"), "FormationViolation"),
    ("no payload", '[2,"1","Heartbeat"]', "FormationViolation"),
    ("too much", '[2,"1","Heartbeat",{},{}]', "FormationViolation"),
    ("a list for a payload", '[2,"1","Heartbeat",[]]', "FormationViolation"),
    ("a number for an action", '[2,"1",7,{}]', "FormationViolation"),
    ("an unknown action", call("Dance", {}), "NotImplemented"),
    ("an action of the other side", call("Reset", {"type": "Soft"}), "NotSupported"),
    ("a missing field", call("BootNotification", {"chargePointVendor": "v"}),
     "OccurenceConstraintViolation"),
    ("an unknown field", call("BootNotification", BOOT16 | {"x": 1}), "FormationViolation"),
    ("a wrong type", call("StartTransaction", START16 | {"meterStart": "500"}),
     "TypeConstraintViolation"),
    ("a fraction for a whole", call("StartTransaction", START16 | {"meterStart": 0.5}),
     "TypeConstraintViolation"),
    ("a too long text", call("Authorize", {"idTag": "x" * 21}), "PropertyConstraintViolation"),
    ("no date", call("StartTransaction", START16 | {"timestamp": "noon"}),
     "PropertyConstraintViolation"),
    ("an unknown word", call("StatusNotification",
                             {"connectorId": 1, "errorCode": "Tired", "status": "Available"}),
     "PropertyConstraintViolation"),
    ("an empty list of values", call("MeterValues", {"connectorId": 1, "meterValue": []}),
     "OccurenceConstraintViolation"),
]  # fmt: skip
"""Bad calls of 1.6 and what they are answered."""

FAULTS201 = [
    ("a too long id", call("Heartbeat", {}, OTHER + "y"), "RpcFrameworkError"),
    ("no payload", '[2,"1","Heartbeat"]', "FormatViolation"),
    ("a list for a payload", '[2,"1","Heartbeat",[]]', "FormatViolation"),
    ("an unknown action", call("Dance", {}), "NotImplemented"),
    ("an action of 1.6", call("StartTransaction", START16), "NotImplemented"),
    ("an action of the other side", call("Reset", {"type": "OnIdle"}), "NotSupported"),
    ("a missing field", call("BootNotification", {"reason": "PowerUp"}),
     "OccurrenceConstraintViolation"),
    ("an unknown field", call("BootNotification", BOOT201 | {"x": 1}), "FormatViolation"),
    ("a wrong type", call("TransactionEvent", EVENT201 | {"seqNo": "0"}),
     "TypeConstraintViolation"),
    ("an unknown word", call("TransactionEvent", EVENT201 | {"eventType": "Paused"}),
     "PropertyConstraintViolation"),
    ("no date", call("TransactionEvent", EVENT201 | {"timestamp": "noon"}),
     "PropertyConstraintViolation"),
    ("a too long text", call("TransactionEvent", EVENT201 | {
        "transactionInfo": {"transactionId": OTHER + "y"}}), "PropertyConstraintViolation"),
    ("an empty list of values", call("MeterValues", {"evseId": 1, "meterValue": []}),
     "OccurrenceConstraintViolation"),
    ("an unknown kind of message", '[7,"1","Heartbeat",{}]', "MessageTypeNotSupported"),
]  # fmt: skip
"""Bad calls of 2.0.1 and what they are answered."""


@pytest.mark.parametrize("kind", ["ocpp16", "ocpp201"])
async def test_frames_that_are_no_message(kind: str) -> None:
    """Each is answered with an error under the id -1, and the connection stays."""
    async with line(kind) as station:
        before = station.session()
        for what, frame in NO_MESSAGES:
            answer = await station.answer_to(frame)
            assert answer[:3] == [4, "-1", MALFORMED[kind == "ocpp201"]], what
            assert len(answer) == 5, what
            assert await station.works(), what
        assert station.session() == before


@pytest.mark.parametrize(
    ("kind", "faults"), [("ocpp16", FAULTS16), ("ocpp201", FAULTS201)], ids=["1.6", "2.0.1"]
)
async def test_bad_calls(kind: str, faults: list[tuple[str, str, str]]) -> None:
    """Each is answered with the error that the specification names, under its own id."""
    async with line(kind) as station:
        before = station.session()
        for what, frame, code in faults:
            answer = await station.answer_to(frame)
            assert (answer[0], answer[2]) == (4, code), what
            assert answer[1] == json.loads(frame)[1], what
            assert isinstance(answer[3], str), what
            assert answer[4] == {}, what
            assert await station.works(), what
        assert station.session() == before


@pytest.mark.parametrize("kind", ["ocpp16", "ocpp201"])
async def test_answers_that_nobody_asked_for(kind: str) -> None:
    """They are not answered themselves: the next thing heard is the heartbeat's answer."""
    async with line(kind) as station:
        for frame in ('[3,"nobody",{}]', '[4,"nobody","GenericError","",{}]', '[3,"nobody",7]'):
            await station.socket.send(frame)
            assert await station.works(), frame


async def test_other_kinds_of_messages_are_ignored_in_16() -> None:
    """1.6 says so; 2.0.1 has an error for them."""
    async with line("ocpp16") as station:
        await station.socket.send('[7,"1","Heartbeat",{}]')
        assert await station.works()


@pytest.mark.parametrize("kind", ["ocpp16", "ocpp201"])
async def test_oversized_frames_close(kind: str) -> None:
    """A frame over the limit closes the connection with 1009; the station may come again."""
    async with line(kind) as station:
        await station.socket.send(json.dumps([2, "1", "Heartbeat", {"x": "y" * FRAME_SIZE_MAX}]))
        with pytest.raises(ConnectionClosed) as closed:
            await station.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        url = station.driver.listener.url + "CP1"
        protocols = [Subprotocol(station.protocol)]
        async with connect(url, subprotocols=protocols, proxy=None) as again:
            assert await Line(station.driver, station.protocol, again).works()


@pytest.mark.parametrize("kind", ["ocpp16", "ocpp201"])
async def test_strangers_and_other_versions(kind: str) -> None:
    """An unknown station gets 404; one of another version a handshake without one, and a close."""
    async with line(kind) as station:
        protocols = [Subprotocol(station.protocol)]
        with pytest.raises(InvalidStatus) as refused:
            await connect(station.driver.listener.url + "CP9", subprotocols=protocols, proxy=None)
        assert refused.value.response.status_code == 404
        other = [Subprotocol("ocpp2.1")]
        async with connect(
            station.driver.listener.url + "CP1", subprotocols=other, proxy=None
        ) as socket:
            assert socket.subprotocol is None
            with pytest.raises(ConnectionClosed):
                await socket.recv()
        assert await station.works(), "the one before is not disturbed"


async def test_the_same_start_again_and_again() -> None:
    """Under the same id or a new one, on this connection or the next: one transaction."""
    async with line("ocpp16") as station:
        frame = call("StartTransaction", START16)
        first = await station.answer_to(frame)
        assert first[2]["idTagInfo"] == {"status": "Accepted"}
        assert (await station.answer_to(frame))[2] == first[2]
        url = station.driver.listener.url + "CP1"
        async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as again:
            newer = Line(station.driver, station.protocol, again)
            assert (await newer.answer_to(call("StartTransaction", START16, "9")))[2] == first[2]
        transaction, _, energy_wh = station.session()
        assert transaction is not None
        assert energy_wh == 0


async def test_the_same_piece_again_and_out_of_order() -> None:
    """A repeated or late piece moves no register; the newest number counts."""

    def piece(number: int, energy_wh: int) -> str:
        value = [{"timestamp": NOW, "sampledValue": [{"value": energy_wh}]}]
        event = EVENT201 | {
            "eventType": "Updated" if number else "Started",
            "triggerReason": "MeterValuePeriodic" if number else "RemoteStart",
            "seqNo": number,
            "meterValue": value,
        }
        return call("TransactionEvent", event)

    async with line("ocpp201") as station:
        station.driver._connector.is_enabled = True
        for number, energy_wh in ((0, 500), (0, 900), (2, 510), (1, 505), (2, 900)):
            answer = await station.answer_to(piece(number, energy_wh))
            assert answer[2]["idTokenInfo"] == {"status": "Accepted"}
            assert await station.works()
        assert station.driver._connector.register._raw_wh == 510
        assert station.driver._connector.implausible == ""


async def test_a_reconnect_while_a_call_is_open() -> None:
    """A call that was open on the old connection ends, and the new connection serves."""
    async with line("ocpp16") as station:
        asking = asyncio.create_task(station.driver._station.call("GetConfiguration", {}))
        async with asyncio.timeout(PATIENCE_S):
            while json.loads(await station.socket.recv())[2] != "GetConfiguration":
                continue
        url = station.driver.listener.url + "CP1"
        async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as again:
            newer = Line(station.driver, station.protocol, again)
            assert await newer.works()
            with pytest.raises(DriverSilentError, match="the station"):
                await asking
