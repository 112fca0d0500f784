"""Agents as they tell of themselves on the broker."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dashboard.model.series import Series
from dashboard.model.sources import SourceState
from dashboard.plain_text import LINE_LENGTH_MAX, NAME_LENGTH_MAX, plain

__all__ = ["AGENTS_KEPT", "Activity", "Agent", "activity_of", "position_of"]

AGENTS_KEPT = 2_000
"""As many as a story may have; a broker with more shows the ones that were heard first."""

INTERVAL_S = 1.0
"""How often agents speak. [s]"""

STALE_AFTER_S = max(5.0, 3 * INTERVAL_S)
"""A busy machine delays an agent by seconds; three words missed in a row are more than that. [s]"""

LOST_AFTER_S = 30.0
"""As long as an advert lives: who has been silent for that long is not found by cars either. [s]"""

CURVE_S = 300
"""How much of its curve is kept for each agent: two thousand of them have one. [s]"""

WILL_US = 1_000_000
"""Who speaks later than this behind its last will is there: it was an earlier connection's. [µs]"""

DONE = "done"
"""What a vehicle says when its itinerary is over."""


class Activity(msgspec.Struct, frozen=True):
    """What an agent does, as one of a few things that have a sign and a colour."""

    name: str
    """`drive`, `charge`, `park`, `seek`, `wait`, `serve`, `idle`, `done` or `trouble`."""
    text: str
    """The same in the agent's own words."""


class Agent(msgspec.Struct, kw_only=True):
    """One agent."""

    name: str
    """Its name."""
    role: str
    """`vehicle`, `charger`, `car_park`, `toll`, `validator`, or what a stranger calls itself."""
    key: str = ""
    """Its account, once known."""
    doing: str = ""
    """What it does, in its own words."""
    position_m: tuple[float, float] | None = None
    """Where it is. [m]"""
    speed_kmh: float = 0.0
    """How fast it drives. [km/h]"""
    charge_percent: float | None = None
    """A vehicle's state of charge. [%]"""
    power_w: float = 0.0
    """What a charger gives now. [W]"""
    places: int = 0
    """Outlets or bays that a seller has."""
    places_taken: int = 0
    """How many of them are taken."""
    faults: int = 0
    """Faults that it tells of."""
    services: tuple[str, ...] = ()
    """What it sells."""
    passages: int = 0
    """Cars that a gate has let through."""
    paid: int = 0
    """What it has paid, in sessions that were heard. [base units]"""
    earned: int = 0
    """What it has earned in them. [base units]"""
    balance: int | None = None
    """What its account has, where somebody has asked. [base units]"""
    balance_us: int = 0
    """When that was asked. [µs]"""
    online: bool | None = None
    """Whether it says that it is there; None where it has not said anything about it."""
    left_us: int = 0
    """When it said, or its last will did, that it is not there; 0: it is. [µs]"""
    boot: int = 0
    """Number of its start."""
    status: str = ""
    """What it shows on its state topic."""
    heard_us: int = 0
    """When it was heard last, 0: never. [µs]"""
    first_us: int = 0
    """When it was first heard of. [µs]"""
    powers: Series = msgspec.field(default_factory=lambda: Series(kept_s=CURVE_S))
    """A seller's power over the last minutes. [W]"""
    charges: Series = msgspec.field(default_factory=lambda: Series(kept_s=CURVE_S))
    """A vehicle's state of charge over the last minutes. [%]"""
    news: dict[str, dict[str, Any]] = {}
    """Its latest news of each kind, as they came."""
    skew_us: int = 0
    """How far its clock was behind the viewer's at its last word, delay included. [µs]"""

    def age_s(self, now_us: int) -> float:
        """Return how long it has not been heard. [s]"""
        return max(0, now_us - self.heard_us) / 1_000_000 if self.heard_us else 0.0

    def state(self, now_us: int) -> SourceState:
        """Return whether it still speaks.

        Args:
            now_us: The viewer's time. [µs]
        """
        if self.online is False and self.heard_us <= self.left_us + WILL_US:
            return SourceState.ENDED if self.doing == DONE else SourceState.LOST
        if not self.heard_us:
            return SourceState.WAIT
        if self.doing == DONE:
            return SourceState.ENDED
        age_s = self.age_s(now_us)
        if age_s > LOST_AFTER_S:
            return SourceState.LOST
        return SourceState.STALE if age_s > STALE_AFTER_S else SourceState.LIVE

    def take_vehicle(self, fields: Mapping[str, Any], at_us: int) -> None:
        """Take in what a vehicle tells once a second."""
        self.doing = plain(fields.get("doing"), LINE_LENGTH_MAX) or self.doing
        self.position_m = position_of(fields.get("position_m")) or self.position_m
        self.speed_kmh = _number(fields.get("speed_kmh"))
        if "charge_percent" in fields:
            self.charge_percent = _number(fields["charge_percent"])
            self.charges.add(at_us // 1_000_000, self.charge_percent)

    def take_seller(self, fields: Mapping[str, Any], at_us: int) -> None:
        """Take in what a seller tells once a second."""
        powers, outlets, bays = (_table(fields.get(key)) for key in ("power_w", "outlets", "bays"))
        self.faults = len(faults) if isinstance(faults := fields.get("faults"), list | dict) else 0
        if outlets:
            free = sum(state in {"free", "available"} for state in outlets.values())
            self.places, self.places_taken = len(outlets), len(outlets) - free
            self.power_w = sum(_number(power) for power in powers.values())
            self.powers.add(at_us // 1_000_000, self.power_w)
            self.doing = f"{self.places_taken} of {self.places} outlets taken"
        elif "bays_total" in fields:
            self.places, self.places_taken = int(_number(fields["bays_total"])), len(bays)
            self.doing = f"{self.places_taken} of {self.places} bays taken"
        elif self.role == "toll":
            counts = [int(_number(count)) for key, count in fields.items() if key not in _TIMES]
            self.passages = sum(counts)
            self.doing = f"{self.passages} passages" if self.passages != 1 else "1 passage"

    def take_news(self, kind: str, fields: dict[str, Any], at_us: int) -> None:
        """Take in that it has spoken, of whatever kind.

        Args:
            kind: The kind of news.
            fields: What it says.
            at_us: When it was heard. [µs]
        """
        self.heard_us = at_us
        told_us = fields.get("at_us")
        if isinstance(told_us, int):
            self.skew_us = at_us - told_us
        name = plain(kind, NAME_LENGTH_MAX)
        if name in self.news or len(self.news) < KINDS_KEPT:
            self.news[name] = fields


KINDS_KEPT = 16
"""Kinds of news that are kept of one agent; there are five."""

_TIMES = {"at_us", "story_s"}


def activity_of(agent: Agent) -> Activity:
    """Return what an agent does, as one of a few things.

    Args:
        agent: The agent.
    """
    doing = agent.doing
    if agent.role != "vehicle":
        is_busy = bool(agent.places_taken or agent.power_w)
        name = "trouble" if agent.faults else "serve" if is_busy else "idle"
        return Activity(name, doing or agent.status)
    for beginning, name in _VEHICLE_WORDS:
        if doing.startswith(beginning):
            return Activity(name, doing)
    return Activity("drive" if agent.speed_kmh else "wait", doing or agent.status)


_VEHICLE_WORDS = (
    ("driv", "drive"),
    ("turning", "drive"),
    ("charg", "charge"),
    ("park", "park"),
    ("look", "seek"),
    ("ask", "seek"),
    ("bargain", "seek"),
    ("gave up", "trouble"),
    ("done", "done"),
    ("closing", "done"),
)


def position_of(value: object) -> tuple[float, float] | None:
    """Return the point that news name, None where there is none. [m]"""
    match value:
        case [int() | float() as x_m, int() | float() as y_m]:
            return float(x_m), float(y_m)
    return None


def _number(value: object) -> float:
    """Return a number out of news, 0 where there is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def _table(value: object) -> Mapping[str, object]:
    """Return a table out of news, an empty one where there is none."""
    return value if isinstance(value, dict) else {}
