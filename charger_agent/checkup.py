"""A charger is looked over before it is put into service: each check says what was measured.

The checks use the driver's contract alone, so they hold for any driver; what a driver tells besides
(`inspect`, `reconnect`, `fail_safe`) is shown where it does. Power flows only where a car is
plugged in already, and for some seconds.
"""

import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from agent_runtime import Clock
from charger_agent.devices import DevicePorts, new_drivers
from charger_agent.drivers import (
    ChargerDriver,
    ConnectionState,
    DeviceFacts,
    Inspectable,
    Reconnecting,
    fail_safe_of,
    session_of,
    session_token,
)
from charger_agent.errors import DriverError
from charger_agent.findings import Check, OutletCheckup, Verdict
from charger_agent.settings import ChargerSettings
from ledger_core import TanglewayError, UnavailableError
from negotiation import StopReason

CLOCK_OFF_MAX_S = 10.0
"""A device whose clock is further off ends limits and stamps meter values at wrong times. [s]"""

READINGS = 8
"""Readings of the meter from which its interval and its steps are told."""

INTERVAL_MAX_S = 10.0
"""A meter that is slower lets too much flow between two readings for slices of usual size. [s]"""

REACTION_MAX_S = 15.0
"""A car has 5 s to follow a new current (IEC 61851), and the device and its link some too. [s]"""

RECONNECT_MAX_S = 30.0
"""A link that takes longer to come back costs sessions. [s]"""

LIMIT_LIFE_S = 8.0
"""How long the limit lives that is left to die. [s]"""

LONG_S = 600.0
"""How long a limit lives that is not left to die. [s]"""

US_PER_S = 1_000_000

LOOK_AGAIN_S = 0.25
"""Between two readings while something is waited for. [s]"""

OVER = 1.1
"""A power up to a tenth above a limit obeys it: devices offer whole amperes."""


class Checkup:
    """The checks of one outlet.

    Args:
        outlet: Its name.
        driver: The driver, not open yet.
        kind: The driver's name.
        power_w_max: Rated power. [W]
        fallback_w: What is left when a limit has died. [W]
        clock: For measuring.
    """

    def __init__(
        self,
        outlet: str,
        driver: ChargerDriver,
        *,
        kind: str,
        power_w_max: int,
        fallback_w: int,
        clock: Clock,
    ) -> None:
        self._outlet = outlet
        self._driver = driver
        self._kind = kind
        self._power_w_max = power_w_max
        self._fallback_w = fallback_w
        self._clock = clock
        self._checks: list[Check] = []
        self._facts: DeviceFacts | None = None

    async def run(self) -> OutletCheckup:
        """Make all checks; the device is off again afterwards."""
        try:
            await self._driver.open()
        except TanglewayError as error:
            away = isinstance(error, UnavailableError)
            self._note("reach", Verdict.AWAY if away else Verdict.FAILED, str(error))
            return self._found()
        try:
            await self._make(self._reach)
            await self._make(self._inspect)
            await self._make(self._meter)
            await self._make(self._limit)
            await self._make(self._reconnect)
            await self._make(self._fallback)
        finally:
            with contextlib.suppress(TanglewayError):
                await self._driver.close()
        return self._found()

    async def _make(self, check: Callable[[], Awaitable[None]]) -> None:
        """Make one check; a device that does not answer has failed it."""
        try:
            await check()
        except TanglewayError as error:
            self._note(check.__name__.strip("_"), Verdict.FAILED, str(error))

    async def _reach(self) -> None:
        status = await self._driver.status()
        verdict = Verdict.FAILED if status.fault else Verdict.OK
        self._note("reach", verdict, status.fault or f"it answers: {status.connection}")

    async def _inspect(self) -> None:
        if not isinstance(self._driver, Inspectable):
            self._note("clock", Verdict.SKIPPED, "the driver tells nothing of its device")
            return
        self._facts = facts = await self._driver.inspect()
        self._note("protocol", Verdict.OK, f"{facts.protocol} {facts.firmware}".strip())
        if facts.clock_off_s is None:
            self._note("clock", Verdict.SKIPPED, "the device has no clock that matters")
            return
        is_right = abs(facts.clock_off_s) <= CLOCK_OFF_MAX_S
        text = f"its clock is {facts.clock_off_s:+.1f} s off" + ("" if is_right else ": set NTP up")
        self._judge("clock", is_right, text=text, measured=facts.clock_off_s)

    async def _meter(self) -> None:
        """Read the meter some times: how long each takes, and by what steps it counts."""
        began_us = self._clock.now_us()
        values = [await self._driver.meter() for _ in range(READINGS)]
        interval_s = (self._clock.now_us() - began_us) / US_PER_S / READINGS
        steps = {b.energy_wh - a.energy_wh for a, b in itertools.pairwise(values)} - {0}
        resolution = f"counts by {min(steps)} Wh" if steps else "stands still: nothing flows"
        text = f"a reading takes {interval_s:.2f} s, the register {resolution}"
        self._judge("meter", interval_s <= INTERVAL_MAX_S, text=text, measured=interval_s)

    async def _limit(self) -> None:
        """Let power flow, halve it, and let a limit die, with the car that is plugged in."""
        if (await self._driver.status()).connection is ConnectionState.AVAILABLE:
            self._note("limit", Verdict.SKIPPED, "plug a car in, and run this again")
            return
        async with self._flowing():
            flowing_w = (await self._driver.meter()).power_w
            half_w = max(self._power_w_max // 4, flowing_w // 2)
            took_s = await self._until_below(half_w, valid_for_s=LONG_S * self._clock.speed)
            text = f"from {flowing_w} W to {half_w} W"
            self._judge_time("limit", took_s, text=f"{text} in {{}}", most_s=REACTION_MAX_S)
            life_s = LIMIT_LIFE_S * self._clock.speed
            took_s = await self._until_below(self._fallback_w, of_w=half_w, valid_for_s=life_s)
            text = f"a limit of {LIMIT_LIFE_S:g} s left {self._fallback_w} W after {{}}"
            most_s = LIMIT_LIFE_S + REACTION_MAX_S
            self._judge_time("limit_dies", took_s, text=text, most_s=most_s)

    @contextlib.asynccontextmanager
    async def _flowing(self) -> AsyncIterator[None]:
        """Let power flow for the length of a block."""
        session = session_of(self._driver)
        if session is not None:
            await session.begin(session_token(b"doctor"))
        await self._driver.set_limit(self._power_w_max, valid_for_s=LONG_S * self._clock.speed)
        await self._driver.enable(True)

        def is_flowing(power_w: int) -> bool:
            return power_w > 0

        try:
            if await self._until(is_flowing, began_us=self._clock.now_us()) is None:
                raise DriverError(
                    f"no power flows at outlet {self._outlet!r} within {REACTION_MAX_S:g} s: see"
                    " whether the car is full"
                )
            yield
        finally:
            with contextlib.suppress(TanglewayError):
                if session is not None:
                    await session.finish(StopReason.SELLER)
                await self._driver.enable(False)

    async def _reconnect(self) -> None:
        if not isinstance(self._driver, Reconnecting):
            self._note("reconnect", Verdict.SKIPPED, "the driver can not cut its link on purpose")
            return
        began_us = self._clock.now_us()
        await self._driver.reconnect()
        took_s = (self._clock.now_us() - began_us) / US_PER_S
        text = "it answers again after {}"
        self._judge_time("reconnect", took_s, text=text, most_s=RECONNECT_MAX_S)

    async def _fallback(self) -> None:
        """Say what the device does without us: declared by its driver, not guessed."""
        fail_safe = fail_safe_of(self._driver)
        if fail_safe is None:
            self._note("fallback", Verdict.SKIPPED, "the driver does not say what is left")
            return
        will = {None: "", True: ", the broker tells when it vanishes"}.get(
            None if self._facts is None else self._facts.last_will, ", no last will"
        )
        text = f"a limit ends by {fail_safe.dies_by}, then it {fail_safe.then}{will}"
        self._note("fallback", Verdict.OK, text)

    async def _until_below(
        self, power_w: int, *, valid_for_s: float, of_w: int | None = None
    ) -> float | None:
        """Set a limit and return after how long the power is there. [s]

        Args:
            power_w: What is waited for. [W]
            valid_for_s: How long the limit lives. [story s]
            of_w: The limit, where it is not what is waited for. [W]
        """
        began_us = self._clock.now_us()
        await self._driver.set_limit(power_w if of_w is None else of_w, valid_for_s=valid_for_s)
        return await self._until(lambda now_w: now_w <= power_w * OVER, began_us=began_us)

    async def _until(self, fits: Callable[[int], bool], *, began_us: int) -> float | None:
        """Wait until the power is as wanted; return how long that took, None for never. [s]"""
        longest_s = LIMIT_LIFE_S + REACTION_MAX_S
        while (took_s := (self._clock.now_us() - began_us) / US_PER_S) <= longest_s:
            if fits((await self._driver.meter()).power_w):
                return took_s
            await self._clock.sleep(LOOK_AGAIN_S)
        return None

    def _judge_time(self, name: str, took_s: float | None, *, text: str, most_s: float) -> None:
        if took_s is None:
            self._note(name, Verdict.FAILED, f"it does not obey: {text.format('nothing')}")
        else:
            text = text.format(f"{took_s:.1f} s")
            self._judge(name, took_s <= most_s, text=text, measured=took_s)

    def _judge(self, name: str, is_fine: bool, *, text: str, measured: float) -> None:
        verdict = Verdict.OK if is_fine else Verdict.FAILED
        self._checks.append(Check(name=name, verdict=verdict, text=text, measured=measured))

    def _note(self, name: str, verdict: Verdict, text: str) -> None:
        self._checks.append(Check(name=name, verdict=verdict, text=text))

    def _found(self) -> OutletCheckup:
        return OutletCheckup(
            outlet=self._outlet,
            driver=self._kind,
            checks=tuple(self._checks),
            capabilities=tuple(sorted(map(str, self._driver.capabilities))),
            fail_safe=fail_safe_of(self._driver),
            facts=self._facts,
        )


async def check_up(settings: ChargerSettings, clock: Clock) -> tuple[OutletCheckup, ...]:
    """Look all outlets of a site over, one after the other.

    Args:
        settings: The site.
        clock: Both times.

    Raises:
        UnknownDriverError: A driver can not be loaded, or its options are wrong.
    """
    chance = random.Random(settings.seed)  # noqa: S311 (jitter, no secret)
    drivers = new_drivers(settings, DevicePorts(clock=clock, random=chance))
    found = []
    for each in settings.outlets:
        checkup = Checkup(
            each.name,
            drivers[each.name],
            kind=each.driver,
            power_w_max=each.power_w_max,
            fallback_w=each.fallback_w,
            clock=clock,
        )
        found.append(await checkup.run())
    return tuple(found)
