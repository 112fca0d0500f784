"""Looks after outlets while nobody uses them: out of service what does not work, and back.

A device that was not there at the start, that vanishes or that a fault has struck returns by
itself. An outlet that is promised or occupied is left alone: its session finds out by itself.
"""

import asyncio
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock
from charger_agent.drivers import ChargerDriver, cable_of
from charger_agent.errors import DriverError, DriverRefusedError
from charger_agent.outlet import Outlet, OutletState

WATCH_S = 1.0
"""Between two looks at an outlet that nobody uses. [real s]"""

LOOK_S = 20.0
"""How long one look may take; a driver promises to end. [real s]"""

RETRY_S = 300.0
"""A simulated outlet that did not work is offered again after so long. [story s]"""


class OutletWatch:
    """The watch over the outlets of one site.

    Args:
        outlets: By name.
        drivers: Their devices, by the same names.
        clock: Both times.
        log: The agent's log.
    """

    def __init__(
        self,
        outlets: Mapping[str, Outlet],
        drivers: Mapping[str, ChargerDriver],
        *,
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._outlets = outlets
        self._drivers = drivers
        self._clock = clock
        self._log = log
        self._is_open: set[str] = set()
        self._retry_at_s: dict[str, float] = {}

    async def open_all(self) -> None:
        """Connect to all devices; one that is not there is out of service until it is.

        Raises:
            EndpointInUseError: Something listens where a device was to call.
        """
        for name in self._drivers:
            if name not in self._is_open:
                await self._open(name)

    async def run(self) -> None:
        """Look at real devices now and then, until cancelled; simulated ones do not vanish."""
        names = [name for name, driver in self._drivers.items() if cable_of(driver) is None]
        while names:
            await asyncio.gather(*(self._look(name) for name in names))
            await self._clock.sleep(WATCH_S)
        await asyncio.Event().wait()

    def break_down(self, name: str, reason: str) -> None:
        """Take an outlet out of service."""
        if self._outlets[name].fault != reason:
            self._log.warning("an outlet is out of service", outlet=name, reason=reason)
        self._outlets[name].break_down(reason)
        self._retry_at_s[name] = self._clock.story_s() + RETRY_S

    def retry_simulated(self) -> None:
        """Give simulated outlets that were broken another chance."""
        now_s = self._clock.story_s()
        due = [name for name, at_s in self._retry_at_s.items() if at_s <= now_s]
        for name in due:
            del self._retry_at_s[name]
            if cable_of(self._drivers[name]) is not None:
                self._outlets[name].repair()

    async def _open(self, name: str) -> None:
        try:
            await self._drivers[name].open()
        except (DriverError, DriverRefusedError, OSError) as error:
            self.break_down(name, str(error))
        else:
            self._is_open.add(name)

    async def _look(self, name: str) -> None:
        outlet = self._outlets[name]
        if outlet.state not in {OutletState.FREE, OutletState.FAULTED}:
            return
        if name not in self._is_open:
            await self._open(name)
        if name not in self._is_open:
            return
        fault = await self._fault(name)
        if outlet.state not in {OutletState.FREE, OutletState.FAULTED}:
            return  # Somebody has taken it meanwhile.
        if fault:
            self.break_down(name, fault)
        elif outlet.state is OutletState.FAULTED:
            outlet.repair()
            self._log.info("an outlet is back in service", outlet=name)

    async def _fault(self, name: str) -> str:
        """Return why an outlet does not work, empty while it does."""
        try:
            async with self._clock.timeout(LOOK_S):
                return (await self._drivers[name].status()).fault
        except TimeoutError:
            return f"the device did not answer within {LOOK_S:g} s"
        except (DriverError, DriverRefusedError, OSError) as error:
            return str(error)
