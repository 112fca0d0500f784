"""A fake Shelly relay of the second generation: RPC over MQTT, notifications, online will.

Calls come on `<prefix>/rpc` and are answered on `<src>/rpc` with their id. Configuration survives a
power cut, timers do not; `initial_state` says what the contact does then.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import msgspec

from fake_devices.broker_connection import AGAIN_S, BrokerConnection, Habits
from fake_devices.device import Control, FakeSetup
from fake_devices.errors import FakeAwayError, FakeOptionError
from fake_devices.gate_controls import gate_controls
from fake_devices.gate_physics import NEVER_S, GatePhysics

TICK_S = 0.05
"""How often the firmware looks at its timers. [real s]"""

US_PER_S = 1_000_000
"""Microseconds in a second."""

NO_HANDLER, BAD_ARGUMENT = 404, -103
"""Error codes of Shelly's RPC."""

Params = dict[str, Any]
"""A call's parameters, or what it returns."""


class RpcError(Exception):
    """What a call is answered with instead of a result; it stays in here.

    Args:
        code: Shelly's number for it.
        text: The words.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class FakeShelly:
    """A fake Shelly Plus 1.

    Args:
        setup: What it is made from. Options: `initial_state` (`off` or `on`, what it is set to;
            default `off`), `again_s` (between two tries to connect [real s]).

    Raises:
        FakeOptionError: It knows no such option, or its value is wrong.
    """

    def __init__(self, setup: FakeSetup) -> None:
        setup.check_options("initial_state", "again_s")
        self._setup = setup
        state = setup.options.get("initial_state", "off")
        if state not in ("off", "on"):
            raise FakeOptionError(f"initial_state is off or on, not {state!r}")
        self._config: Params = {
            "id": 0,
            "name": None,
            "in_mode": "follow",
            "initial_state": state,
            "auto_on": False,
            "auto_off": False,
        }
        self._source = "init"
        self._timer_s = 0.0
        self._said_on = state == "on"
        self.gate = GatePhysics(setup.clock, opens_when=state == "off")
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
        self._methods: dict[str, Callable[[Params], Params]] = {
            "Switch.Set": self._set,
            "Switch.Toggle": lambda params: self._set({**params, "on": not self.gate.is_on}),
            "Switch.GetStatus": lambda _: self._status(),
            "Switch.GetConfig": lambda _: dict(self._config),
            "Switch.SetConfig": self._set_config,
            "Shelly.GetDeviceInfo": lambda _: self._device_info(),
        }

    async def run(self) -> None:
        """Live until cancelled."""
        name = self._setup.name
        habits = Habits(
            topics=[f"{name}/rpc", f"{name}/command", f"{name}/command/+", "shellies/command"],
            will=(f"{name}/online", b"false"),
            greet=self._greet,
            take=self._take,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.stay(habits))
            group.create_task(self._look_at_timers())

    async def _look_at_timers(self) -> None:
        """Notify when the timer has switched."""
        while True:
            await self._setup.clock.sleep(TICK_S)
            if self.gate.is_on != self._said_on:
                self._source = "timer"
                await self._notify()

    async def _greet(self) -> None:
        """Say what it says at each connect."""
        name = self._setup.name
        await self.link.publish(f"{name}/online", "true", qos=1, retain=True)
        await self._notify()
        self._setup.tell(
            f"Shelly relay {name!r} at mqtt://{self.link.place}: topics {name}/..."
            f" (driver shelly, prefix = {name!r})"
        )

    async def _take(self, topic: str, payload: bytes) -> None:
        """Do what a message says, and answer."""
        if not self.gate.has_power:
            return
        if topic == f"{self._setup.name}/rpc":
            await self._answer(_object(payload))
        elif topic.endswith("/command/switch:0"):
            await self._obey(payload.decode(errors="replace"))

    async def _obey(self, text: str) -> None:
        """Obey the plain control topic."""
        if text in ("on", "off", "toggle"):
            on = not self.gate.is_on if text == "toggle" else text == "on"
            self._set({"id": 0, "on": on}, source="MQTT")
            await self._notify()

    async def _answer(self, call: Params) -> None:
        """Answer a call where its source can hear it; without one nobody is answered."""
        source, call_id = call.get("src"), call.get("id")
        frame: Params = {"id": call_id, "src": self._setup.name, "dst": source}
        was_on = self.gate.is_on
        try:
            frame["result"] = self._call(call)
        except RpcError as error:
            frame["error"] = {"code": error.code, "message": str(error)}
        if isinstance(source, str) and source and call_id is not None:
            with contextlib.suppress(FakeAwayError):
                await self.link.publish(f"{source}/rpc", _json(frame), qos=1)
        if self.gate.is_on != was_on:
            await self._notify()

    def _call(self, call: Params) -> Params:
        method, params = call.get("method"), call.get("params")
        work = self._methods.get(str(method))
        if work is None:
            raise RpcError(NO_HANDLER, f"No handler for {method}")
        params = params if isinstance(params, dict) else {}
        if str(method).startswith("Switch.") and params.get("id") != 0:
            raise RpcError(BAD_ARGUMENT, "Argument 'id', value does not exist!")
        return work(params)

    def _set(self, params: Params, *, source: str = "rpc") -> Params:
        on, timer_s = params.get("on"), params.get("toggle_after", 0)
        if not isinstance(on, bool):
            raise RpcError(BAD_ARGUMENT, "Missing or bad argument 'on'!")
        if not isinstance(timer_s, int | float) or timer_s < 0:
            raise RpcError(BAD_ARGUMENT, "Invalid argument 'toggle_after'!")
        was_on, self._source, self._timer_s = self.gate.is_on, source, float(timer_s)
        self.gate.switch(on=on, flips_in_s=timer_s or NEVER_S)
        return {"was_on": was_on}

    def _set_config(self, params: Params) -> Params:
        config = params.get("config")
        if not isinstance(config, dict) or not set(config) <= set(self._config):
            raise RpcError(BAD_ARGUMENT, "Invalid argument 'config'!")
        self._config.update(config)
        return {"restart_required": False}

    def _status(self) -> Params:
        status: Params = {"id": 0, "source": self._source, "output": self.gate.is_on}
        if left_s := self.gate.remaining_s:
            began_s = self._now_s - (self._timer_s - left_s)
            status |= {"timer_started_at": round(began_s, 2), "timer_duration": self._timer_s}
        return status | {"temperature": {"tC": 41.2, "tF": 106.2}}

    def _device_info(self) -> Params:
        name = self._setup.name
        return {"id": name, "model": "SNSW-001X16EU", "gen": 2, "app": "Plus1", "auth_en": False}

    def _wake(self) -> None:
        """Do what the firmware does when the power comes."""
        self._source = "init"
        self.gate.switch(on=self._config["initial_state"] == "on")

    async def _notify(self) -> None:
        """Tell whoever listens how the contact stands."""
        self._said_on = self.gate.is_on
        name, status = self._setup.name, self._status()
        changed = {key: status[key] for key in ("id", "source", "output")}
        event = {
            "src": name,
            "dst": f"{name}/events",
            "method": "NotifyStatus",
            "params": {"ts": round(self._now_s, 2), "switch:0": changed},
        }
        with contextlib.suppress(FakeAwayError):
            await self.link.publish(f"{name}/events/rpc", _json(event))
            await self.link.publish(f"{name}/status/switch:0", _json(status))

    @property
    def _now_s(self) -> float:
        return self._setup.clock.now_us() / US_PER_S


def _object(payload: bytes) -> Params:
    """Return a payload as a JSON object, an empty one where it is none."""
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
