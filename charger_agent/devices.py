"""The devices of all outlets of a site."""

import contextlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock
from charger_agent.drivers import (
    ChargerDriver,
    DriverNotes,
    DriverSetup,
    MemoryNotes,
    SharedParts,
    load_driver,
)
from charger_agent.settings import ChargerSettings
from ledger_core import TanglewayError

DRIVER_NOTE = "driver/"
"""Beginning of the names of all notes that drivers make in the agent's journal."""


@dataclass(frozen=True, kw_only=True)
class DevicePorts:
    """What the agent gives its drivers."""

    clock: Clock
    """Both times."""
    random: random.Random
    """The story's randomness."""
    log: FilteringBoundLogger = field(default_factory=structlog.get_logger)
    """The agent's log."""
    notes: DriverNotes = field(default_factory=MemoryNotes)
    """The agent's journal."""
    shared: SharedParts = field(default_factory=SharedParts)
    """What the drivers have in common."""


class PrefixedNotes:
    """The part of a journal's notes that belongs to the drivers.

    Args:
        notes: The journal.
    """

    def __init__(self, notes: DriverNotes) -> None:
        self._notes = notes

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it with None."""
        await self._notes.note(DRIVER_NOTE + name, value)

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name."""
        found = await self._notes.notes(DRIVER_NOTE + beginning)
        return {name.removeprefix(DRIVER_NOTE): value for name, value in found.items()}


def new_drivers(settings: ChargerSettings, ports: DevicePorts) -> dict[str, ChargerDriver]:
    """Return the devices of all outlets, by name; none of them is connected yet.

    Args:
        settings: The site.
        ports: What the agent gives its drivers.

    Raises:
        UnknownDriverError: There is no such driver, or its options are wrong.
    """
    notes = PrefixedNotes(ports.notes)
    return {
        each.name: load_driver(each.driver)(
            DriverSetup(
                outlet=each.name,
                power_w_max=each.power_w_max,
                fallback_w=each.fallback_w,
                options=settings.options_of(each),
                clock=ports.clock,
                random=ports.random,
                agent=settings.name,
                log=ports.log.bind(outlet=each.name),
                shared=ports.shared,
                notes=notes,
            )
        )
        for each in settings.outlets
    }


async def close_all(drivers: Iterable[ChargerDriver]) -> None:
    """Let go of all devices; one that does not answer holds up no other."""
    for driver in drivers:
        with contextlib.suppress(OSError, TanglewayError):
            await driver.close()
