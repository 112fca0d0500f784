"""A fake relay with Tasmota: topics, answers, PulseTime and PowerOnState as in the firmware.

Settings live in flash and survive a power cut; the contact does not. The firmware's timer
(PulseTime) starts with each switching away from rest, and also when PulseTime itself is set.
"""

import asyncio
import contextlib
from typing import Any

import msgspec

from fake_devices.broker_connection import AGAIN_S, BrokerConnection, Habits
from fake_devices.device import Control, FakeSetup
from fake_devices.errors import FakeAwayError, FakeOptionError
from fake_devices.gate_controls import gate_controls
from fake_devices.gate_physics import NEVER_S, GatePhysics

TICK_S = 0.05
"""How often the firmware looks at its timers: every 50 ms. [real s]"""

TELE_PERIOD_S = 300
"""Between two reports of the state. [real s]"""

TENTHS_MAX, SECONDS_FROM, PULSE_TIME_MAX = 111, 100, 65_535
"""How PulseTime is written: tenths of a second, or seconds and 100."""

INVERTED = 5
"""The PowerOnState in which the pulse is away from ON."""

POWER_ON_STATE_MAX = 5
"""The largest PowerOnState."""

LEVELS = {
    "on": True, "1": True, "true": True,
    "off": False, "0": False, "false": False,
}  # fmt: skip
"""What may be said to POWER, in any case; `toggle` and `2` besides."""


class FakeTasmota:
    """A fake relay with Tasmota.

    Args:
        setup: What it is made from. Options: `power_on_state` (0 or 5, what it is set to; default
            0), `again_s` (between two tries to connect [real s]).

    Raises:
        FakeOptionError: It knows no such option, or its value is wrong.
    """

    def __init__(self, setup: FakeSetup) -> None:
        setup.check_options("power_on_state", "again_s")
        self._setup = setup
        state = setup.options.get("power_on_state", "0")
        if state not in ("0", str(INVERTED)):
            raise FakeOptionError(f"power_on_state is 0 or {INVERTED}, not {state!r}")
        self._power_on_state = int(state)
        self._pulse_time = 0
        self._said_on = not self._is_off_at_rest
        self.gate = GatePhysics(setup.clock, opens_when=self._is_off_at_rest)
        """Its contact, and the barrier behind it."""
        self.link = BrokerConnection(
            setup.url,
            clock=setup.clock,
            away=setup.tell,
            again_s=float(setup.options.get("again_s", AGAIN_S)),
        )
        """Its connection."""
        self.controls: dict[str, Control] = gate_controls(
            self.gate, link=self.link.allow, wake=self._wake
        )
        """What a person may do to it."""

    @property
    def _is_off_at_rest(self) -> bool:
        return self._power_on_state != INVERTED

    async def run(self) -> None:
        """Live until cancelled."""
        name = self._setup.name
        habits = Habits(
            topics=[f"cmnd/{name}/#", "cmnd/tasmotas/#", f"cmnd/DVES_{self._mac_end}_fb/#"],
            will=(f"tele/{name}/LWT", b"Offline"),
            greet=self._greet,
            take=self._take,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.stay(habits))
            group.create_task(self._look_at_timers())
            group.create_task(self._report())

    @property
    def _mac_end(self) -> str:
        return f"{sum(self._setup.name.encode()) * 7919 & 0xFFFFFF:06X}"

    async def _look_at_timers(self) -> None:
        """Say so when the timer has switched."""
        while True:
            await self._setup.clock.sleep(TICK_S)
            if self.gate.is_on != self._said_on:
                with contextlib.suppress(FakeAwayError):
                    await self._say_power()

    async def _report(self) -> None:
        while True:
            await self._setup.clock.sleep(TELE_PERIOD_S)
            with contextlib.suppress(FakeAwayError):
                await self._say_state()

    async def _greet(self) -> None:
        """Say what it says at each connect."""
        name = self._setup.name
        await self.link.publish(f"tele/{name}/LWT", "Online", qos=1, retain=True)
        await self.link.publish(f"cmnd/{name}/POWER", "")  # the firmware does so, for iobroker
        await self._say_power()
        info = {"Info1": {"Module": "Sonoff Basic", "Version": "14.2.0", "GroupTopic": "tasmotas"}}
        await self.link.publish(f"tele/{name}/INFO1", _json(info))
        await self._say_state()
        self._setup.tell(
            f"Tasmota relay {name!r} at mqtt://{self.link.place}: topics cmnd/{name}/..."
            f" (driver tasmota, topic = {name!r})"
        )

    async def _take(self, topic: str, payload: bytes) -> None:
        """Do what a message says, and answer."""
        if not self.gate.has_power:
            return
        command, text = topic.rsplit("/", 1)[1].lower(), payload.decode(errors="replace").strip()
        if command in ("power", "power1"):
            await self._power(text.lower())
        elif command in ("pulsetime", "pulsetime1"):
            await self._answer({"PulseTime1": self._set_pulse_time(text)})
        elif command == "poweronstate":
            await self._answer({"PowerOnState": self._set_power_on_state(text)})
        elif command == "state":
            await self._answer(self._state())
        else:
            await self._answer({"Command": "Unknown", "Input": command.upper()})

    async def _power(self, text: str) -> None:
        if text in ("toggle", "2"):
            self._switch(not self.gate.is_on)
        elif text in LEVELS:
            self._switch(LEVELS[text])
        await self._say_power()

    def _switch(self, on: bool) -> None:
        """Switch the contact; away from rest, its timer begins."""
        is_pulse = on == self._is_off_at_rest and self._pulse_time
        flips_in_s = pulse_seconds(self._pulse_time) if is_pulse else NEVER_S
        self.gate.switch(on=on, flips_in_s=flips_in_s)

    def _set_pulse_time(self, text: str) -> dict[str, int]:
        """Set PulseTime, which starts the timer too, or tell it."""
        if text.isdigit() and int(text) <= PULSE_TIME_MAX:
            self._pulse_time = int(text)
            is_away = self.gate.is_on == self._is_off_at_rest
            if is_away:
                self.gate.flip_in(pulse_seconds(self._pulse_time) or NEVER_S)
        return {"Set": self._pulse_time, "Remaining": pulse_time_left(self.gate.remaining_s)}

    def _set_power_on_state(self, text: str) -> int:
        if text.isdigit() and int(text) <= POWER_ON_STATE_MAX:
            self._power_on_state = int(text)
        return self._power_on_state

    def _wake(self) -> None:
        """Do what the firmware does when the power comes."""
        if self._power_on_state == INVERTED:
            self.gate.switch(on=False, flips_in_s=pulse_seconds(self._pulse_time) or NEVER_S)
        else:
            self.gate.switch(on=False)

    async def _say_power(self) -> None:
        """Say the contact's level, as after each command and change."""
        is_on = self._said_on = self.gate.is_on
        await self._answer({"POWER": _level(is_on)})
        await self.link.publish(f"stat/{self._setup.name}/POWER", _level(is_on))

    async def _say_state(self) -> None:
        await self.link.publish(f"tele/{self._setup.name}/STATE", _json(self._state()))

    def _state(self) -> dict[str, Any]:
        return {"Heap": 25, "SleepMode": "Dynamic", "Sleep": 50, "POWER": _level(self.gate.is_on)}

    async def _answer(self, fields: dict[str, Any]) -> None:
        with contextlib.suppress(FakeAwayError):
            await self.link.publish(f"stat/{self._setup.name}/RESULT", _json(fields))


def pulse_seconds(value: int) -> float:
    """Return how long a PulseTime lasts. [s]"""
    return value / 10 if value <= TENTHS_MAX else float(value - SECONDS_FROM)


def pulse_time_left(seconds: float) -> int:
    """Return the rest of a pulse as the firmware tells it."""
    tenths = int(seconds * 10)
    return tenths if tenths <= TENTHS_MAX else int(seconds) + SECONDS_FROM


def _level(is_on: bool) -> str:
    return "ON" if is_on else "OFF"


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
