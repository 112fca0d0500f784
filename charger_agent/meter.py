"""An energy meter that integrates power exactly: nothing is lost between two readings.

Story time is cut into microseconds and power is whole watts, so energy is a whole number of
watt-microseconds. The register shows whole Wh of it and never falls.
"""

US_PER_S = 1_000_000
"""Microseconds in a second."""

W_US_PER_WH = 3600 * US_PER_S
"""Watt-microseconds in a watt-hour."""


class Meter:
    """An energy register.

    Args:
        started_s: When it begins to count. [story s]
        energy_wh: What it shows at first. [Wh]
    """

    def __init__(self, *, started_s: float, energy_wh: int = 0) -> None:
        assert energy_wh >= 0
        self._at_us = _microseconds(started_s)
        self._energy_w_us = energy_wh * W_US_PER_WH

    @property
    def at_s(self) -> float:
        """Until when it has counted. [story s]"""
        return self._at_us / US_PER_S

    @property
    def energy_wh(self) -> int:
        """What it shows, rounded down. [Wh]"""
        return self._energy_w_us // W_US_PER_WH

    def advance(self, power_w: int, *, until_s: float) -> None:
        """Count the energy of a steady power up to a time; a time gone by counts nothing.

        Args:
            power_w: Power since the last time. [W]
            until_s: Now. [story s]
        """
        assert power_w >= 0
        until_us = _microseconds(until_s)
        if until_us > self._at_us:
            self._energy_w_us += power_w * (until_us - self._at_us)
            self._at_us = until_us


def _microseconds(time_s: float) -> int:
    return round(time_s * US_PER_S)
