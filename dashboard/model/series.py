"""A curve over the last minutes: one value a second, and a gap where nothing was heard."""

import msgspec

__all__ = ["SECONDS_KEPT", "Series"]

SECONDS_KEPT = 900
"""A quarter of an hour: the longest window that a chart shows. [s]"""


class Series(msgspec.Struct):
    """Values of consecutive seconds."""

    end_s: int = 0
    """The second behind the last value. [s since 1970]"""
    kept_s: int = SECONDS_KEPT
    """How many seconds are kept. [s]"""
    values: list[float | None] = []
    """The values, oldest first; None where nothing was heard."""

    def add(self, second: int, value: float) -> None:
        """Note a value; another one of the same second replaces it.

        Args:
            second: When. [s since 1970]
            value: What.
        """
        if not self.values or second - self.end_s >= self.kept_s:
            self.values, self.end_s = [], second
        if second < self.end_s:
            back = self.end_s - second
            if back <= len(self.values):
                self.values[-back] = value
            return
        self.values.extend([None] * (second - self.end_s))
        self.values.append(value)
        del self.values[: -self.kept_s]
        self.end_s = second + 1

    def window(self, until_s: int, seconds: int) -> list[float | None]:
        """Return the values of the last seconds, None where there are none.

        Args:
            until_s: The second behind the window. [s since 1970]
            seconds: Its length.
        """
        first = self.end_s - len(self.values)
        return [
            self.values[second - first] if first <= second < self.end_s else None
            for second in range(until_s - seconds, until_s)
        ]

    @property
    def last(self) -> float | None:
        """The latest value."""
        return self.values[-1] if self.values else None
