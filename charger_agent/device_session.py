"""A session as the device is told of it, as far as its driver declares that it wants to know.

Beginning and end are the session's own matter: what fails there ends it. Reservation, display and
signature are extras: what fails there is noted and harms nothing.
"""

from collections.abc import Coroutine

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers import (
    ChargerDriver,
    CostChunk,
    CostStatus,
    SessionCost,
    cost_of,
    gauge_of,
    lock_of,
    reservation_of,
    session_of,
    session_token,
    signed_meter_of,
)
from charger_agent.errors import DriverError, DriverRefusedError
from negotiation import Bill, Memory, SignedValue, StopReason


async def begin(driver: ChargerDriver, dialogue: bytes) -> None:
    """Announce the session of an agreed dialogue, and lock its cable.

    Raises:
        DriverError: The device does not answer.
        DriverRefusedError: It refuses.
    """
    if session := session_of(driver):
        await session.begin(session_token(dialogue))
    if lock := lock_of(driver):
        await lock.lock(True)


async def finish(driver: ChargerDriver, why: StopReason) -> None:
    """Stop the power, end the session, and let the cable go.

    Raises:
        DriverError: The device does not answer.
        DriverRefusedError: It refuses.
    """
    if session := session_of(driver):
        await session.finish(why)
    else:
        await driver.enable(False)
    if lock := lock_of(driver):
        await lock.lock(False)


class DeviceExtras:
    """What a device does for a session besides.

    Args:
        log: The agent's log.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    async def reserve(self, driver: ChargerDriver, dialogue: bytes, for_s: float) -> None:
        """Let the device keep its outlet. [story s]"""
        if keeper := reservation_of(driver):
            await self._noted("reserve", keeper.reserve(session_token(dialogue), for_s))

    async def cancel_reservation(self, driver: ChargerDriver) -> None:
        """Let the device give its outlet free."""
        if keeper := reservation_of(driver):
            await self._noted("cancel a reservation", keeper.cancel_reservation())

    async def show(self, driver: ChargerDriver, memory: Memory) -> None:
        """Show what the session costs, as far as it is vouched for."""
        if display := cost_of(driver):
            await self._noted("show the cost", display.show_cost(session_cost(memory)))

    async def signed(self, driver: ChargerDriver) -> tuple[SignedValue, ...]:
        """Return what the meter has signed; nothing where it does not sign."""
        meter = signed_meter_of(driver)
        if meter is None:
            return ()
        try:
            return await meter.signed_values()
        except (DriverError, DriverRefusedError, OSError) as error:
            self._log.warning("a device could not", what="sign", reason=str(error))
            return ()

    async def state_of_charge(self, driver: ChargerDriver) -> int | None:
        """Return how full the car is, None where nobody knows. [%]"""
        gauge = gauge_of(driver)
        if gauge is None:
            return None
        try:
            return await gauge.state_of_charge()
        except (DriverError, DriverRefusedError, OSError):
            return None

    async def _noted(self, what: str, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except (DriverError, DriverRefusedError, OSError) as error:
            self._log.warning("a device could not", what=what, reason=str(error))


def session_cost(memory: Memory) -> SessionCost:
    """Return what a dialogue costs so far: the part of the bill that both sides have signed."""
    bill: Bill = memory.agreed_bill
    chunks = tuple(
        CostChunk(
            from_us=chunk.start.at_us,
            until_us=chunk.end.at_us,
            from_wh=chunk.start.energy_wh,
            until_wh=chunk.end.energy_wh,
            cost=chunk.cost,
        )
        for chunk in bill.chunks
    )
    status = CostStatus.FINISHED if memory.ended else CostStatus.RUNNING
    return SessionCost(status=status, total=bill.total, chunks=chunks)
