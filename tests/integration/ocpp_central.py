"""A central system made of the Python `ocpp` library: what nobody here wrote, for our fakes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as result201
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.integration.servers import PATIENCE_S

Json = dict[str, Any]


@dataclass
class Diary:
    """What stations have said to a central system, and what it answers."""

    said: list[tuple[str, Json]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    id_tag_status: str = "Accepted"
    total_cost: float | None = None
    transactions: int = 41

    def all(self, action: str) -> list[Json]:
        """Return what was said with one action, in order."""
        return [payload for name, payload in self.said if name == action]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; look at each news."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def heard(self, action: str, count: int = 1) -> list[Json]:
        """Wait until an action was said so often, and return all of it."""
        await self.until(lambda: len(self.all(action)) >= count)
        return self.all(action)

    async def status(self, connector: int, status: str) -> None:
        """Wait until a connector's latest status is this."""
        await self.until(lambda: self.statuses(connector)[-1:] == [status])

    def statuses(self, connector: int) -> list[str]:
        """Return what a connector has said of itself."""
        told = self.all("StatusNotification")
        return [
            each.get("status") or each["connectorStatus"]
            for each in told
            if connector == each.get("evseId", each["connectorId"])
        ]

    def next_transaction(self) -> int:
        """Return a number for a new transaction."""
        self.transactions += 1
        return self.transactions


def now() -> str:
    """Return the time as a date."""
    return datetime.now(UTC).isoformat()


ANSWERS16: dict[str, Callable[[Diary], object]] = {
    "BootNotification": lambda _: result16.BootNotification(
        current_time=now(), interval=300, status="Accepted"
    ),
    "Heartbeat": lambda _: result16.Heartbeat(current_time=now()),
    "StatusNotification": lambda _: result16.StatusNotification(),
    "Authorize": lambda diary: result16.Authorize(id_tag_info={"status": diary.id_tag_status}),
    "StartTransaction": lambda diary: result16.StartTransaction(
        transaction_id=diary.next_transaction(), id_tag_info={"status": diary.id_tag_status}
    ),
    "MeterValues": lambda _: result16.MeterValues(),
    "StopTransaction": lambda _: result16.StopTransaction(),
}
"""What it answers in 1.6."""

ANSWERS201: dict[str, Callable[[Diary], object]] = {
    "BootNotification": lambda _: result201.BootNotification(
        current_time=now(), interval=300, status="Accepted"
    ),
    "Heartbeat": lambda _: result201.Heartbeat(current_time=now()),
    "StatusNotification": lambda _: result201.StatusNotification(),
    "Authorize": lambda diary: result201.Authorize(id_token_info={"status": diary.id_tag_status}),
    "TransactionEvent": lambda diary: result201.TransactionEvent(
        total_cost=diary.total_cost, id_token_info={"status": diary.id_tag_status}
    ),
    "MeterValues": lambda _: result201.MeterValues(),
    "NotifyReport": lambda _: result201.NotifyReport(),
    "ReservationStatusUpdate": lambda _: result201.ReservationStatusUpdate(),
}
"""What it answers in 2.0.1."""


class _NotingStation:
    """Lets the library answer, and notes what was said once it has been answered."""

    diary: Diary
    route_map: dict[str, Any]

    def serve(self, diary: Diary, answers: dict[str, Callable[[Diary], object]]) -> None:
        """Answer these actions from a diary."""
        self.diary = diary
        for action, answer in answers.items():
            self.route_map[action] = {"_on_action": lambda answer=answer, **_: answer(diary)}

    async def _handle_call(self, message: Any) -> None:  # noqa: ANN401 (the library has no types)
        await super()._handle_call(message)  # type: ignore[misc] # that of the library
        self.diary.said.append((message.action, message.payload))
        self.diary.news.set()


class Station16(_NotingStation, ChargePoint16):  # type: ignore[misc] # the library has no types
    """A station at a central system of 1.6."""


class Station201(_NotingStation, ChargePoint201):  # type: ignore[misc] # the library has no types
    """A station at a central system of 2.0.1."""


KINDS = {"ocpp1.6": (Station16, ANSWERS16), "ocpp2.0.1": (Station201, ANSWERS201)}
"""The library's class and our answers, by subprotocol."""


@dataclass
class Central:
    """A central system that runs."""

    protocol: str
    diary: Diary = field(default_factory=Diary)
    stations: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    async def welcome(self, connection: ServerConnection) -> None:
        """Serve one station as long as its connection lives."""
        assert connection.request is not None
        name = connection.request.path.rsplit("/", 1)[-1]
        make, answers = KINDS[self.protocol]
        station: Any = make(name, connection)
        station.serve(self.diary, answers)
        self.stations[name] = station
        self.diary.news.set()
        try:
            await station.start()
        except ConnectionClosed:
            return


@asynccontextmanager
async def central(protocol: str) -> AsyncIterator[Central]:
    """Run a central system for the length of a block."""
    running = Central(protocol)
    protocols = [Subprotocol(protocol)]
    async with serve(running.welcome, "127.0.0.1", 0, subprotocols=protocols) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        running.url = f"ws://127.0.0.1:{port}/ocpp"
        yield running
