"""The driver of a charger on a serial line: the one file that a pilot team writes.

The charger (it is fictional) answers each line with one line:

    STATE?          STATE A|B|C|F      no car, car, charging, fault
    METER?          METER <Wh> <W>
    ON, OFF         OK                 lets power flow, or stops it
    SAFE <W>        OK                 what is left when a limit has died
    LIMIT <W> <s>   OK                 a limit, and how long it lives

Fail safe: the charger itself lets each limit die, so a lost line ends unpaid delivery at the
limit's end. What it does when its own power comes back: it is off until somebody says ON.
"""

import asyncio
import contextlib
import os
import termios
import tty

import msgspec

from charger_agent import (
    Capability,
    ChargerStatus,
    ConnectionState,
    DriverFaultedError,
    DriverRefusedError,
    DriverSetup,
    DriverSilentError,
    MeterValue,
    UnknownDriverError,
)
from charger_agent.drivers import VALID_FOR_S_MAX, DiesBy, FailSafe, SteadyRegister

ANSWER_S = 2.0
"""How long the charger may take to answer. [s]"""

STATES = {
    "A": ConnectionState.AVAILABLE,
    "B": ConnectionState.CONNECTED,
    "C": ConnectionState.CHARGING,
    "F": ConnectionState.FAULTED,
}
"""The charger's letters."""


class SerialOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings."""

    port: str
    """The serial line, such as `/dev/ttyUSB0`."""


class SerialCharger:
    """A charger on a serial line."""

    capabilities: frozenset[Capability] = frozenset()
    fail_safe = FailSafe(
        dies_by=DiesBy.TIME, then="goes on with SAFE", after_power_cut="is off until it is told ON"
    )

    def __init__(self, setup: DriverSetup) -> None:
        try:
            options = msgspec.convert(dict(setup.options), SerialOptions)
        except msgspec.ValidationError as error:
            known = ("serial_charger:SerialCharger",)
            raise UnknownDriverError("serial", reason=str(error), known=known) from error
        self._port = options.port
        self._setup = setup
        self._register = SteadyRegister(setup.outlet, rated_w=setup.power_w_max)
        self._limit_w, self._until_s = setup.fallback_w, float("inf")
        self._enabled = False
        self._turn = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._transport: asyncio.ReadTransport | None = None
        self._line = -1

    async def open(self) -> None:
        """Open the line, and set what is left when nobody renews a limit."""
        self._enabled, self._until_s = False, float("inf")
        self._limit_w = self._setup.fallback_w
        self._reader = asyncio.StreamReader()
        try:
            self._line = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._line)
            self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(self._reader),
                os.fdopen(os.dup(self._line), "rb", 0),
            )
        except (OSError, termios.error) as error:
            raise self._silent(str(error)) from error
        await self._tell("OFF")
        await self._tell(f"SAFE {self._setup.fallback_w}")
        await self._tell(f"LIMIT {self._setup.fallback_w} 0")

    async def close(self) -> None:
        """Stop power and let go of the line."""
        if self._transport is None:
            return
        with contextlib.suppress(DriverSilentError):
            await self._tell("OFF")
        self._transport.close()
        os.close(self._line)
        self._transport, self._enabled = None, False

    async def status(self) -> ChargerStatus:
        """Return what the charger says of itself."""
        letter = (await self._ask("STATE?", "STATE"))[0]
        is_faulted = letter == "F"
        self._enabled &= not is_faulted
        return ChargerStatus(
            connection=STATES.get(letter, ConnectionState.FAULTED),
            enabled=self._enabled,
            limit_w=self._limit_now_w,
            fault="the charger reports a fault" if is_faulted else "",
        )

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it."""
        if on:
            await self._check_works()
        await self._tell("ON" if on else "OFF")
        self._enabled = on

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while; the charger counts the time by itself."""
        if power_w < 0 or not 0 < valid_for_s <= VALID_FOR_S_MAX:
            raise DriverRefusedError(
                f"{power_w} W for {valid_for_s} s is no limit: give 0 W or more"
            )
        await self._check_works()
        power_w = min(power_w, self._setup.power_w_max)
        await self._tell(f"LIMIT {power_w} {valid_for_s / self._setup.clock.speed:.3f}")
        self._limit_w = power_w
        self._until_s = self._setup.clock.story_s() + valid_for_s

    async def meter(self) -> MeterValue:
        """Return what the meter shows now; a register that falls or jumps is refused."""
        counted_wh, power_w = (int(word) for word in await self._ask("METER?", "METER"))
        at_s = self._setup.clock.story_s()
        energy_wh = self._register.take(counted_wh, at_s=at_s)
        return MeterValue(at_s=at_s, energy_wh=energy_wh, power_w=power_w)

    @property
    def _limit_now_w(self) -> int:
        is_alive = self._setup.clock.story_s() < self._until_s
        return self._limit_w if is_alive else self._setup.fallback_w

    async def _check_works(self) -> None:
        if (status := await self.status()).fault:
            raise DriverFaultedError(f"outlet {self._setup.outlet!r}: {status.fault}, see to it")

    async def _tell(self, command: str) -> None:
        await self._ask(command, "OK")

    async def _ask(self, question: str, word: str) -> list[str]:
        """Ask one thing at a time and return the words of the answer."""
        async with self._turn:
            if self._transport is None or self._reader is None:
                raise self._silent("the line is closed")
            try:
                async with self._setup.clock.timeout(ANSWER_S):
                    os.write(self._line, f"{question}\n".encode())
                    first, *words = (await self._reader.readline()).decode("ascii").split()
            except (TimeoutError, OSError, ValueError) as error:
                raise self._silent(f"no answer to {question}") from error
        if first != word:
            raise self._silent(f"{question} was answered by {first[:20]}")
        return words

    def _silent(self, reason: str) -> DriverSilentError:
        return DriverSilentError(
            f"outlet {self._setup.outlet!r} on {self._port}: {reason}: see to cable and charger"
        )
