"""Charging profiles as a station keeps them: a stack for each purpose, and what it comes to now.

Pure. Dates have been turned into story seconds before they come here. The rules are those of OCPP
1.6 §3.13 and 2.0.1 K: of a purpose the highest stack level that is active counts; a transaction's
own profile replaces the default; the station's maximum bounds both.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

VOLTAGE_V = 230
"""Between phase and neutral: what turns amperes into watts. [V]"""

PHASES = 3
"""Phases of an outlet, where a period does not say."""

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S

NEVER_S = math.inf
"""An instant that does not come. [story s]"""


class Purpose(StrEnum):
    """What a profile is for, in the words of 1.6; those of 2.0.1 mean the same."""

    MAXIMUM = "ChargePointMaxProfile"
    """The whole station's bound."""
    DEFAULT = "TxDefaultProfile"
    """What any transaction gets."""
    TRANSACTION = "TxProfile"
    """What one transaction gets."""


@dataclass(frozen=True, slots=True)
class Period:
    """A piece of a schedule: from its start to the next one's."""

    start_s: int
    """After the schedule's start. [story s]"""
    limit: float
    """In the schedule's unit. [A or W]"""
    phases: int = PHASES
    """For how many phases a limit in amperes is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One charging profile."""

    number: int
    """Its id."""
    connector: int
    """Where it counts; 0 for the whole station."""
    stack_level: int
    """The higher counts."""
    purpose: Purpose
    """What it is for."""
    periods: tuple[Period, ...]
    """In order; the first begins at 0."""
    unit: str = "W"
    """Of its limits: `A` or `W`."""
    start_s: float | None = None
    """When its schedule begins; None for when charging begins. [story s]"""
    duration_s: float = NEVER_S
    """How long the schedule lasts. [story s]"""
    repeats_s: float = 0.0
    """After how long the schedule begins again; 0 for never. [story s]"""
    valid_from_s: float = -NEVER_S
    """From when it may be used. [story s]"""
    valid_until_s: float = NEVER_S
    """Until when it may be used. [story s]"""
    transaction: str = ""
    """The transaction that it is for, where the purpose asks for one."""

    def limit_w(self, at_s: float, *, began_s: float) -> float | None:
        """Return its limit at an instant, or None while it says nothing. [W]

        Args:
            at_s: When. [story s]
            began_s: When charging began. [story s]
        """
        elapsed_s = self._elapsed_s(at_s, began_s)
        if elapsed_s is None:
            return None
        period = [each for each in self.periods if each.start_s <= elapsed_s][-1]
        return period.limit * (VOLTAGE_V * period.phases if self.unit == "A" else 1)

    def changes_s(self, at_s: float, *, began_s: float) -> Iterator[float]:
        """Yield the instants after `at_s` at which it may say something else. [story s]"""
        yield from (self.valid_from_s, self.valid_until_s)
        start_s = self._start_s(at_s, began_s)
        yield from (start_s, start_s + self.duration_s)
        yield from (start_s + period.start_s for period in self.periods)
        if self.repeats_s:
            yield start_s + self.repeats_s

    def replaces(self, other: "Profile") -> bool:
        """Say whether another profile goes when this one comes."""
        if self.number == other.number:
            return True
        return (self.connector, self.stack_level, self.purpose) == (
            other.connector,
            other.stack_level,
            other.purpose,
        )

    def _start_s(self, at_s: float, began_s: float) -> float:
        """Return when the schedule that counts at an instant began."""
        start_s = began_s if self.start_s is None else self.start_s
        if self.repeats_s and at_s > start_s:
            start_s += (at_s - start_s) // self.repeats_s * self.repeats_s
        return start_s

    def _elapsed_s(self, at_s: float, began_s: float) -> float | None:
        if not self.valid_from_s <= at_s < self.valid_until_s:
            return None
        elapsed_s = at_s - self._start_s(at_s, began_s)
        return elapsed_s if 0 <= elapsed_s < self.duration_s else None


@dataclass(slots=True)
class ProfileStack:
    """All profiles of a station."""

    profiles: list[Profile] = field(default_factory=list)
    """In the order in which they came."""

    def install(self, profile: Profile) -> None:
        """Take a profile in; it replaces those of its id, and of its level and purpose."""
        self.profiles = [each for each in self.profiles if not profile.replaces(each)]
        self.profiles.append(profile)

    def remove(self, profiles: Iterable[Profile]) -> bool:
        """Forget profiles, and say whether any was there."""
        gone = list(profiles)
        before = len(self.profiles)
        self.profiles = [each for each in self.profiles if each not in gone]
        return len(self.profiles) < before

    def limit_w(self, connector: int, at_s: float, *, transaction: str, began_s: float) -> float:
        """Return what a connector may give at an instant; infinite without any profile. [W]

        Args:
            connector: Its number.
            at_s: When. [story s]
            transaction: The transaction there, empty for none.
            began_s: When charging began. [story s]
        """
        bound_w = self._of(Purpose.MAXIMUM, connector, at_s, began_s=began_s)
        own_w = None
        if transaction:
            own_w = self._of(
                Purpose.TRANSACTION, connector, at_s, began_s=began_s, transaction=transaction
            )
        if own_w is None:
            own_w = self._of(Purpose.DEFAULT, connector, at_s, began_s=began_s)
        return min((each for each in (bound_w, own_w) if each is not None), default=NEVER_S)

    def next_change_s(self, at_s: float, *, began_s: float) -> float:
        """Return when the limits may change next by themselves. [story s]"""
        changes = (
            change_s
            for profile in self.profiles
            for change_s in profile.changes_s(at_s, began_s=began_s)
        )
        return min((change_s for change_s in changes if change_s > at_s), default=NEVER_S)

    def _of(
        self,
        purpose: Purpose,
        connector: int,
        at_s: float,
        *,
        began_s: float,
        transaction: str = "",
    ) -> float | None:
        """Return the limit of the highest active level of a purpose; its own before station's."""
        active = (
            ((profile.stack_level, profile.connector), limit_w)
            for profile in self.profiles
            if profile.purpose is purpose and profile.connector in {0, connector}
            if profile.transaction == transaction
            if (limit_w := profile.limit_w(at_s, began_s=began_s)) is not None
        )
        best = max(active, default=None)
        return None if best is None else best[1]
