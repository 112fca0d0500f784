"""A barrier behind a Shelly relay of the second generation or later, by RPC over MQTT.

The pulse is `toggle_after` of `Switch.Set`, made in the device; each call has an id and is answered
on a topic of our own. `initial_state` is the resting level, so that a power cut moves nothing: an
exit that opens on fault is wired the other way round, its relay rests closed and holds the barrier
down, so that without power the way is free.
"""

from typing import Annotated, Any

import msgspec

from agent_runtime import Message
from parking_agent.drivers.contract import DriverSetup
from parking_agent.drivers.device_calls import BrokerOptions, fields_of, read_options
from parking_agent.drivers.relay_gate import RelayGate
from parking_agent.errors import DriverFaultedError

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


class ShellyGate(RelayGate):
    """A driver for a Shelly relay.

    Args:
        setup: What it is made from; its options are `ShellyOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    def __init__(self, setup: DriverSetup) -> None:
        options = read_options(setup.options, ShellyOptions, driver="shelly")
        prefix = options.prefix
        super().__init__(
            setup, broker=options.broker, device=prefix, will=(f"{prefix}/online", b"false")
        )
        self._options = options
        self._opens_with = not setup.opens_on_fault
        self._source = f"tangleway/{setup.gate}-{setup.random.getrandbits(48):012x}"
        self._call_id = setup.random.randrange(ID_MAX)
        for topics in (f"{prefix}/rpc", f"{prefix}/command", f"{prefix}/command/+"):
            self.link.listen(topics, self._retained.hear)
        self.link.listen(f"{self._source}/rpc")

    async def _check_at_rest(self) -> float:
        """Return how long a pulse still runs; raise if the gate stands open without one. [s]"""
        status = await self._call("Switch.GetStatus")
        if status.get("output") is not self._opens_with:
            return 0.0
        timer_s = status.get("timer_duration")
        if not isinstance(timer_s, int | float):
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay is switched so that the gate stands open for"
                " ever; bring it to rest, or see to the wiring and `opens_on_fault`"
            )
        return float(timer_s)

    async def _prepare(self) -> None:
        """Set the level at which the relay wakes up, where it is another, and read it back."""
        wanted = "off" if self._opens_with else "on"
        if (await self._call("Switch.GetConfig")).get("initial_state") == wanted:
            return
        await self._call("Switch.SetConfig", config={"initial_state": wanted})
        found = (await self._call("Switch.GetConfig")).get("initial_state")
        if found != wanted:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay does not take initial_state {wanted!r} and"
                f" keeps {found!r}; a power cut would move the gate"
            )

    async def _pulse(self, seconds: float) -> None:
        """Let the relay make a pulse, and hear it say so. [s]"""
        await self._call("Switch.Set", on=self._opens_with, toggle_after=seconds)

    async def _look(self) -> None:
        """Ask the relay for its level."""
        await self._call("Switch.GetStatus")

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

        answer = await self.link.ask(
            f"{self._options.prefix}/rpc",
            msgspec.json.encode(call),
            fits,
            timeout_s=self._options.answer_s,
        )
        if self._is_offline(answer):
            self._check_reachable()
        self._lives()
        return self._result(method, fields_of(answer))

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
