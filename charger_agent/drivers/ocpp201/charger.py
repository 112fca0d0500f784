"""The driver of one EVSE of a station that speaks OCPP 2.0.1: the contract, call by call.

How it is switched stands in `control`, what is known of it in `evse`. Calls wait for their turn,
since each may take several messages; and for the station, since nothing is said about an EVSE while
its station is away or has not yet been told again what is wanted.
"""

import asyncio
import contextlib

from charger_agent.drivers.capabilities import CostStatus, SessionCost
from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerStatus,
    DriverSetup,
    MeterValue,
)
from charger_agent.drivers.fail_safe import DiesBy, FailSafe
from charger_agent.drivers.ocpp201.control import ANSWER_S, EvseControl
from charger_agent.drivers.ocpp201.options import Ocpp201Options, new_door
from charger_agent.drivers.ocpp201.requests import cost_in_tokens, reserve_request, small_number
from charger_agent.drivers.steady_register import SteadyRegister
from charger_agent.errors import DriverError, DriverImplausibleError, DriverRefusedError
from negotiation import SignedValue, StopReason

US_PER_S = 1_000_000
"""Microseconds in a second."""

ENABLERS = {
    Capability.RESERVATION: ("ReservationCtrlr", "Available"),
    Capability.COST: ("TariffCostCtrlr", "Available"),
    Capability.SIGNED_METER: ("SampledDataCtrlr", "SignReadings"),
}
"""The variables by which a station says that it can do something."""


class Ocpp201Charger:
    """One EVSE.

    Args:
        setup: What it is made from; its options are `Ocpp201Options`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    fail_safe = FailSafe(
        dies_by=DiesBy.TIME,
        then="falls to the default profile, which is the fallback",
        after_power_cut="stops the transaction, or goes on under the default profile",
    )
    """The station's own clock ends every limit."""

    def __init__(self, setup: DriverSetup) -> None:
        options = Ocpp201Options.read(setup)
        self._setup = setup
        self._door = new_door(setup, options)
        self._station = self._door.station
        self._control = EvseControl(setup, options, self._station)
        self._evse = self._control.evse
        self._register = SteadyRegister(setup.outlet, rated_w=setup.power_w_max)
        self._turn = asyncio.Lock()
        self._is_open = False
        self._last: MeterValue | None = None

    @property
    def url(self) -> str:
        """Where its station calls, with the port that is really open; its name follows."""
        return self._door.listener.url.rstrip("/")

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the station has told that it can do; nothing besides sessions before it came."""
        can = {each for each, name in ENABLERS.items() if self._station.tells(*name) == "true"}
        return frozenset({Capability.SESSION} | can)

    async def open(self) -> None:
        """Let the station come in; it may take its time.

        Raises:
            EndpointInUseError: Something listens at the address already.
        """
        self._control.forget()
        self._is_open = True
        self._station.greeters[self._evse.number] = self._catch_up
        self._evse.on_start = lambda: self._station.later(self._bound_again())
        self._evse.on_car = lambda: self._station.later(self._start_again())
        await self._door.open()

    async def close(self) -> None:
        """Stop the session and let go of the station; closing again changes nothing."""
        if not self._is_open:
            return
        self._is_open = False
        self._station.greeters.pop(self._evse.number, None)
        with contextlib.suppress(DriverError, DriverRefusedError):
            async with self._turn:
                self._control.forget()
                await self._control.stop()
                await self._control.read_meter()
                self._last = self._plausible_value()
        await self._door.close()

    async def status(self) -> ChargerStatus:
        """Return what the station says of the EVSE.

        Raises:
            DriverSilentError: It is not there.
        """
        await self._be_there()
        fault = self._evse.fault
        return ChargerStatus(
            connection=self._evse.connection,
            enabled=self._control.is_enabled and not fault,
            limit_w=self._control.limit_w,
            fault=fault,
        )

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it.

        Raises:
            DriverSilentError: The station is not there.
            DriverRefusedError: It refuses.
            DriverFaultedError: The EVSE is faulted and was to be enabled.
        """
        if not on:
            self._control.is_enabled = False
        await self._be_there()
        async with self._turn:
            if on:
                self._control.check_works()
            self._control.is_enabled = on
            try:
                await self._control.obey()
            except BaseException:
                self._control.is_enabled = False
                raise

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while.

        Raises:
            DriverRefusedError: A value is out of range, or the station refuses.
            DriverSilentError: The station is not there.
            DriverFaultedError: The EVSE is faulted.
        """
        if power_w < 0 or not 0 < valid_for_s <= VALID_FOR_S_MAX:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r} takes no limit of {power_w} W for {valid_for_s} s:"
                f" give 0 W or more for up to {VALID_FOR_S_MAX:g} s"
            )
        await self._be_there()
        async with self._turn:
            self._control.check_works()
            await self._control.bound(min(power_w, self._setup.power_w_max), for_s=valid_for_s)

    async def meter(self) -> MeterValue:
        """Return what the meter shows now; what it showed last once the driver is closed.

        Raises:
            DriverSilentError: The station is not there, or sends no value.
            DriverImplausibleError: It shows what can not be.
        """
        if not self._is_open and self._last is not None:
            return self._last
        await self._be_there()
        async with self._turn:
            await self._control.read_meter()
            self._last = self._plausible_value()
            return self._last

    async def begin(self, token: str) -> None:
        """Let a session begin, or go on: the station's transaction bears its token."""
        async with self._turn:
            if token != self._evse.token and self._evse.is_running:
                await self._control.stop()
            self._evse.expect(token)
            name = self._control.note
            kept = (await self._setup.notes.notes(name)).get(name, b"").decode()
            key, _, of = kept.partition(" ")
            if of == token:
                self._evse.adopt(key)

    async def finish(self, reason: StopReason) -> None:
        """End the session; where the credit is used up, the station is told that.

        Raises:
            DriverSilentError: The station is not there, or does not stop.
        """
        self._control.forget()
        async with self._turn:
            if reason is StopReason.CREDIT and self._evse.is_running:
                await self._control.withdraw_credit()
            await self._control.stop()
            await self._setup.notes.note(self._control.note, None)

    async def reserve(self, token: str, for_s: float) -> None:
        """Have the station keep the EVSE.

        Raises:
            DriverRefusedError: It does not.
            DriverSilentError: It is not there.
        """
        await self._be_there()
        number = small_number(token)
        until_us = self._station.now_us() + round(for_s / self._setup.clock.speed * US_PER_S)
        request = reserve_request(self._evse.number, token=token, number=number, until_us=until_us)
        async with self._turn:
            await self._control.ask("ReserveNow", request)
            self._evse.reservation = number

    async def cancel_reservation(self) -> None:
        """Let the station keep the EVSE no longer."""
        number, self._evse.reservation = self._evse.reservation, None
        if number is not None:
            await self._station.call("CancelReservation", {"reservationId": number})

    async def show_cost(self, cost: SessionCost) -> None:
        """Show what the session costs."""
        total = cost_in_tokens(cost.total)
        if cost.status is CostStatus.FINISHED:
            self._evse.final_cost = total
        if (transaction := self._evse.transaction) is not None:
            request = {"totalCost": total, "transactionId": transaction.key}
            await self._station.call("CostUpdated", request)

    async def signed_values(self) -> tuple[SignedValue, ...]:
        """Return the signed values of the latest session."""
        transaction = self._evse.transaction
        return () if transaction is None else transaction.signed

    def _plausible_value(self) -> MeterValue:
        """Take what the meter shows, as far as it can be true."""
        energy_wh = self._evse.latest.energy_wh
        assert energy_wh is not None, "only values with a register are taken"
        has_restarted, self._evse.has_restarted = self._evse.has_restarted, False
        at_s = self._setup.clock.story_s()
        try:
            shown_wh = self._register.take(energy_wh, at_s=at_s, has_restarted=has_restarted)
        except DriverImplausibleError:
            self._register.rebase(energy_wh, at_s=at_s)
            raise
        power_w = round(self._evse.latest.power_w or 0)
        return MeterValue(at_s=at_s, energy_wh=shown_wh, power_w=power_w)

    async def _be_there(self) -> None:
        """Wait until the station is there, has been told what is wanted, and says its status."""
        await self._station.be_there()
        await self._evse.until(
            lambda: bool(self._evse.status), within_s=ANSWER_S, what="the status of the EVSE"
        )

    async def _catch_up(self) -> None:
        """Have everything set anew after the station has come, before other calls go on."""
        async with self._turn:
            await self._control.catch_up()

    async def _bound_again(self) -> None:
        """Bound a transaction that has just begun: not all stations keep a start's profile."""
        transaction = self._evse.transaction
        if transaction is not None and transaction.token:
            kept = f"{transaction.key} {transaction.token}".encode()
            await self._setup.notes.note(self._control.note, kept)
        async with self._turn:
            if self._evse.is_running:
                await self._control.bound_new()

    async def _start_again(self) -> None:
        """Start where a car has come after the station has stopped waiting for it."""
        async with self._turn:
            if self._control.is_enabled:
                await self._control.obey()
