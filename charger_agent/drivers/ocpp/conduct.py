"""What takes several messages with a station: begin, end, read the meter, see that it obeys."""

import contextlib

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.connector import Connector
from charger_agent.errors import (
    DriverFaultedError,
    DriverImplausibleError,
    DriverRefusedError,
    DriverSilentError,
)

START_S = 14.0
"""How long a station may take from being asked to begin until it says that it has: locking the
cable takes seconds. Less than what a call on a device may take. [real s]"""

STOP_S = 14.0
"""The same for the end. [real s]"""

FRESH_S = 1.0
"""A meter value counts as present for so long; then the station is asked anew. In story time, since
what matters is how much may have flowed meanwhile. [story s]"""

TRIGGER_S = 2.0
"""How long a meter value may take that the station was asked for. [real s]"""

STALE_SAMPLES = 3
"""A meter is silent when so many of its periodic values are missing."""

STALE_SLACK_S = 5.0
"""And this much later, for slow networks. [real s]"""

OBEY_S = 15.0
"""How long a station may take to obey a limit; then it is told again, and after as long once more
it counts as broken. [real s]"""

MISSED_S = 30.0
"""How long a session waits for a station that has gone from it: small networks and routers come
back within that. [real s]"""

LIMIT_AGAIN_S = (0.05, 0.2, 1.0)
"""Pauses after which a limit is told again that was refused right after a transaction began: a
station may still be busy with taking in its id. [real s]"""

US_PER_S = 1_000_000


class Conduct:
    """The conduct of one connector's sessions.

    Args:
        station: Whose.
        connector: Which one.
        url: Where the station calls, without its identity.
        sample_s: How often its meter values should come. [story s]
        clock: Both times.
        log: With the outlet's name.
    """

    def __init__(
        self,
        station: ChargingStation,
        connector: Connector,
        *,
        url: str,
        sample_s: float,
        clock: DriverClock,
        log: FilteringBoundLogger,
    ) -> None:
        self._station = station
        self._connector = connector
        self._url = url
        self._sample_s = sample_s
        self._clock = clock
        self._log = log
        self._name = f"connector {connector.number} of station {station.identity!r}"
        self._asked_at_us = 0
        self._told_again_us = 0

    @property
    def is_missed(self) -> bool:
        """Whether the station has just gone from a session: it may be back in a moment.

        Meanwhile nothing is asked of it and its limit dies by itself, so that waiting costs nobody
        more than was agreed.
        """
        gone_s = (self._clock.now_us() - self._station.gone_at_us) / US_PER_S
        is_in_session = self._connector.transaction is not None
        return is_in_session and not self._station.is_connected and gone_s < MISSED_S

    async def start(self) -> None:
        """Let the station begin a transaction for the session.

        Raises:
            DriverSilentError: It has not begun in time.
            DriverRefusedError: It refuses.
        """
        connector = self._connector
        connector.stopped = None
        # The answer may be lost and the order not: whether it begins is what counts.
        with contextlib.suppress(DriverSilentError):
            await self._station.start(connector)
        has_begun = await connector.until(
            lambda: connector.transaction is not None, within_s=START_S
        )
        if not has_begun:
            raise DriverSilentError(
                f"{self._name} did not begin within {START_S:g} s: see whether the"
                " cable is plugged in"
            )

    async def stop(self) -> None:
        """Let the station end the session's transaction.

        Raises:
            DriverSilentError: It has not said in time that it has ended.
        """
        connector = self._connector
        try:
            await self._station.stop(connector)
        except DriverRefusedError as error:
            # A station that has ended already refuses; what counts is what it says of the end.
            self._log.warning("the end is refused", reason=str(error))
        if not await connector.until(lambda: connector.transaction is None, within_s=STOP_S):
            raise DriverSilentError(
                f"{self._name} did not say within {STOP_S:g} s that it has ended"
            )

    async def refresh(self) -> None:
        """Have a value of the meter that is of now, or say that there is none."""
        connector, now_us = self._connector, self._clock.now_us()
        fresh_us = FRESH_S / self._clock.speed * US_PER_S
        if now_us - max(connector.sampled_at_us, self._asked_at_us) >= fresh_us:
            self._asked_at_us, before_us = now_us, connector.sampled_at_us
            await self._station.ask_meter(connector)
            await connector.until(
                lambda: connector.sampled_at_us != before_us or connector.transaction is None,
                within_s=TRIGGER_S,
            )
        stale_s = STALE_SAMPLES * self._sample_s / self._clock.speed + STALE_SLACK_S
        heard_us = max(connector.sampled_at_us, connector.began_at_us)
        if self._clock.now_us() - heard_us > stale_s * US_PER_S:
            raise DriverSilentError(f"the meter of {self._name} is silent")

    def check_plausible(self) -> None:
        """Check that the meter has shown nothing in this session that can not be.

        Raises:
            DriverImplausibleError: It has.
        """
        if self._connector.implausible:
            raise DriverImplausibleError(self._connector.implausible)

    async def check_obedience(self) -> None:
        """Tell a limit again that is not obeyed, and give up on a station that never obeys."""
        connector = self._connector
        if not connector.excess_since_us or not self._station.takes_limits:
            return
        excess_s = (self._clock.now_us() - connector.excess_since_us) / US_PER_S
        if excess_s > 2 * OBEY_S:
            raise DriverFaultedError(
                f"{self._name} takes {connector.register.power_w} W where"
                f" {connector.allowed_w} W are allowed: have its limits looked at"
            )
        if excess_s > OBEY_S and self._told_again_us != connector.excess_since_us:
            self._told_again_us = connector.excess_since_us
            await self._station.limit(connector)

    def check_works(self) -> None:
        """Check that the connector can be used.

        Raises:
            DriverSilentError: The station is away.
            DriverFaultedError: It is faulted.
        """
        self.check_there()
        if self._connector.trouble:
            raise DriverFaultedError(
                f"{self._name} can not serve ({self._connector.trouble}): see to it"
            )

    def check_there(self) -> None:
        """Check that the station is there.

        Raises:
            DriverSilentError: It is not.
        """
        if not self._station.is_connected:
            raise DriverSilentError(
                f"station {self._station.identity!r} is not connected: let it call at"
                f" {self._url}{self._station.identity}"
            )

    async def limit_at_first(self) -> None:
        """Tell a transaction that has just begun its limit; some refuse it for a moment.

        A station that is lost just then has the limit that came with the order to begin; it is told
        again when it is back.

        Raises:
            DriverRefusedError: It still refuses.
            DriverSilentError: It is there and does not answer.
        """
        if not self._station.takes_limits:
            return
        for pause_s in (*LIMIT_AGAIN_S, 0.0):
            try:
                await self._station.limit(self._connector)
            except DriverRefusedError:
                if not pause_s:
                    raise
                await self._connector.until(lambda: False, within_s=pause_s)
            except DriverSilentError:
                if self.is_missed:
                    return
                raise
            else:
                return
