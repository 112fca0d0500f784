"""The devices of all outlets of a site."""

import contextlib
import random
from collections.abc import Iterable

from agent_runtime import Clock
from charger_agent.drivers import ChargerDriver, DriverSetup, load_driver
from charger_agent.settings import ChargerSettings
from ledger_core import TanglewayError


def new_drivers(
    settings: ChargerSettings, clock: Clock, chance: random.Random
) -> dict[str, ChargerDriver]:
    """Return the devices of all outlets, by name; none of them is connected yet.

    Args:
        settings: The site.
        clock: Story time.
        chance: The story's randomness, for simulated devices.

    Raises:
        UnknownDriverError: There is no such driver, or its options are wrong.
    """
    return {
        each.name: load_driver(each.driver)(
            DriverSetup(
                outlet=each.name,
                power_w_max=each.power_w_max,
                fallback_w=each.fallback_w,
                options=each.options,
                clock=clock,
                random=chance,
            )
        )
        for each in settings.outlets
    }


async def close_all(drivers: Iterable[ChargerDriver]) -> None:
    """Let go of all devices; one that does not answer holds up no other."""
    for driver in drivers:
        with contextlib.suppress(OSError, TanglewayError):
            await driver.close()
