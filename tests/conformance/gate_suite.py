"""What every gate's driver must do: inherit `GateDriverSuite` and offer a fixture `rig`.

A rig is one driver on a bench: the suite moves its time, drives a vehicle onto the loop and breaks
the device. It is the same for a simulated gate and for a real driver that speaks with a fake one.
"""

from abc import ABC, abstractmethod

import pytest

from parking_agent import (
    Capability,
    DriverError,
    DriverRefusedError,
    GateDriver,
    Position,
    lane_of,
)
from parking_agent.drivers import PULSE_S_MAX


class GateRig(ABC):
    """One driver on a bench."""

    driver: GateDriver
    """The driver, already open."""
    move_s: float
    """How long the barrier takes at most, each way. [story s]"""
    opens_on_fault: bool
    """Whether a fault leaves it open."""

    @abstractmethod
    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""

    @abstractmethod
    async def vehicle_comes(self) -> None:
        """Drive a vehicle onto the loop."""

    @abstractmethod
    async def vehicle_leaves(self) -> None:
        """Drive it away."""

    @abstractmethod
    async def break_down(self) -> None:
        """Make the device report a fault."""

    def seen(self) -> Position | None:
        """Return where a bystander sees the barrier, None where nobody stands beside it."""
        return None

    async def expect(self, position: Position) -> None:
        """Fail unless the barrier is where it should be, as far as anybody can tell."""
        knows = Capability.POSITION in self.driver.capabilities
        assert await self.driver.position() is (position if knows else Position.UNKNOWN)
        assert self.seen() in (position, None)


class GateDriverSuite:
    """The contract of `parking_agent.drivers.contract`, as tests."""

    async def test_it_begins_shut(self, rig: GateRig) -> None:
        """After `open` nothing has moved, and it opens for nobody by itself."""
        await rig.expect(Position.CLOSED)
        assert await rig.driver.vehicle_present() is False
        await rig.vehicle_comes()
        await rig.wait(60)
        await rig.expect(Position.CLOSED)

    async def test_capabilities_are_declared(self, rig: GateRig) -> None:
        """They are a set of known words, and a simulated lane is there when it is declared."""
        capabilities = rig.driver.capabilities
        assert all(isinstance(capability, Capability) for capability in capabilities)
        assert (lane_of(rig.driver) is not None) == (Capability.LANE in capabilities)

    async def test_it_sees_vehicles(self, rig: GateRig) -> None:
        """Where there is a loop, it tells who stands on it."""
        sees = Capability.PRESENCE in rig.driver.capabilities
        await rig.vehicle_comes()
        assert await rig.driver.vehicle_present() is sees
        await rig.vehicle_leaves()
        assert await rig.driver.vehicle_present() is False

    async def test_the_pulse_ends_by_itself(self, rig: GateRig) -> None:
        """It opens, and closes without another command."""
        await rig.driver.pulse_open(10)
        await rig.wait(rig.move_s)
        await rig.expect(Position.OPEN)
        await rig.wait(11)
        await rig.expect(Position.CLOSED)

    async def test_a_pulse_prolongs_a_pulse(self, rig: GateRig) -> None:
        """A second one counts from its own beginning, and a short one shortens nothing."""
        await rig.driver.pulse_open(10)
        await rig.wait(8)
        await rig.driver.pulse_open(10)
        await rig.driver.pulse_open(1)
        await rig.wait(8)
        await rig.expect(Position.OPEN)
        await rig.wait(3 + rig.move_s)
        await rig.expect(Position.CLOSED)

    async def test_it_never_closes_on_a_vehicle(self, rig: GateRig) -> None:
        """It stays open over a vehicle and closes after it."""
        if Capability.PRESENCE not in rig.driver.capabilities and rig.seen() is None:
            pytest.skip("nobody sees it, and the device has no loop: the barrier must have one")
        await rig.driver.pulse_open(10)
        await rig.wait(9)
        await rig.vehicle_comes()
        for _ in range(5):
            await rig.wait(20)
            await rig.expect(Position.OPEN)
        await rig.vehicle_leaves()
        await rig.wait(rig.move_s + 0.1)
        await rig.expect(Position.CLOSED)

    @pytest.mark.parametrize("seconds", [0, -1, PULSE_S_MAX * 1.01])
    async def test_wrong_pulses_are_refused(self, rig: GateRig, seconds: float) -> None:
        """No pulse of nothing or for ever; nothing moves."""
        with pytest.raises(DriverRefusedError):
            await rig.driver.pulse_open(seconds)
        await rig.wait(1)
        await rig.expect(Position.CLOSED)

    async def test_a_fault_is_told(self, rig: GateRig) -> None:
        """A broken device does not pretend to open; it stands as the settings say."""
        await rig.break_down()
        with pytest.raises(DriverError):
            await rig.driver.pulse_open(5)
        with pytest.raises(DriverError):
            await rig.driver.vehicle_present()
        await rig.wait(rig.move_s)
        await rig.expect(Position.OPEN if rig.opens_on_fault else Position.CLOSED)

    async def test_it_closes_after_the_agent_has_gone(self, rig: GateRig) -> None:
        """The pulse is the device's own: it ends although nobody is connected."""
        await rig.driver.pulse_open(10)
        await rig.driver.close()
        await rig.driver.close()
        await rig.wait(11 + rig.move_s)
        await rig.driver.open()
        await rig.expect(Position.CLOSED)
