"""The diary of a run: who was away, who lied, who raised an alarm, each with its time.

Pure: happenings in, values out, the time as an argument.
"""

from dataclasses import dataclass, replace

from scenarios.happenings import (
    AlarmRaised,
    Happening,
    LieBegan,
    ProcessDied,
    ProcessReady,
    ProcessStruck,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which a process was away."""

    name: str
    """The process."""
    from_us: int
    """When it died. [µs since the Unix epoch]"""
    until_us: int | None = None
    """When it was back; none if never. [µs since the Unix epoch]"""
    wanted: bool = False
    """Whether the story has killed it."""

    def covers_us(self, from_us: int, until_us: int) -> int:
        """Return how much of a time it covers. [µs]"""
        end_us = until_us if self.until_us is None else min(until_us, self.until_us)
        return max(0, end_us - max(from_us, self.from_us))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """All alarms that one has raised about another."""

    by: str
    """Who says so: the node, or a validator."""
    about: str
    """Of whom: a validator, or the node."""
    position: int
    """From which position on, or at which size, as the first of them said."""
    reason: str
    """What the first of them said."""
    count: int = 1
    """How many there were."""


class Diary:
    """Keeps of a run's happenings what the checks at its end ask for."""

    def __init__(self) -> None:
        self.outages: list[Outage] = []
        self.lies_from_us: dict[str, int] = {}
        self._alarms: dict[tuple[str, str], Alarm] = {}
        self._struck: set[str] = set()

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms, by who raised them about whom, in the order of the first of each."""
        return tuple(self._alarms.values())

    def take(self, happening: Happening, at_us: int) -> None:
        """Take note of what happens.

        Args:
            happening: Anything.
            at_us: When. [µs since the Unix epoch]
        """
        match happening:
            case ProcessStruck(name):
                self._struck.add(name)
            case ProcessDied(name) if not self._open(name):
                wanted = name in self._struck
                self._struck.discard(name)
                self.outages.append(Outage(name=name, from_us=at_us, wanted=wanted))
            case ProcessReady(name):
                for index in self._open(name):
                    self.outages[index] = replace(self.outages[index], until_us=at_us)
            case LieBegan(name):
                self.lies_from_us.setdefault(name, at_us)
            case AlarmRaised():
                self._raise(happening)

    def _open(self, name: str) -> list[int]:
        """Return where in the list a process's outages are that have not ended."""
        outages = enumerate(self.outages)
        return [at for at, one in outages if one.name == name and one.until_us is None]

    def _raise(self, alarm: AlarmRaised) -> None:
        """Count an alarm, and keep the first of its kind."""
        key = (alarm.by, alarm.about)
        known = self._alarms.get(key)
        self._alarms[key] = (
            replace(known, count=known.count + 1)
            if known
            else Alarm(by=alarm.by, about=alarm.about, position=alarm.position, reason=alarm.reason)
        )
