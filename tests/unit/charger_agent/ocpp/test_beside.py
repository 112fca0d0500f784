"""Beside a pilot's own back end: its customers charge as before, and it sees ours."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from charger_agent.drivers.ocpp import forwarder
from charger_agent.errors import DriverFaultedError
from tests.unit.charger_agent.ocpp.point import NOW, PATIENCE_S, TOKEN, open_driver, point_at

THEIR_ID = 700_001
"""What the back end calls the first transaction."""


class TheirBackEnd:
    """A pilot's back end that knows one card."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.paths: list[str] = []
        self.socket: ServerConnection | None = None
        self.answers: list[list[Any]] = []
        self.news = asyncio.Event()
        self._last_id = THEIR_ID - 1

    async def serve(self, socket: ServerConnection) -> None:
        """Answer one station."""
        assert socket.request is not None
        self.paths.append(socket.request.path)
        self.socket = socket
        async for text in socket:
            frame = json.loads(text)
            if frame[0] == 2:
                self.heard.append((frame[2], frame[3]))
                await socket.send(json.dumps([3, frame[1], self._answer(*frame[2:])]))
            else:
                self.answers.append(frame)
            self.news.set()

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        status = {"status": "Accepted" if payload.get("idTag") == "CARD" else "Blocked"}
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": NOW, "interval": 60}
            case "Heartbeat":
                return {"currentTime": NOW}
            case "Authorize":
                return {"idTagInfo": status}
            case "StartTransaction":
                self._last_id += 1
                return {"transactionId": self._last_id, "idTagInfo": status}
            case "DataTransfer":
                return {"status": "Accepted", "data": "theirs"}
        return {}

    async def until(self, action: str) -> dict[str, Any]:
        """Wait until it has heard of something, and return what."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for name, payload in self.heard:
                    if name == action:
                        self.heard.remove((name, payload))
                        return payload
                self.news.clear()
                await self.news.wait()

    async def ask(self, action: str, **payload: object) -> list[Any]:
        """Ask the station for something and return the frame that comes back."""
        assert self.socket is not None
        await self.socket.send(json.dumps([2, "theirs", action, payload]))
        async with asyncio.timeout(PATIENCE_S):
            while not self.answers:
                self.news.clear()
                await self.news.wait()
        return self.answers.pop()


@asynccontextmanager
async def their_back_end(port: int = 0) -> AsyncIterator[tuple[TheirBackEnd, str]]:
    """Run a back end for the length of a block."""
    back_end = TheirBackEnd()
    protocols = [Subprotocol("ocpp1.6")]
    async with serve(back_end.serve, "127.0.0.1", port, subprotocols=protocols) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield back_end, f"ws://127.0.0.1:{port}/csms"


async def test_their_customers_charge_as_before() -> None:
    """Their card is theirs to judge; while it charges, the outlet is not ours to sell."""
    async with (
        their_back_end() as (back_end, url),
        open_driver(forward=url) as charger,
        point_at(charger) as point,
    ):
        boot = await back_end.until("BootNotification")
        assert boot["chargePointModel"] == "Box"
        assert back_end.paths == ["/csms/CP1"]
        assert (await point.say("Authorize", idTag="CARD"))["idTagInfo"]["status"] == "Accepted"
        assert (await point.say("Authorize", idTag="X"))["idTagInfo"]["status"] == "Blocked"
        assert (await point.say("DataTransfer", vendorId="v"))["data"] == "theirs"
        begun = await point.start("CARD")
        assert begun["idTagInfo"]["status"] == "Accepted"
        assert begun["transactionId"] != THEIR_ID
        assert "another back end" in (await charger.status()).fault
        with pytest.raises(DriverFaultedError):
            await charger.set_limit(1_000, valid_for_s=10)
        await point.meter("1010", transactionId=begun["transactionId"])
        assert (await back_end.until("MeterValues"))["transactionId"] == THEIR_ID
        await point.say(
            "StopTransaction",
            transactionId=begun["transactionId"],
            meterStop=1_020,
            timestamp=NOW,
        )
        assert (await back_end.until("StopTransaction"))["transactionId"] == THEIR_ID
        assert (await charger.status()).fault == ""
        assert not any(action == "RemoteStopTransaction" for action, _ in point.asked)


async def test_they_see_our_sessions_under_a_tag_they_know() -> None:
    """Ours need nobody's word; what they refuse of theirs is ended."""
    async with (
        their_back_end() as (back_end, url),
        open_driver(forward=url, forward_id_tag="MACHINES") as charger,
        point_at(charger) as point,
    ):
        await back_end.until("BootNotification")
        charger._connector.begin(TOKEN)
        begun = await point.start()
        assert begun["idTagInfo"]["status"] == "Accepted"
        assert (await back_end.until("StartTransaction"))["idTag"] == "MACHINES"
        stranger = await point.start("X", at="2026-03-01T11:00:00Z")
        assert stranger["idTagInfo"]["status"] == "Blocked"
        order = await point.until_asked("RemoteStopTransaction")
        assert order == {"transactionId": stranger["transactionId"]}


@pytest.mark.parametrize("read_only", [True, False])
async def test_what_they_may_ask(read_only: bool) -> None:
    """Nothing at first; later all, with our ids of transactions."""
    async with (
        their_back_end() as (back_end, url),
        open_driver(forward=url, forward_read_only=read_only) as charger,
        point_at(charger) as point,
    ):
        await back_end.until("BootNotification")
        begun = await point.start("CARD")
        await back_end.until("StartTransaction")
        answer = await back_end.ask("RemoteStopTransaction", transactionId=THEIR_ID)
        if read_only:
            assert answer[:3] == [4, "theirs", "NotSupported"]
            return
        assert answer == [3, "theirs", {"status": "Accepted"}]
        assert await point.until_asked("RemoteStopTransaction") == {
            "transactionId": begun["transactionId"]
        }


async def test_what_they_missed_is_told_when_they_are_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions in their order, after the last boot; our answers never wait for that."""
    monkeypatch.setattr(forwarder, "DIAL_AGAIN_S", 0.02)
    async with their_back_end() as (_, url):
        port = int(url.split(":")[2].split("/")[0])
    async with open_driver(forward=url) as charger, point_at(charger) as point:
        charger._connector.begin(TOKEN)
        begun = await point.start()
        await point.meter("1010", transactionId=begun["transactionId"])
        await point.say("Heartbeat")
        async with their_back_end(port) as (back_end, _):
            await back_end.until("MeterValues")
            heard = [action for action, _ in back_end.heard]
            assert heard == ["BootNotification", "StatusNotification", "StartTransaction"]
