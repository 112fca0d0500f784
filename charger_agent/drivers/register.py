"""An energy register that is believed only as far as physics goes.

Real meters fall, jump, restart at zero, show a life-time total once, or count in steps of 100 Wh.
What a driver shows to its agent never falls and never grows faster than rated power x time; what is
beyond is either shown later (a coarse meter) or an error (a broken one).
"""

from charger_agent.errors import DriverImplausibleError

S_PER_HOUR = 3600

COARSE_WH = 100
"""The step of the coarsest meters: so much may come at once. [Wh]"""


class PlausibleRegister:
    """What a device's meter shows, as far as it is believed.

    Args:
        power_w_max: Rated power of the outlet. [W]
    """

    def __init__(self, power_w_max: int) -> None:
        self._power_w_max = power_w_max
        self._raw_wh: int | None = None
        self._moved_at_s = 0.0
        self._owed_wh = 0
        self.energy_wh = 0
        """What is shown; it never falls. [Wh]"""
        self.at_s = 0.0
        """When the device was last heard. [story s]"""
        self.power_w = 0
        """Power then. [W]"""

    @property
    def is_known(self) -> bool:
        """Whether the device has ever shown a value."""
        return self._raw_wh is not None

    def begin(self, raw_wh: int, *, at_s: float) -> None:
        """Take a value from which a new session counts; what came before it is nobody's.

        Args:
            raw_wh: What the device shows: some begin each session at zero. [Wh]
            at_s: Now. [story s]
        """
        self._raw_wh, self._owed_wh, self.power_w = raw_wh, 0, 0
        self._moved_at_s = self.at_s = at_s

    def take(
        self, raw_wh: int, *, at_s: float, elapsed_s: float = 0.0, counts: bool = True
    ) -> None:
        """Take a value.

        Args:
            raw_wh: What the device shows. [Wh]
            at_s: When it was heard. [story s]
            elapsed_s: Time since the value before by the device's own clock, for values that were
                queued and come all at once. [story s]
            counts: Whether it may be shown at once: what flows while nothing should flow is shown
                when it may flow again, if at all.

        Raises:
            DriverImplausibleError: The register fell, or jumped; what was shown before stays.
        """
        if self._raw_wh is None:
            self.begin(raw_wh, at_s=at_s)
            return
        step_wh = raw_wh - self._raw_wh
        if step_wh < 0:
            raise DriverImplausibleError(
                f"the meter fell from {self._raw_wh} to {raw_wh} Wh: have it looked at"
            )
        possible_wh = self._possible_wh(max(at_s - self._moved_at_s, elapsed_s)) + COARSE_WH
        if step_wh > possible_wh:
            raise DriverImplausibleError(
                f"the meter jumped by {step_wh} Wh where {possible_wh} Wh are possible:"
                " have it looked at"
            )
        heard_before_s, self.at_s = self.at_s, max(self.at_s, at_s)
        self._owed_wh += step_wh
        if step_wh:
            self.power_w = self._mean_w(step_wh, at_s - self._moved_at_s)
            self._raw_wh, self._moved_at_s = raw_wh, at_s
        if counts:
            shown_wh = min(self._owed_wh, self._possible_wh(self.at_s - heard_before_s) + 1)
            self._owed_wh -= shown_wh
            self.energy_wh += shown_wh

    def _possible_wh(self, elapsed_s: float) -> int:
        return int(self._power_w_max * max(0.0, elapsed_s) / S_PER_HOUR)

    def _mean_w(self, step_wh: int, elapsed_s: float) -> int:
        if elapsed_s <= 0:
            return self.power_w
        return min(self._power_w_max, int(step_wh * S_PER_HOUR / elapsed_s))
