"""A register that never falls and never jumps, made of what a device's meter counts.

Meters begin anew with each car, lose their memory with the power, or are exchanged; and some are
wrong. What a restart explains is counted on from where it stood; what nothing explains is refused
and not counted, so that no token moves for it.
"""

from charger_agent.errors import DriverImplausibleError

S_PER_HOUR = 3600
"""Seconds in an hour."""

TOLERANCE = 1.1
"""A meter and a rating may disagree by a tenth before one of them is called wrong."""

SLACK_S = 120.0
"""A device may tell late what it has counted: energy of so long is no jump. [story s]"""

RESOLUTION_WH = 1
"""A whole step of the coarsest register. [Wh]"""


class SteadyRegister:
    """A register for as long as a driver lives.

    Args:
        outlet: Name of the outlet, for errors.
        rated_w: Rated power: more can not have flowed. [W]
    """

    def __init__(self, outlet: str, *, rated_w: int) -> None:
        self._outlet = outlet
        self._rated_w = rated_w
        self._shown_wh: float | None = None
        self._counted_wh = 0.0
        self._at_s = 0.0

    def take(self, counted_wh: float, *, at_s: float, has_restarted: bool = False) -> int:
        """Take what the device counts, and return the register, rounded down. [Wh]

        Args:
            counted_wh: What its meter shows. [Wh]
            at_s: When. [story s]
            has_restarted: Whether something is known that lets a meter begin anew since the last
                time: the device has booted, or another car is there.

        Raises:
            DriverImplausibleError: It has fallen without that, or has risen by more than rated
                power times time; nothing has changed.
        """
        step_wh = self._step_wh(counted_wh, at_s, has_restarted=has_restarted)
        self._shown_wh = counted_wh if self._shown_wh is None else self._shown_wh + step_wh
        self.rebase(counted_wh, at_s=at_s)
        return int(self._shown_wh)

    def rebase(self, counted_wh: float, *, at_s: float) -> None:
        """Count on from what a meter shows, whatever lies between: that nobody pays for.

        Args:
            counted_wh: What it shows. [Wh]
            at_s: When. [story s]
        """
        self._counted_wh, self._at_s = counted_wh, max(at_s, self._at_s)

    def _step_wh(self, counted_wh: float, at_s: float, *, has_restarted: bool) -> float:
        """Return by how much the register rises. [Wh]"""
        if self._shown_wh is None:
            return 0.0
        step_wh = counted_wh - self._counted_wh
        if step_wh < 0 and has_restarted:
            step_wh = counted_wh
        if step_wh < 0:
            raise DriverImplausibleError(
                f"the meter of outlet {self._outlet!r} fell from {self._counted_wh:.0f} Wh to"
                f" {counted_wh:.0f} Wh: have it looked at before more is sold there"
            )
        time_s = max(0.0, at_s - self._at_s)
        if step_wh > self._most_wh(time_s):
            raise DriverImplausibleError(
                f"the meter of outlet {self._outlet!r} jumped by {step_wh:.0f} Wh in"
                f" {time_s:.0f} s: have it looked at before more is sold there"
            )
        return step_wh

    def _most_wh(self, time_s: float) -> float:
        """Return what can have flowed in a time at most. [Wh]"""
        return self._rated_w * (time_s + SLACK_S) / S_PER_HOUR * TOLERANCE + RESOLUTION_WH
