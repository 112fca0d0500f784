"""A charge point made of the Python `ocpp` library: a second station that nobody here wrote.

It speaks 1.6 and does what a whole session needs, no more; its physics is that of the fakes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from agent_runtime import SystemClock
from fake_devices import OutletPhysics

RATED_W = 22_000
"""What its outlet carries. [W]"""


def now() -> str:
    """Return the time as a date."""
    return datetime.now(UTC).isoformat()


class PythonStation(ChargePoint):  # type: ignore[misc] # the library has no types
    """A charge point with one connector.

    Args:
        name: Its identity.
        connection: Its WebSocket.
        speed: Story seconds in a real second.
    """

    def __init__(self, name: str, connection: object, *, speed: float) -> None:
        super().__init__(name, connection)
        self.clock = SystemClock(speed=speed)
        self.outlet = OutletPhysics(self.clock, rated_w=RATED_W, energy_wh=7_000)
        self.transaction: int | None = None
        self.began_wh = self.ended_wh = 0
        self.reasons: list[str] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        handlers = {
            "GetConfiguration": self._configuration,
            "ChangeConfiguration": self._change,
            "SetChargingProfile": self._profile,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "TriggerMessage": self._trigger,
        }
        for action, handler in handlers.items():
            self.route_map[action] = {"_on_action": handler}

    async def come(self) -> None:
        """Boot and say that a car is there."""
        await self.call(call.BootNotification("python", "ocpp"))
        self.outlet.plug_in(11_000)
        await self._say_status("Preparing")

    def later(self, work: Any) -> None:  # noqa: ANN401 (a coroutine of the library's)
        """Do something once the answer is on its way."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def charged_wh(self) -> int:
        """What its one transaction has delivered. [Wh]"""
        return self.ended_wh - self.began_wh

    def _configuration(self, **_: object) -> object:
        profiles = "Core,SmartCharging,RemoteTrigger"
        row = {"key": "SupportedFeatureProfiles", "readonly": True, "value": profiles}
        return call_result.GetConfiguration(configuration_key=[row])

    def _change(self, **_: object) -> object:
        return call_result.ChangeConfiguration("NotSupported")

    def _profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> object:
        told = cs_charging_profiles
        if told["charging_profile_purpose"] == "TxProfile":
            self._obey(told)
        return call_result.SetChargingProfile("Accepted")

    def _obey(self, told: dict[str, Any]) -> None:
        """Follow a profile's periods from now on."""
        for period in told["charging_schedule"]["charging_schedule_period"]:
            unit = told["charging_schedule"]["charging_rate_unit"]
            limit_w = int(period["limit"] * (690 if unit == "A" else 1))
            self.outlet.after(period["start_period"], partial(self.outlet.limit, limit_w))

    def _remote_start(self, id_tag: str, **_: object) -> object:
        self.later(self._start(id_tag))
        return call_result.RemoteStartTransaction("Accepted")

    def _remote_stop(self, transaction_id: int) -> object:
        if transaction_id != self.transaction:
            return call_result.RemoteStopTransaction("Rejected")
        self.later(self._stop("Remote"))
        return call_result.RemoteStopTransaction("Accepted")

    def _trigger(self, requested_message: str, **_: object) -> object:
        if requested_message == "MeterValues":
            self.later(self._say_meter())
        return call_result.TriggerMessage("Accepted")

    async def _start(self, id_tag: str) -> None:
        self.began_wh = int(self.outlet.energy_wh)
        answer = await self.call(call.StartTransaction(1, id_tag, self.began_wh, now()))
        self.transaction = answer.transaction_id
        self.outlet.switch(on=answer.id_tag_info["status"] == "Accepted")
        await self._say_status("Charging")

    async def _stop(self, reason: str) -> None:
        self.outlet.switch(on=False)
        self.ended_wh = int(self.outlet.energy_wh)
        self.reasons.append(reason)
        stop = call.StopTransaction(self.ended_wh, now(), self.transaction, reason=reason)
        self.transaction = None
        await self.call(stop)
        await self._say_status("Finishing")

    async def _say_status(self, status: str) -> None:
        await self.call(call.StatusNotification(1, "NoError", status))

    async def _say_meter(self) -> None:
        value = {"timestamp": now(), "sampledValue": [{"value": str(int(self.outlet.energy_wh))}]}
        await self.call(call.MeterValues(1, [value], self.transaction))


@asynccontextmanager
async def python_station(url: str, *, speed: float) -> AsyncIterator[PythonStation]:
    """Run it for the length of a block, with a car at its outlet."""
    protocols = [Subprotocol("ocpp1.6")]
    async with connect(f"{url}/CP1", subprotocols=protocols, proxy=None) as socket:
        station = PythonStation("CP1", socket, speed=speed)
        living = asyncio.create_task(station.start())
        await station.come()
        try:
            yield station
        finally:
            living.cancel()
            await asyncio.wait({living})
            if not living.cancelled():
                assert isinstance(living.exception(), ConnectionClosed)
