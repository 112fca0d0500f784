"""A fake go-e charger: API v2 over MQTT, one retained topic a key, and a car's physics behind.

Keys are published when they change, and `rbt` every beat; a write goes to `<key>/set` and is
answered on `<key>/result`. Why power flows or not is decided in the order of the real firmware's
`modelStatus`: access, force on, force off, energy limit.
"""

import asyncio
import contextlib
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
LEAST_A, MOST_A = 6, 32
MS_PER_S = 1000

BEAT_S = 1.0
"""Between two pulses. [real s]"""

WRITABLE = {"frc": (0, 2), "amp": (LEAST_A, MOST_A), "acs": (0, 1), "psm": (0, 2), "lmo": (3, 5)}
"""Keys that take a whole number, and from where to where."""

NULLABLE = {"dwo": 10_000_000, "trx": 10}
"""Keys that take null too, and their greatest number."""

NO_ACCESS, FORCED_ON, FORCED_OFF, ENERGY_LIMIT, DEFAULT = 2, 3, 4, 6, 15
"""Values of `modelStatus`."""

GROUND_FAULT = 8
"""Value of `err`: RCCB or ground."""


class FakeGoe:
    """A fake go-e charger.

    Args:
        setup: What it is made from. Options: `beat` (between two pulses [real s]), `slash` (`true`
            for topics that begin with one, as older firmware has it), `mcr` (`true` for a device
            that takes no commands) and `phases` of the car's cable.

    Raises:
        FakeOptionError: It knows no such option.
    """

    def __init__(self, setup: FakeSetup) -> None:
        setup.check_options("beat", "slash", "mcr", "phases")
        self._setup = setup
        self._beat_s = float(setup.options.get("beat", BEAT_S))
        slash = "/" if setup.options.get("slash") == "true" else ""
        self.topic = f"{slash}go-eCharger/{setup.name}"
        """What its topics begin with."""
        self._phases = int(setup.options.get("phases", "3"))
        self._keys: dict[str, Any] = {
            "frc": 0, "amp": 16, "acs": 0, "psm": 2, "lmo": 3, "dwo": None, "trx": None,
            "mcr": setup.options.get("mcr") == "true", "mca": LEAST_A, "ama": MOST_A,
        }  # fmt: skip
        self.outlet = OutletPhysics(setup.clock, rated_w=setup.power_w)
        """Its physics."""
        self._booted_s = setup.clock.story_s()
        self._is_ended = False
        self._was_plugged = False
        self._timer: Timer | None = None
        self._said: dict[str, bytes] = {}
        self._mouth = asyncio.Lock()
        self.link = BrokerConnection(setup.url, clock=setup.clock, away=setup.tell)
        """Its connection."""
        self.controls: dict[str, Control] = {
            **charger_controls(self.outlet, changed=self._settle, link=self.link.allow),
            "reboot": Control("reboot", self._reboot),
        }
        """What a person may do to it."""
        self._settle()

    async def run(self) -> None:
        """Live until cancelled."""
        habits = Habits(
            topics=[f"{self.topic}/+/set"],
            will=(f"{self.topic}/mcc", b"false"),
            greet=self._greet,
            take=self._take,
        )
        await until_one_ends(self.link.stay(habits), self._beat())

    async def _beat(self) -> None:
        while True:
            await self._setup.clock.sleep(self._beat_s)
            with contextlib.suppress(FakeAwayError):
                await self.say_changes()

    async def _greet(self) -> None:
        self._said.clear()
        await self.say_changes()
        self._setup.tell(
            f"go-e {self._setup.name}, {self._setup.power_w} W, at mqtt://{self.link.place}: topics"
            f" {self.topic}/... (driver goe, serial = {self._setup.name!r})"
        )

    async def say_changes(self) -> None:
        """Publish the keys that have changed, and the pulse.

        Raises:
            FakeAwayError: There is no connection.
        """
        async with self._mouth:
            pulse = {"rbt": self.since_boot_ms}
            for key, value in (self._values() | pulse).items():
                payload = msgspec.json.encode(value)
                if self._said.get(key) != payload or key == "rbt":
                    await self.link.publish(f"{self.topic}/{key}", payload, retain=True)
                    self._said[key] = payload

    @property
    def since_boot_ms(self) -> int:
        """What `rbt` shows. [ms]"""
        return round((self._setup.clock.story_s() - self._booted_s) * MS_PER_S)

    def _values(self) -> dict[str, Any]:
        """Return all keys but the pulse."""
        power_w = self.outlet.power_w
        amps = round(power_w / VOLTAGE_V / self._active_phases(), 2)
        volts, currents, powers = [VOLTAGE_V] * 3, [amps] * 3, [power_w // 3] * 3
        return self._keys | {
            "mcc": True,
            "car": self._car(),
            "alw": self._model_status() in (FORCED_ON, DEFAULT),
            "err": GROUND_FAULT if self.outlet.fault else 0,
            "modelStatus": self._model_status(),
            "eto": int(self.outlet.energy_wh),
            "wh": round(self.outlet.session_wh, 3),
            "nrg": [*volts, 0, *currents, *powers, 0, power_w, 0, 0, 0, 0],
            "fwv": "60.5",
        }  # fmt: skip

    def _car(self) -> int:
        """Return `car`: 1 idle, 2 charging, 3 waits for the car, 4 complete, 5 error."""
        if self.outlet.fault:
            return 5
        if not self.outlet.is_plugged:
            return 1
        return 2 if self.outlet.power_w else 4

    def _model_status(self) -> int:
        """Return why power flows or not, in the firmware's order."""
        if self._keys["acs"] == 1 and self._keys["trx"] is None:
            return NO_ACCESS
        if self._keys["frc"] == 2:
            return FORCED_ON
        if self._keys["frc"] == 1:
            return FORCED_OFF
        return ENERGY_LIMIT if self._is_ended else DEFAULT

    def _active_phases(self) -> int:
        return 1 if self._keys["psm"] == 1 else self._phases

    def _settle(self) -> None:
        """Let the physics follow what was commanded or has happened."""
        if self._was_plugged and not self.outlet.is_plugged:
            self._keys["trx"] = None  # the transaction ends with the cable
        if not self._was_plugged and self.outlet.is_plugged:
            self._set_energy_limit()
        self._was_plugged = self.outlet.is_plugged
        self.outlet.limit(self._keys["amp"] * VOLTAGE_V * self._active_phases())
        self.outlet.switch(on=self._model_status() in (FORCED_ON, DEFAULT))

    def _set_energy_limit(self) -> None:
        """Let the energy of this car end where `dwo` says."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._is_ended = None, False
        if self._keys["dwo"] is not None:
            left_wh = max(0.0, self._keys["dwo"] - self.outlet.session_wh)
            self._timer = self.outlet.when_counted(left_wh, self._end)

    def _end(self) -> None:
        self._is_ended = True
        self._settle()

    async def _take(self, topic: str, payload: bytes) -> None:
        """Do what a write says, and answer it."""
        key = topic.removeprefix(f"{self.topic}/").removesuffix("/set")
        text = self._write(key, payload)
        await self.link.publish(f"{self.topic}/{key}/result", text)
        await self.say_changes()

    def _write(self, key: str, payload: bytes) -> str:
        """Write a key; return the answer."""
        if self._keys["mcr"]:
            return "mqtt is readonly"
        try:
            value = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return f"invalid json: {payload.decode(errors='replace')}"
        if key in NULLABLE and value is not None and not _is_between(value, 0, NULLABLE[key]):
            return f"value must be null or a number {value}"
        if key in WRITABLE and not _is_between(value, *WRITABLE[key]):
            return f"value out of range {value}"
        if key not in NULLABLE and key not in WRITABLE:
            return f"unknown or read only {key}"
        self._keys[key] = value
        if key == "dwo":
            self._set_energy_limit()
        self._settle()
        return "success"

    async def _reboot(self, _words: Sequence[str]) -> None:
        """Forget force state and transaction, count `rbt` from 0, and reconnect."""
        self._keys |= {"frc": 0, "trx": None}
        self._booted_s = self._setup.clock.story_s()
        self._settle()
        self.link.allow(False)
        self.link.allow(True)


def _is_between(value: object, low: int, high: int) -> bool:
    """Say whether a value is a whole number from here to there."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
