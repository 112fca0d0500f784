"""What strikes while a story runs, and when: noted from its happenings, for the report's time axis.

Pure: happenings in, moments out, the time as an argument.
"""

from scenarios.diary import Diary
from scenarios.happenings import AlarmRaised, FinalityMoved, Happening, TimeIsUp
from scenarios.reporting.picture import Moment, Point

__all__ = ["Chronicle"]

US_PER_MS = 1000


class Chronicle:
    """Notes what a report shows and nobody else writes down."""

    def __init__(self) -> None:
        self.finals: list[Point] = []
        self._diary = Diary()
        self._alarms: dict[tuple[str, str], Moment] = {}
        self._ends: list[Moment] = []

    def take(self, happening: Happening, at_us: int) -> None:
        """Take note of what happens.

        Args:
            happening: Anything.
            at_us: When. [µs since the Unix epoch]
        """
        self._diary.take(happening, at_us)
        match happening:
            case AlarmRaised(by=by, about=about, reason=reason):
                words = f"alarm about {about}: {reason}"
                moment = Moment(kind="alarm", whom=by, words=words, from_us=at_us)
                self._alarms.setdefault((by, about), moment)
            case FinalityMoved(wait_ms=float(wait_ms)):
                self.finals.append(Point(at_us, wait_ms))
            case TimeIsUp(limit_s=limit_s):
                words = f"time is up after {limit_s:g} s"
                self._ends.append(Moment(kind="death", whom="story", words=words, from_us=at_us))

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What struck and who raised an alarm, in order."""
        outages = [
            Moment(
                kind="fault" if outage.wanted else "death",
                whom=outage.name,
                words="killed by the story" if outage.wanted else "died",
                from_us=outage.from_us,
                until_us=outage.until_us,
            )
            for outage in self._diary.outages
        ]
        lies = [
            Moment(kind="lie", whom=name, words="begins to lie", from_us=at_us)
            for name, at_us in self._diary.lies_from_us.items()
        ]
        found = [*outages, *lies, *self._alarms.values(), *self._ends]
        return tuple(sorted(found, key=lambda moment: moment.from_us))
