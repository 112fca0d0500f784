"""A fake charger that runs EVerest: its external API over MQTT, and a car's physics behind.

A session begins with the cable or a token, a transaction with both. Limits are a schedule by the
clock, as EVerest's energy manager walks through it: the first entry counts at once, the last for
ever. State and meter are told every beat.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from agent_runtime import until_one_ends
from fake_devices.broker_connection import BrokerConnection, Habits
from fake_devices.controls import charger_controls
from fake_devices.device import Control, FakeSetup
from fake_devices.errors import FakeAwayError
from fake_devices.outlet_physics import OutletPhysics, Timer

LEAST_W = 1_380
"""Below 6 A on one phase a car can not be charged. [W]"""

BEAT_S = 1.0
"""Between two datasets of the meter. [real s]"""

US_PER_S = 1_000_000

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

MODULES = (
    "evse_manager_consumer",
    "auth_token_provider",
    "external_energy_limits_consumer",
    "session_cost",
)
"""The kinds of API modules that it offers; each is called as its kind."""


class FakeEverest:
    """A fake charger that runs EVerest.

    Args:
        setup: What it is made from; its name is that of the EVSE manager's module. Options: `beat`
            (between two datasets [real s]) and `clock_off` (how far its clock is ahead [s]).

    Raises:
        FakeOptionError: It knows no such option.
    """

    def __init__(self, setup: FakeSetup) -> None:
        setup.check_options("beat", "clock_off")
        self._setup = setup
        self._beat_s = float(setup.options.get("beat", BEAT_S))
        self._clock_off_us = round(float(setup.options.get("clock_off", "0")) * US_PER_S)
        self.outlet = OutletPhysics(setup.clock, rated_w=setup.power_w)
        """Its physics."""
        self._limit_w = setup.power_w
        self._timers: list[Timer] = []
        self._token = ""
        self._is_paused = False
        self._was_plugged = False
        self._had_fault = False
        self._sessions = 0
        self._heartbeat = 0
        self.checks = 0
        """Signs of life that were heard."""
        self.costs: list[dict[str, Any]] = []
        """What was to be shown on its display."""
        self.stop_reasons: list[str] = []
        """Why transactions were stopped from outside."""
        self._events: list[dict[str, Any]] = []
        self._mouth = asyncio.Lock()
        self.link = BrokerConnection(setup.url, clock=setup.clock, away=setup.tell)
        """Its connection."""
        self.controls: dict[str, Control] = {
            **charger_controls(self.outlet, changed=self._settle, link=self.link.allow),
            "reboot": Control("reboot", self._reboot),
        }
        """What a person may do to it."""
        self._settle()

    def module(self, kind: str) -> str:
        """Return what a module's topics begin with."""
        name = self._setup.name if kind == "evse_manager_consumer" else kind
        return f"everest_api/1/{kind}/{name}"

    def now_us(self) -> int:
        """Return what its own clock shows. [µs since 1970]"""
        return self._setup.clock.now_us() + self._clock_off_us

    async def run(self) -> None:
        """Live until cancelled."""
        habits = Habits(
            topics=[f"{self.module(kind)}/m2e/+" for kind in MODULES],
            will=None,
            greet=self._greet,
            take=self._take,
        )
        await until_one_ends(self.link.stay(habits), self._beat())

    async def _beat(self) -> None:
        while True:
            await self._setup.clock.sleep(self._beat_s)
            with contextlib.suppress(FakeAwayError):
                await self.say_now()

    async def _greet(self) -> None:
        await self.link.publish("everest_api/ready_beacon", b"{}")
        await self.say_now()
        self._setup.tell(
            f"EVerest, {self._setup.power_w} W, at mqtt://{self.link.place}: topics"
            f" everest_api/1/... (driver everest, evse_manager = {self._setup.name!r})"
        )

    async def say_now(self) -> None:
        """Say what has happened, the state and the meter.

        Raises:
            FakeAwayError: There is no connection.
        """
        async with self._mouth:
            self._settle()
            while self._events:
                await self._say("session_event", self._events[0])
                self._events.pop(0)
            self._heartbeat += 1
            for kind in MODULES:
                beat = str(self._heartbeat)
                await self.link.publish(f"{self.module(kind)}/e2m/heartbeat", beat)
            await self._say("powermeter", self._dataset())
            await self._say("session_info", self._info())

    async def _say(self, name: str, value: object) -> None:
        topic = f"{self.module('evse_manager_consumer')}/e2m/{name}"
        await self.link.publish(topic, msgspec.json.encode(value))

    def _dataset(self) -> dict[str, Any]:
        return {
            "timestamp": _timestamp(self.now_us()),
            "energy_Wh_import": {"total": round(self.outlet.energy_wh, 3)},
            "power_W": {"total": self.outlet.power_w},
        }

    def _info(self) -> dict[str, Any]:
        return {
            "state": self._state(),
            "charged_energy_wh": int(self.outlet.session_wh),
            "discharged_energy_wh": 0,
            "latest_total_w": self.outlet.power_w,
            "session_duration_s": 0,
            "timestamp": _timestamp(self.now_us()),
        }

    def _state(self) -> str:
        """Return the state of the EVSE."""
        if not self.outlet.is_plugged:
            return "Preparing" if self._token else "Unplugged"
        if not self._token:
            return "AuthRequired"
        if self._is_paused or not self.outlet.is_closed:
            return "ChargingPausedEVSE"
        return "Charging" if self.outlet.power_w else "ChargingPausedEV"

    def _settle(self) -> None:
        """Let the physics follow what was commanded or has happened."""
        if self.outlet.is_plugged and not self._was_plugged:
            self._sessions += 1
            self._tell_event("SessionStarted")
        if self._was_plugged and not self.outlet.is_plugged:
            self._end_transaction("EVDisconnected")
            self._tell_event("SessionFinished")
        self._was_plugged = self.outlet.is_plugged
        self._settle_faults()
        self.outlet.limit(self._limit_w)
        is_on = bool(self._token) and not self._is_paused and self._limit_w >= LEAST_W
        self.outlet.switch(on=is_on and self.outlet.is_plugged)

    def _settle_faults(self) -> None:
        has_fault = bool(self.outlet.fault)
        if has_fault and not self._had_fault:
            self._end_transaction("Other")
            error = {"type": "evse_manager/Inoperative", "description": self.outlet.fault}
            self._tell_event("PermanentFault", error=error)
        if self._had_fault and not has_fault:
            self._tell_event("PermanentFaultCleared")
        self._had_fault = has_fault

    def _tell_event(self, kind: str, **more: object) -> None:
        event = {"uuid": f"session-{self._sessions}", "event": kind}
        self._events.append(event | {"timestamp": _timestamp(self.now_us())} | more)

    def _end_transaction(self, reason: str) -> None:
        if self._token:
            finished = {"meter_value": self._dataset(), "reason": reason}
            self._tell_event("TransactionFinished", transaction_finished=finished)
        self._token, self._is_paused = "", False

    async def _take(self, topic: str, payload: bytes) -> None:
        """Do what a message says, and answer where an answer is wanted."""
        command = topic.rpartition("/")[2]
        if command == "communication_check":
            self.checks += 1
            return
        try:
            said = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return
        if isinstance(said, dict):
            answer = self._do(command, said)
            self._settle()
            reply_to = said.get("headers", {}).get("replyTo")
            if reply_to:
                await self.link.publish(reply_to, b"true" if answer else b"false")
            await self.say_now()

    def _do(self, command: str, said: dict[str, Any]) -> bool:
        """Do a command; return whether it could be done."""
        had_token = bool(self._token)
        if command == "provided_token":
            return self._authorize(said)
        if command == "set_external_limits":
            self._plan(said.get("schedule_import", []))
            return True
        if command == "session_cost":
            self.costs.append(said)
            return True
        if command in ("pause_charging", "resume_charging"):
            self._is_paused = command == "pause_charging"
            return had_token
        if command == "stop_transaction":
            reason = str(said.get("payload", {}).get("reason", ""))
            self.stop_reasons.append(reason)
            self._end_transaction(reason)
            return had_token
        return False

    def _authorize(self, said: Mapping[str, Any]) -> bool:
        """Begin a transaction with a token, unless there is one or the device is broken."""
        if self._token or self.outlet.fault:
            return False
        self._token = str(said["id_token"]["value"])
        started = {"id_tag": dict(said), "meter_value": self._dataset()}
        self._tell_event("Authorized")
        self._tell_event("TransactionStarted", transaction_started=started)
        return True

    def _plan(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Walk through a schedule: its first entry now, each other one at its time."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        speed = self._setup.clock.speed
        for number, entry in enumerate(entries):
            power_w = int(entry["limits_to_root"]["total_power_W"]["value"])
            if number == 0:
                self._enforce(power_w)
                continue
            wait_us = _microseconds(entry["timestamp"]) - self.now_us()
            wait_s = wait_us / US_PER_S * speed
            self._timers.append(self.outlet.after(wait_s, partial(self._enforce, power_w)))

    def _enforce(self, power_w: int) -> None:
        self._limit_w = power_w
        self._settle()

    async def _reboot(self, _words: Sequence[str]) -> None:
        """Forget token and limits, and reconnect."""
        self._token, self._is_paused, self._limit_w = "", False, self._setup.power_w
        self._heartbeat = 0
        self._settle()
        self.link.allow(False)
        self.link.allow(True)


def _timestamp(at_us: int) -> str:
    at = EPOCH + dt.timedelta(microseconds=at_us)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _microseconds(timestamp: str) -> int:
    return (dt.datetime.fromisoformat(timestamp) - EPOCH) // dt.timedelta(microseconds=1)
