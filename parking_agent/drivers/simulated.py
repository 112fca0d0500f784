"""A barrier made of physics, that can break on purpose."""

import math

import msgspec

from parking_agent.barrier import Barrier, Position
from parking_agent.drivers.contract import PULSE_S_MAX, Capability, DriverSetup
from parking_agent.errors import DriverFaultedError, DriverRefusedError, UnknownDriverError

MOVE_S_MAX = 30.0
"""A barrier that takes longer is a door of a hangar. [story s]"""

NEVER_S = math.inf
"""An instant that does not come. [story s]"""


class SimulatedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated barrier's own table in the settings.

    Raises:
        ValueError: A value is out of range.
    """

    move_s: float = 1.5
    """How long it takes from closed to open; 0 is a light, as in free flow. [story s]"""
    spread: float = 0.1
    """How much slower it may be, at most; drawn once for each barrier."""
    fault_at_s: float | None = None
    """When it breaks. [story s]"""
    fault_for_s: float = NEVER_S
    """How long it stays broken. [story s]"""
    fault: str = "motor failure"
    """What it says then."""

    def __post_init__(self) -> None:
        if not 0 <= self.move_s <= MOVE_S_MAX:
            raise ValueError(f"move_s lies between 0 and {MOVE_S_MAX:g}")
        if not 0 <= self.spread <= 1 or self.fault_for_s <= 0:
            raise ValueError("spread lies between 0 and 1, fault_for_s is above 0")


class SimulatedGate:
    """A driver without a device.

    Args:
        setup: What it is made from; its options are `SimulatedOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    capabilities = frozenset({Capability.LANE, Capability.POSITION, Capability.PRESENCE})
    """It knows all, and has to be told of the vehicles."""

    def __init__(self, setup: DriverSetup) -> None:
        try:
            self._options = msgspec.convert(dict(setup.options), SimulatedOptions)
        except msgspec.ValidationError as error:
            raise UnknownDriverError(
                "simulated", reason=f"its options are wrong: {error}", known=("simulated",)
            ) from error
        self._setup = setup
        move_s = self._options.move_s * (1 + setup.random.random() * self._options.spread)
        self._barrier = Barrier(started_s=setup.clock.story_s(), move_s=move_s)

    async def open(self) -> None:
        """Change nothing: there is no device."""

    async def close(self) -> None:
        """Change nothing: the barrier closes by itself."""

    async def vehicle_present(self) -> bool:
        """Say whether a vehicle stands under the barrier.

        Raises:
            DriverFaultedError: It is broken.
        """
        self._check_works()
        return self._barrier.vehicle_present()

    async def pulse_open(self, seconds: float) -> None:
        """Open the barrier for a while.

        Raises:
            DriverRefusedError: The time is out of range.
            DriverFaultedError: It is broken.
        """
        if not 0 < seconds <= PULSE_S_MAX:
            raise DriverRefusedError(
                f"gate {self._setup.gate!r} takes no pulse of {seconds} s:"
                f" give more than 0 and up to {PULSE_S_MAX:g} s"
            )
        self._check_works()
        self._barrier.pulse_open(seconds, at_s=self._now_s)

    async def position(self) -> Position:
        """Return where the barrier is; one that is broken stands as its settings say."""
        if self._is_faulted:
            return Position.OPEN if self._setup.opens_on_fault else Position.CLOSED
        return self._barrier.position(self._now_s)

    def vehicle_comes(self) -> None:
        """A vehicle drives onto the loop."""
        self._barrier.vehicle_comes(at_s=self._now_s)

    def vehicle_leaves(self) -> None:
        """The loop is free again."""
        self._barrier.vehicle_leaves(at_s=self._now_s)

    @property
    def _now_s(self) -> float:
        return self._setup.clock.story_s()

    @property
    def _is_faulted(self) -> bool:
        from_s = NEVER_S if self._options.fault_at_s is None else self._options.fault_at_s
        return from_s <= self._now_s < from_s + self._options.fault_for_s

    def _check_works(self) -> None:
        if self._is_faulted:
            raise DriverFaultedError(
                f"gate {self._setup.gate!r} is faulted ({self._options.fault}): have it repaired"
            )
