"""Whether a vehicle stands somewhere, as a sensor has said: with the age of its word.

Pure. A sensor that speaks when something changes says nothing for hours; one that reports every
minute is broken when it does not. So the settings say for how long a word counts.
"""

from parking_agent.errors import DriverSilentError

US_PER_S = 1_000_000
"""Microseconds in a second."""

AHEAD_S_MAX = 120
"""How far a sensor's clock may be ahead of ours: beyond that its times mean nothing. [s]"""


class Presence:
    """What one sensor has said.

    Args:
        gate: Name of the barrier, for errors.
        valid_for_s: How long a word counts; 0: until the next one. [s]
    """

    def __init__(self, gate: str, *, valid_for_s: float) -> None:
        assert valid_for_s >= 0
        self._gate = gate
        self._valid_for_s = valid_for_s
        self._is_present: bool | None = None
        self._said_us = 0

    def note(self, is_present: bool, *, said_us: int, now_us: int) -> bool:
        """Take a word of the sensor, and say whether it counts: it is newer than the one before.

        Args:
            is_present: Whether a vehicle is there.
            said_us: When the sensor said so, by its own clock where it tells. [µs since 1970]
            now_us: Now. [µs since 1970]
        """
        if said_us > now_us + AHEAD_S_MAX * US_PER_S or said_us < self._said_us:
            return False
        self._is_present, self._said_us = is_present, said_us
        return True

    def tell(self, now_us: int) -> bool:
        """Return whether a vehicle is there.

        Args:
            now_us: Now. [µs since 1970]

        Raises:
            DriverSilentError: Nothing was said, or too long ago.
        """
        if self._is_present is None:
            raise DriverSilentError(
                f"gate {self._gate!r}: its vehicle sensor has said nothing yet;"
                " see whether it is on, and what its options name"
            )
        age_s = (now_us - self._said_us) / US_PER_S
        if self._valid_for_s and age_s > self._valid_for_s:
            raise DriverSilentError(
                f"gate {self._gate!r}: its vehicle sensor has said nothing for {age_s:.0f} s;"
                " see whether it is on and in reach"
            )
        return self._is_present
