"""A fake OpenEVSE: the WiFi gateway's MQTT topics, units and habits, and a car's physics behind.

Values are published when they change, unretained and in the gateway's units (mA, tenths of a
degree, session in Wh, total in kWh); claim, limit, override and config are retained and published
again as the answer to each command. Claim and limit live in memory: a reboot loses them, and then
`default_state` decides.
"""

import asyncio
import contextlib
import functools
import operator
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_runtime import until_one_ends
from fake_devices.broker_connection import BrokerConnection, Habits
from fake_devices.controls import charger_controls
from fake_devices.device import Control, FakeSetup
from fake_devices.errors import FakeAwayError
from fake_devices.outlet_physics import OutletPhysics, Timer

VOLTAGE_V = 230
"""Voltage of its one phase. [V]"""

LEAST_A = 6
"""The smallest current that it offers. [A]"""

WH_PER_KWH = 1000
S_PER_HOUR = 3600
S_PER_MINUTE = 60

NOT_CONNECTED, CONNECTED, CHARGING, NO_GROUND, SLEEPING = 1, 2, 3, 7, 254
"""States of the controller."""

EV_CONNECTED = 0x0100
"""The controller's flag that a car is there."""

BEAT_S = 1.0
"""How often the gateway looks at its controller. [real s]"""


class FakeOpenEvse:
    """A fake OpenEVSE.

    Args:
        setup: What it is made from. Options: `beat` (how often it looks for changes [real s]) and
            `default_state` (`true` or `false`: whether it charges without a claim).

    Raises:
        FakeOptionError: It knows no such option.
    """

    def __init__(self, setup: FakeSetup) -> None:
        setup.check_options("beat", "default_state")
        self._setup = setup
        self._beat_s = float(setup.options.get("beat", BEAT_S))
        self.outlet = OutletPhysics(setup.clock, rated_w=setup.power_w)
        """Its physics."""
        self._config: dict[str, Any] = {
            "hostname": setup.name,
            "default_state": setup.options.get("default_state", "true") == "true",
            "max_current_soft": self._rated_a,
        }
        self._claim: dict[str, Any] = {}
        self._limit: dict[str, Any] = {}
        self._is_limited = False
        self._timer: Timer | None = None
        self._said: dict[str, str] = {}
        self._mouth = asyncio.Lock()
        self.link = BrokerConnection(setup.url, clock=setup.clock, away=setup.tell)
        """Its connection."""
        self.controls: dict[str, Control] = {
            **charger_controls(self.outlet, changed=self._settle, link=self.link.allow),
            "reboot": Control("reboot", self._reboot),
        }
        """What a person may do to it."""
        self._settle()

    @property
    def announcement(self) -> str:
        """Where it says that it is there, and its will that it is not."""
        return f"openevse/announce/{self._setup.name[-4:]}"

    @property
    def _rated_a(self) -> int:
        return max(LEAST_A, self._setup.power_w // VOLTAGE_V)

    async def run(self) -> None:
        """Live until cancelled."""
        gone = {"state": "disconnected", "id": self._setup.name, "name": self._setup.name}
        habits = Habits(
            topics=[f"{self._setup.name}/{topic}" for topic in ("+/set", "rapi/in/+")],
            will=(self.announcement, _json(gone)),
            greet=self._greet,
            take=self._take,
        )
        await until_one_ends(self.link.stay(habits), self._look_for_changes())

    async def _look_for_changes(self) -> None:
        while True:
            await self._setup.clock.sleep(self._beat_s)
            with contextlib.suppress(FakeAwayError):
                await self.say_changes()

    async def _greet(self) -> None:
        """Announce itself and say all that it is, as after each connect."""
        name = self._setup.name
        here = {"state": "connected", "id": name, "name": name, "mqtt": name, "http": ""}
        await self.link.publish(self.announcement, _json(here), qos=1, retain=True)
        for topic in ("config", "claim", "limit"):
            await self._show(topic)
        self._said.clear()
        await self.say_changes()
        self._setup.tell(
            f"OpenEVSE {name!r}, {self._setup.power_w} W, at mqtt://{self.link.place}: topics"
            f" {name}/... (driver openevse, base_topic = {name!r})"
        )

    async def say_changes(self) -> None:
        """Publish what has changed since the last time.

        Raises:
            FakeAwayError: There is no connection.
        """
        async with self._mouth:
            for topic, value in self._values().items():
                if self._said.get(topic) != value:
                    await self.link.publish(f"{self._setup.name}/{topic}", value)
                    self._said[topic] = value

    def _values(self) -> dict[str, str]:
        """Return all values as they are published."""
        power_w = self.outlet.power_w
        return {
            "voltage": str(VOLTAGE_V),
            "pilot": str(self._offered_a()),
            "max_current": str(self._claim.get("max_current", self._config["max_current_soft"])),
            "temp": "247",
            "amp": str(round(power_w * 1000 / VOLTAGE_V)),
            "power": str(power_w),
            "session_energy": f"{self.outlet.session_wh:.2f}",
            "total_energy": f"{self.outlet.energy_wh / WH_PER_KWH:.5f}",
            "manual_override": "0",
            "evse_connected": "1",
            "status": "active" if self._is_active() else "disabled",
            "vehicle": "1" if self.outlet.is_plugged else "0",
            "state": str(self._state()),
        }

    def _state(self) -> int:
        if self.outlet.fault:
            return NO_GROUND
        if not self._is_active():
            return SLEEPING
        if not self.outlet.is_plugged:
            return NOT_CONNECTED
        return CHARGING if self.outlet.is_closed else CONNECTED

    def _is_active(self) -> bool:
        """Return whether a car would get power: the limit goes before the claim."""
        if self._is_limited:
            return False
        state = self._claim.get("state")
        return bool(self._config["default_state"]) if state is None else state == "active"

    def _offered_a(self) -> int:
        wanted = (self._claim.get("charge_current"), self._claim.get("max_current"))
        return min([self._rated_a, *(int(amps) for amps in wanted if amps is not None)])

    def _settle(self) -> None:
        """Let the physics follow what was commanded or has happened."""
        if not self.outlet.is_plugged and self._limit.get("auto_release"):
            self._limit, self._is_limited = {}, False
            self._cancel_timer()
        self.outlet.limit(self._offered_a() * VOLTAGE_V)
        self.outlet.switch(on=self._is_active() and self.outlet.is_plugged)

    async def _take(self, topic: str, payload: bytes) -> None:
        """Do what a message says."""
        words = topic.removeprefix(f"{self._setup.name}/").split("/")
        if words[0] == "rapi":
            await self._answer_rapi(words[-1])
            return
        command = {"claim": self._set_claim, "limit": self._set_limit, "config": self._set_config}
        if (set_it := command.get(words[0])) is not None:
            set_it(payload)
            self._settle()
            await self._show(words[0])
            await self.say_changes()

    def _set_claim(self, payload: bytes) -> None:
        self._claim = {} if payload == b"release" else _changed(self._claim, payload)

    def _set_config(self, payload: bytes) -> None:
        self._config = _changed(self._config, payload)

    def _set_limit(self, payload: bytes) -> None:
        """Set a limit of energy or of time for the session; `clear` takes it away."""
        self._cancel_timer()
        self._limit, self._is_limited = _object(payload), False
        value = self._limit.get("value")
        if not isinstance(value, int):
            self._limit = {}
        elif self._limit.get("type") == "energy":
            left_wh = max(0.0, value - self.outlet.session_wh)
            self._timer = self.outlet.when_counted(left_wh, self._reach_limit)
        elif self._limit.get("type") == "time":
            self._timer = self.outlet.after(value * S_PER_MINUTE, self._reach_limit)

    def _reach_limit(self) -> None:
        self._is_limited = True
        self._settle()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _show(self, topic: str) -> None:
        """Publish one of the retained documents."""
        nothing = {"claim": {"state": "null"}, "limit": {"type": "none", "value": 0}}
        shown = {"claim": self._claim, "limit": self._limit, "config": self._config}[topic]
        document = shown or nothing[topic]
        await self.link.publish(f"{self._setup.name}/{topic}", _json(document), retain=True)

    async def _answer_rapi(self, command: str) -> None:
        """Answer what the controller is asked; nothing is told to it, as newer gateways have it."""
        await self.say_changes()
        session_ws = int(self.outlet.session_wh * S_PER_HOUR)
        flags = EV_CONNECTED if self.outlet.is_plugged else 0
        answers = {
            "$GU": f"$OK {session_ws} {int(self.outlet.energy_wh)}",
            "$GS": f"$OK {self._state():02x} 0 {self._state():02x} {flags:04x}",
            "$GG": f"$OK {round(self.outlet.power_w * 1000 / VOLTAGE_V)} {VOLTAGE_V * 1000}",
        }
        text = answers.get(command, "$NK")
        checksum = functools.reduce(operator.xor, text.encode())
        await self.link.publish(f"{self._setup.name}/rapi/out", f"{text}^{checksum:02X}")

    async def _reboot(self, _words: Sequence[str]) -> None:
        """Lose what was in memory, and the connection for a moment."""
        self._cancel_timer()
        self._claim, self._limit, self._is_limited = {}, {}, False
        self._settle()
        self.link.allow(False)
        self.link.allow(True)


def _changed(before: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Return properties with those changed that a command names; `clear` takes one away."""
    merged = before | _object(payload)
    return {key: value for key, value in merged.items() if value != "clear"}


def _object(payload: bytes) -> dict[str, Any]:
    """Return a payload as a JSON object, an empty one where it is none."""
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
