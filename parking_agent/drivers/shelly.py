"""A barrier behind a Shelly relay of the second generation or later, by RPC over MQTT.

The pulse is `toggle_after` of `Switch.Set`, made in the device; each call has an id and is answered
on a topic of our own. `initial_state` is the resting level, so that a power cut moves nothing: an
exit that opens on fault is wired the other way round, its relay rests closed and holds the barrier
down, so that without power the way is free.
"""

import asyncio
from typing import Annotated, Any

import msgspec

from agent_runtime import BrokerSettings, DeviceLink, Message
from parking_agent.barrier import Position
from parking_agent.drivers.contract import Capability, DriverSetup
from parking_agent.drivers.device_calls import (
    CONNECT_S,
    BrokerOptions,
    LongestPulse,
    check_pulse,
    fields_of,
    ignore,
    read_options,
    silent_errors,
)
from parking_agent.drivers.retained import RetainedCommands
from parking_agent.errors import DriverFaultedError, DriverSilentError

ID_MAX = 2**31 - 1
"""Ids of calls begin anywhere up to this, so that no answer to an earlier start fits."""


class ShellyOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings."""

    prefix: Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern="^[^+#]*$")]
    """The device's MQTT prefix, its id unless somebody has changed it."""
    switch: Annotated[int, msgspec.Meta(ge=0, le=15)] = 0
    """Which switch."""
    answer_s: Annotated[float, msgspec.Meta(gt=0, le=15)] = 4.0
    """How long an answer may take. [s]"""


class ShellyGate:
    """A driver for a Shelly relay.

    Args:
        setup: What it is made from; its options are `ShellyOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    capabilities = frozenset[Capability]()
    """A relay knows neither where the barrier is nor who stands there."""

    def __init__(self, setup: DriverSetup) -> None:
        self._options = read_options(setup.options, ShellyOptions, driver="shelly")
        self._gate = setup.gate
        self._clock = setup.clock
        self._opens_with = not setup.opens_on_fault
        self._source = f"tangleway/{setup.gate}-{setup.random.getrandbits(48):012x}"
        self._call_id = setup.random.randrange(ID_MAX)
        self._link = DeviceLink(
            BrokerSettings(url=self._options.broker),
            clock=setup.clock,
            chance=setup.random,
            log=setup.log,
        )
        self._retained = RetainedCommands(setup.gate)
        self._pulse = LongestPulse()
        self._is_online = True
        self._is_checked = False
        self._is_entered = False
        self._turn = asyncio.Lock()
        self._listen()

    async def open(self) -> None:
        """Connect, see that nothing can move the gate by itself, and set its resting level.

        Raises:
            RetainedCommandError: The broker keeps a command for it.
            DriverSilentError: Broker or device are away.
            DriverFaultedError: It does not take its settings, or stands open without an end.
        """
        await self._link.__aenter__()
        self._is_entered = True
        try:
            with silent_errors(self._gate):
                await self._link.wait_up(CONNECT_S)
                async with self._turn:
                    await self._check_at_rest()
                    await self._prepare()
            self._retained.refuse()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the broker; a pulse that runs ends by itself."""
        if self._is_entered:
            self._is_entered = False
            await self._link.__aexit__()

    async def vehicle_present(self) -> bool:
        """Ask the relay for its state, and see nobody: it has no loop.

        Raises:
            DriverError: It does not answer.
        """
        self._check_reachable()
        with silent_errors(self._gate):
            async with self._turn:
                await self._call("Switch.GetStatus")
        return False

    async def pulse_open(self, seconds: float) -> None:
        """Let the relay make a pulse, and hear it say so.

        Raises:
            DriverRefusedError: The time is out of range.
            RetainedCommandError: The broker keeps a command for it.
            DriverSilentError: Broker or device are away, or gave no answer.
            DriverFaultedError: It says that it did not do it.
        """
        check_pulse(self._gate, seconds)
        self._check_reachable()
        self._retained.refuse()
        with silent_errors(self._gate):
            async with self._turn:
                if not self._is_checked:
                    await self._prepare()
                needed_s = self._pulse.needed_s(seconds, at_s=self._clock.story_s())
                await self._call("Switch.Set", on=self._opens_with, toggle_after=needed_s)
        self._pulse.runs(needed_s, at_s=self._clock.story_s())

    async def position(self) -> Position:
        """Return that nobody knows: a relay has no end switch."""
        return Position.UNKNOWN

    def _listen(self) -> None:
        prefix = self._options.prefix
        for topics in (f"{prefix}/rpc", f"{prefix}/command", f"{prefix}/command/+"):
            self._link.listen(topics, self._retained.hear)
        self._link.listen(f"{prefix}/online", self._hear_online)
        self._link.listen(f"{self._source}/rpc", ignore)
        self._link.lost = self._forget

    def _hear_online(self, message: Message) -> None:
        """Note whether the device is there; one that was away may have other settings now."""
        self._is_online = message.payload != b"false"
        if not message.is_retained:
            self._forget()

    def _forget(self) -> None:
        """Trust no setting that was read before."""
        self._is_checked = False

    def _check_reachable(self) -> None:
        """Refuse to talk to a device whose will was published.

        Raises:
            DriverSilentError: It is offline.
        """
        if not self._is_online:
            raise DriverSilentError(
                f"gate {self._gate!r}: the broker says that {self._options.prefix!r} is offline:"
                " see whether it has power and network"
            )

    async def _check_at_rest(self) -> None:
        """Raise if the gate stands open and no timer will end that."""
        status = await self._call("Switch.GetStatus")
        if status.get("output") is not self._opens_with:
            return
        timer_s = status.get("timer_duration")
        if not isinstance(timer_s, int | float):
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay is switched so that the gate stands open for"
                " ever; bring it to rest, or see to the wiring and `opens_on_fault`"
            )
        self._pulse.runs(float(timer_s), at_s=self._clock.story_s())

    async def _prepare(self) -> None:
        """Set the level at which the relay wakes up, where it is another, and read it back."""
        wanted = "off" if self._opens_with else "on"
        if (await self._call("Switch.GetConfig")).get("initial_state") != wanted:
            await self._call("Switch.SetConfig", config={"initial_state": wanted})
            found = (await self._call("Switch.GetConfig")).get("initial_state")
            if found != wanted:
                raise DriverFaultedError(
                    f"gate {self._gate!r}: the relay does not take initial_state {wanted!r} and"
                    f" keeps {found!r}; a power cut would move the gate"
                )
        self._is_checked = True

    async def _call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the switch and return its result."""
        self._call_id += 1
        call_id, topic = self._call_id, f"{self._source}/rpc"
        call = {
            "id": call_id,
            "src": self._source,
            "method": method,
            "params": {"id": self._options.switch, **params},
        }

        def fits(message: Message) -> bool:
            is_answer = message.topic == topic and fields_of(message).get("id") == call_id
            return is_answer or self._is_offline(message)

        answer = await self._link.ask(
            f"{self._options.prefix}/rpc",
            msgspec.json.encode(call),
            fits,
            timeout_s=self._options.answer_s,
        )
        if self._is_offline(answer):
            self._check_reachable()
        self._is_online = True  # It lives, whatever an old will says.
        return self._result(method, fields_of(answer))

    def _is_offline(self, message: Message) -> bool:
        """Say whether a message is the device's will, just published."""
        is_will = message.topic == f"{self._options.prefix}/online"
        return is_will and not message.is_retained and message.payload == b"false"

    def _result(self, method: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the result in an answer.

        Raises:
            DriverFaultedError: It brings an error instead.
        """
        result = answer.get("result")
        if not isinstance(result, dict):
            error = answer.get("error")
            reason = error.get("message") if isinstance(error, dict) else "no result"
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay answers {method} with an error ({reason});"
                " see to its settings"
            )
        return result
