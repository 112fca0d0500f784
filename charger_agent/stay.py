"""The registers of one charging session: the device's energy, and the seconds of the stay.

A second counts once: as service time while the car takes energy, as idle time while it is plugged
in and wants none. Waiting for power that the site does not give is service time, not idle time: a
car never pays an idle fee for the site's own lack.
"""

import math

from negotiation import Reading


class Stay:
    """A car at an outlet, from plugging in to leaving.

    Args:
        started_s: When it plugged in, or when counting goes on after a restart. [story s]
        reserved_s: How long the outlet was kept for it before. [story s]
        before: The last reading before a restart; counting goes on from there.
    """

    def __init__(
        self, *, started_s: float, reserved_s: float = 0.0, before: Reading | None = None
    ) -> None:
        self._started_s = started_s
        self._reserved_s = max(0, math.floor(reserved_s)) if before is None else before.reserved_s
        self._idle_s = 0 if before is None else before.idle_s
        self._served_s = 0 if before is None else before.time_s
        self._elapsed_s = 0

    def advance(self, *, until_s: float, idle: bool) -> None:
        """Count the whole seconds up to a time; a time gone by counts nothing.

        Args:
            until_s: Now. [story s]
            idle: Whether the car wanted no energy since the last time.
        """
        elapsed_s = math.floor(until_s - self._started_s)
        step_s = max(0, elapsed_s - self._elapsed_s)
        self._elapsed_s += step_s
        if idle:
            self._idle_s += step_s
        else:
            self._served_s += step_s

    def opening(self, *, energy_wh: int, at_us: int) -> Reading:
        """Return the registers at the very start, from which the bill counts.

        Args:
            energy_wh: What the device's own meter shows. [Wh]
            at_us: Now. [µs since the Unix epoch, real time]
        """
        return Reading(at_us=at_us, energy_wh=energy_wh)

    def reading(self, *, energy_wh: int, at_us: int) -> Reading:
        """Return all registers as they stand.

        Args:
            energy_wh: What the device's own meter shows. [Wh]
            at_us: Now. [µs since the Unix epoch, real time]
        """
        return Reading(
            at_us=at_us,
            energy_wh=energy_wh,
            time_s=self._served_s,
            idle_s=self._idle_s,
            reserved_s=self._reserved_s,
        )
