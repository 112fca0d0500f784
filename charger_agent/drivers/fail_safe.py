"""What a device does by itself when its agent, its broker or its Wi-Fi dies: said, not hoped.

A driver of a real device declares it as `fail_safe`; `tangleway doctor charger` shows it.
"""

from enum import StrEnum

import msgspec

from charger_agent.drivers.contract import ChargerDriver


class DiesBy(StrEnum):
    """What ends a limit that nobody renews."""

    TIME = "time"
    """The device's own clock, after `valid_for_s`."""
    ENERGY = "energy"
    """The device's own meter, after the energy that the limit allows in `valid_for_s`."""
    AGENT = "agent"
    """The agent alone: a device that has lost it goes on."""


class FailSafe(msgspec.Struct, frozen=True, kw_only=True):
    """What is left when the agent is gone."""

    dies_by: DiesBy
    """What ends the limit of the moment."""
    then: str
    """What the device does after that, in a few words."""
    after_power_cut: str
    """What it does when its power comes back and the agent does not, in a few words."""


def fail_safe_of(driver: ChargerDriver) -> FailSafe | None:
    """Return what a driver declares, None where it declares nothing."""
    declared = getattr(driver, "fail_safe", None)
    return declared if isinstance(declared, FailSafe) else None
