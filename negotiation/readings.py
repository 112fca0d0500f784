"""Meter readings, and when to believe them.

Registers are cumulative integers that never fall. Real meters do fall, jump and restart at zero
(complaints from real sites: sessions billed with a life-time total, 36.9 kWh in three minutes), so
the payer checks every reading against rated power x time before a token moves.
"""

import msgspec

from negotiation.errors import ImplausibleError
from negotiation.tariff import S_PER_HOUR, Usage

ENERGY_RESOLUTION_WH = 1
"""A register counts whole Wh, so a difference may be one too large."""

TIME_RESOLUTION_S = 1
"""A register counts whole seconds, so a difference may be one too small."""

LOSSES_PERCENT = 25
"""How much more may be metered at the plug than the car has asked for: cables, rectifiers and
coarse steps of current take some. [%]"""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The registers of one outlet, bay or gate at one instant."""

    at_us: int
    """When it was read. [µs since the Unix epoch, real time]"""
    energy_wh: int = 0
    """Energy register. [Wh]"""
    time_s: int = 0
    """Service time register. [story s]"""
    idle_s: int = 0
    """Idle time register. [story s]"""
    reserved_s: int = 0
    """Reservation time register. [story s]"""

    def since(self, first: "Reading") -> Usage:
        """Return the usage between `first` and this reading."""
        return Usage(
            energy_wh=self.energy_wh - first.energy_wh,
            time_s=self.time_s - first.time_s,
            idle_s=self.idle_s - first.idle_s,
            reserved_s=self.reserved_s - first.reserved_s,
        )


def check_step(before: Reading, after: Reading, *, power_w_max: int) -> None:
    """Check that the registers went from `before` to `after` as a real meter can.

    Raises:
        ImplausibleError: When a register falls, or energy grows faster than rated power x time.
    """
    step = after.since(before)
    if min(step.energy_wh, step.time_s, step.idle_s, step.reserved_s) < 0:
        raise ImplausibleError("a meter register fell")
    if after.at_us < before.at_us:
        raise ImplausibleError("a reading is older than the one before it")
    energy_wh_max = _possible_wh(step, power_w_max)
    if step.energy_wh > energy_wh_max:
        raise ImplausibleError(
            f"the meter jumped by {step.energy_wh} Wh where {energy_wh_max} Wh are possible"
        )


def check_demand(before: Reading, after: Reading, *, demand_w_max: int) -> None:
    """Check that no more energy was metered than the car can have taken.

    A meter that shows several times what it gives may still stay below its outlet's rated power.

    Args:
        before: The registers at the beginning.
        after: The registers at the end.
        demand_w_max: The highest power that the car has asked for so far. [W]

    Raises:
        ImplausibleError: When there is more energy than demand x time.
    """
    step = after.since(before)
    energy_wh_max = _possible_wh(step, demand_w_max * (100 + LOSSES_PERCENT) // 100)
    if step.energy_wh > energy_wh_max:
        raise ImplausibleError(
            f"the meter shows {step.energy_wh} Wh where the car asked for power that makes"
            f" {energy_wh_max} Wh possible"
        )


def check_pace(usage: Usage, *, elapsed_s: float, kept_s: float, slack_s: float) -> None:
    """Check that the time registers did not outrun the payer's own clock.

    Args:
        usage: All that was metered since the start.
        elapsed_s: Time since the start by the payer's clock. [story s]
        kept_s: Time between the promise and the start by the payer's clock. [story s]
        slack_s: What message delays may add. [story s]

    Raises:
        ImplausibleError: When more time was metered than has passed.
    """
    metered_s = usage.time_s + usage.idle_s
    if metered_s > elapsed_s + slack_s:
        raise ImplausibleError(
            f"the meter counts {metered_s} s where {elapsed_s:.0f} s have passed"
        )
    if usage.reserved_s > kept_s + slack_s:
        raise ImplausibleError(
            f"the bill counts {usage.reserved_s} s of reservation where {kept_s:.0f} s have passed"
        )


def _possible_wh(step: Usage, power_w_max: int) -> int:
    """Return the energy that a power makes possible in the metered time of a step. [Wh]"""
    elapsed_s = step.time_s + step.idle_s + TIME_RESOLUTION_S
    # Rounded up: the payer stops for energy that can not be, not for a fraction of a Wh.
    return -(-power_w_max * elapsed_s // S_PER_HOUR) + ENERGY_RESOLUTION_WH
