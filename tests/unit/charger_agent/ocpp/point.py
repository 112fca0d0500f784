"""A charge point as a script on a real socket, at an agent's driver."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from agent_runtime import SystemClock
from charger_agent import DriverNotes, DriverSetup, MemoryNotes, SharedParts
from charger_agent.drivers.ocpp.v16.driver import Ocpp16Charger

Answer: TypeAlias = Any
"""Whatever a central system answers."""

TOKEN = "TWABCDEFGHIJKLMNOPQR"
NOW = "2026-03-01T10:00:00Z"

PATIENCE_S = 10.0
"""How long anything may take. [s]"""

CONFIGURATION = {
    "SupportedFeatureProfiles": "Core,SmartCharging,Reservation,RemoteTrigger",
    "ChargingScheduleAllowedChargingRateUnit": "Current",
    "MeterValueSampleInterval": "60",
}


def driver(
    *,
    notes: DriverNotes | None = None,
    shared: SharedParts | None = None,
    connector: int = 1,
    **options: object,
) -> Ocpp16Charger:
    """Return a driver of a station CP1 that is left alone until somebody needs it."""
    return Ocpp16Charger(
        DriverSetup(
            outlet=f"bay {connector}",
            power_w_max=22_000,
            fallback_w=0,
            options={
                "station": "CP1",
                "connector": connector,
                "listen": "ws://127.0.0.1:0/ocpp",
                "contact_after_s": 3_600,
                **options,
            },
            clock=SystemClock(),
            random=random.Random(1),
            notes=notes or MemoryNotes(),
            shared=shared or SharedParts(),
        )
    )


class Point:
    """A charge point that says what a test lets it say, and answers what it is asked.

    Args:
        socket: Its connection.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.news = asyncio.Event()
        self.says: dict[str, dict[str, Any]] = {
            "GetConfiguration": {
                "configurationKey": [
                    {"key": key, "value": value, "readonly": False}
                    for key, value in CONFIGURATION.items()
                ]
            }
        }
        """What it answers to an action; anything else is accepted."""

    async def listen(self) -> None:
        """Take what comes until the connection ends."""
        async for text in self._socket:
            frame = json.loads(text)
            if frame[0] == 2:
                _, message, action, payload = frame
                self.asked.append((action, payload))
                answer = self.says.get(action, {"status": "Accepted"})
                await self._socket.send(json.dumps([3, message, answer]))
                self.news.set()
            elif waiting := self._waiting.pop(frame[1], None):
                waiting.set_result(frame)

    async def say(self, action: str, **payload: object) -> Answer:
        """Ask something; return the answer's payload, or the code of a refusal."""
        self._number += 1
        message = f"m{self._number}"
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[message] = waiting
        await self._socket.send(json.dumps([2, message, action, payload]))
        async with asyncio.timeout(PATIENCE_S):
            frame = await waiting
        return frame[2]

    async def until_asked(self, action: str) -> dict[str, Any]:
        """Wait until it was asked for something, and return what."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for name, payload in self.asked:
                    if name == action:
                        self.asked.remove((name, payload))
                        return payload
                self.news.clear()
                await self.news.wait()

    async def boot(self) -> None:
        """Say who it is, and that its connector is free."""
        await self.say("BootNotification", chargePointVendor="Maker", chargePointModel="Box")
        await self.state("Available")

    async def state(self, status: str, error: str = "NoError") -> None:
        """Say what its connector does."""
        await self.say("StatusNotification", connectorId=1, errorCode=error, status=status)

    async def start(self, tag: str = TOKEN, *, meter: int = 1_000, at: str = NOW) -> Answer:
        """Say that a transaction has begun."""
        return await self.say(
            "StartTransaction", connectorId=1, idTag=tag, meterStart=meter, timestamp=at
        )

    async def meter(self, energy: str, **more: object) -> Answer:
        """Say what the meter shows."""
        value = {"timestamp": NOW, "sampledValue": [{"value": energy}]}
        return await self.say("MeterValues", connectorId=1, meterValue=[value], **more)


@asynccontextmanager
async def point_at(charger: Ocpp16Charger, *, boots: bool = True) -> AsyncIterator[Point]:
    """Let a charge point call at a driver that is open."""
    url = charger.listener.url + "CP1"
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        point = Point(socket)
        listening = asyncio.create_task(point.listen())
        try:
            if boots:
                await point.boot()
            yield point
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def open_driver(**changes: Any) -> AsyncIterator[Ocpp16Charger]:  # noqa: ANN401 (options)
    """Return an open driver for the length of a block."""
    charger = driver(**changes)
    await charger.open()
    try:
        yield charger
    finally:
        charger._connector.end()  # whatever a test has left open
        await charger.close()
