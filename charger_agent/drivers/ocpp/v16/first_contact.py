"""The contact with a charge point that has come, or come back: it is made before anybody is served.

A charge point that has just come is left alone for a while, unless a session needs it: some are
slow after their start, and some only look in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from charger_agent.drivers.ocpp.connector import Connector
from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.drivers.ocpp.times import format_time
from charger_agent.drivers.ocpp.v16.contact import configure, get_configuration
from charger_agent.drivers.ocpp.v16.profiles import default_profile, maximum_profile
from charger_agent.errors import DriverRefusedError, DriverSilentError

if TYPE_CHECKING:
    from charger_agent.drivers.ocpp.v16.charge_point import ChargePoint

CONTACT_S = 15.0
"""How long whoever needs a charge point's configuration waits for it. [real s]"""


class FirstContact:
    """The contact with one charge point.

    Args:
        point: The charge point.
    """

    def __init__(self, point: ChargePoint) -> None:
        self._point = point
        self._due = asyncio.Event()
        self._done = asyncio.Event()
        self._in_need = 0
        self._work: asyncio.Task[None] | None = None

    @property
    def is_made(self) -> bool:
        """Whether its configuration is known and its fallback is set."""
        return self._done.is_set()

    async def made(self) -> None:
        """Wait until the contact is made, now that somebody needs it.

        Raises:
            DriverSilentError: It does not come about.
        """
        self._in_need += 1
        self._due.set()
        try:
            async with self._point.clock.timeout(CONTACT_S):
                await self._done.wait()
        except TimeoutError as error:
            raise DriverSilentError(
                f"station {self._point.identity!r} has not told its configuration within"
                f" {CONTACT_S:g} s: see the log for what it refuses"
            ) from error
        finally:
            self._in_need -= 1

    def lose(self) -> None:
        """Note that it has gone; its configuration may be another when it comes back."""
        self._done.clear()

    def renew(self) -> None:
        """Make contact anew, a while from now or when somebody needs it."""
        self._done.clear()
        self._due.clear()
        serves = any(connector.token for connector in self._point.connectors.values())
        if serves or self._in_need:
            self._due.set()  # A session goes on, its limit may be forgotten; or one begins.
        if self._work is not None:
            self._work.cancel()
        self._work = self._point.later(self._make())

    async def _make(self) -> None:
        point = self._point
        try:
            async with point.clock.timeout(point.options.contact_after_s):
                await self._due.wait()
        except TimeoutError:
            pass  # Nobody was in a hurry.
        await self._limit_again()
        point.configuration = await get_configuration(point.call, point.log)
        await configure(
            point.call, point.configuration, sample_s=point.options.sample_s, log=point.log
        )
        if point.takes_limits:
            await self._set_fallbacks()
        await self._take_up()
        self._done.set()
        point.log.info("the station is ready", profiles=sorted(point.configuration.profiles))
        for connector in point.connectors.values():
            if connector.connection is None:
                await self._ask_state(connector)

    async def _set_fallbacks(self) -> None:
        """Set what may flow where no limit says otherwise."""
        point = self._point
        for connector in point.connectors.values():
            fallback = point.rate(connector.fallback_w)
            profile = default_profile(connector.number, fallback=fallback, unit=point.unit)
            await self._set(connector.number, profile)
        maximum = point.rate(sum(each.power_w_max for each in point.connectors.values()))
        now = format_time(point.clock.now_us())
        await self._set(0, maximum_profile(maximum=maximum, unit=point.unit, now=now))

    async def _set(self, number: int, profile: Payload) -> None:
        """Set a profile; one that is refused is missed, and every limit still dies by itself."""
        order = {"connectorId": number, "csChargingProfiles": profile}
        try:
            await self._point.accepted("SetChargingProfile", order)
        except DriverRefusedError as error:
            purpose = profile["chargingProfilePurpose"]
            self._point.log.warning("no fallback is set", purpose=purpose, reason=str(error))

    async def _take_up(self) -> None:
        """Tell limits again that may be forgotten, and end what nobody pays for."""
        await self._limit_again()
        point = self._point
        living = {each.transaction.id for each in point.connectors.values() if each.transaction}
        for each in await point.book.open_ones():
            is_theirs = point.beside is not None and each.status != "Accepted"
            if str(each.id) not in living and not is_theirs:
                point.end_unpaid(each.id)

    async def _limit_again(self) -> None:
        for connector in self._point.connectors.values():
            try:
                await self._point.limit(connector)
            except DriverRefusedError as error:  # Its transaction may be over: it will say so.
                self._point.log.warning("a limit is not taken again", reason=str(error))

    async def _ask_state(self, connector: Connector) -> None:
        """Ask for the state of a connector that has said nothing yet."""
        point = self._point
        order = {"requestedMessage": "StatusNotification", "connectorId": connector.number}
        if not point.configuration.can_be_triggered(point.quirks):
            connector.assume_free()
            return
        try:
            await point.accepted("TriggerMessage", order)
        except DriverRefusedError:
            connector.assume_free()
