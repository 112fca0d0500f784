"""One connector of a fake station: the car, who has let it charge, and the transaction.

```
        plugged ┐
                ├─ both ─▶ transaction ── one of them gone, a fault ──▶ finished
     authorised ┘
```

Which of the two begin and end a transaction is a setting of 2.0.1 (`TxStartPoint`,
`TxStopPoint`); 1.6 knows both only. Nothing here knows any wire.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from fake_devices.ocpp_profiles import NEVER_S, Profile, ProfileStack, Purpose
from fake_devices.outlet_physics import OutletPhysics, Timer


class Point(StrEnum):
    """What a transaction begins or ends with, in the words of 2.0.1."""

    CONNECTED = "EVConnected"
    """A car is plugged in."""
    AUTHORISED = "Authorized"
    """Somebody may charge."""
    CLOSED = "PowerPathClosed"
    """Both."""


class Activity(StrEnum):
    """What a connector does, in the words of 2.0.1's charging states."""

    IDLE = "Idle"
    """No car."""
    CONNECTED = "EVConnected"
    """A car, and nobody has let it charge."""
    CHARGING = "Charging"
    """Energy flows."""
    SUSPENDED_CAR = "SuspendedEV"
    """The car takes nothing."""
    SUSPENDED_STATION = "SuspendedEVSE"
    """The station gives nothing."""


@dataclass(slots=True, kw_only=True)
class Authorisation:
    """Somebody may charge."""

    id_tag: str
    """Who."""
    remote_start: int | None = None
    """Number of the remote start, where it was one that has a number."""
    is_remote: bool = False
    """Whether the central system began it."""
    until_s: float = NEVER_S
    """Until when a car must be plugged in. [story s]"""
    profile: Profile | None = None
    """For the transaction to come."""


@dataclass(slots=True, kw_only=True)
class Reservation:
    """A connector is kept for somebody."""

    number: int
    """Its id."""
    id_tag: str
    """For whom."""
    until_s: float
    """Until when. [story s]"""


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One charge, as the station keeps it."""

    key: str
    """The station's own name for it; in 2.0.1 that on the wire."""
    id_tag: str
    """Who charges; empty while nobody has been authorised."""
    began_s: float
    """When. [story s]"""
    began_wh: int
    """The register then. [Wh]"""
    began_at: str
    """When, as a date of the station's clock."""
    reservation: int | None = None
    """The reservation that it used up."""
    remote_start: int | None = None
    """Number of the remote start."""
    told: int | None = None
    """Its number in 1.6, once the central system has told it."""
    sequence: int = 0
    """The next message's number in 2.0.1."""
    activity: Activity = Activity.IDLE
    """What was said last of it."""
    next_sample_s: float = NEVER_S
    """When its meter is read next. [story s]"""
    reason: str = ""
    """Why nobody may charge any more, where it lasts until the car leaves."""
    reached: set[Point] = field(default_factory=set)
    """What has held since it began."""


@dataclass(slots=True)
class Connector:
    """A connector and all that the station knows of it."""

    number: int
    """From 1."""
    outlet: OutletPhysics
    """Its physics."""
    is_available: bool = True
    """Whether it is in service."""
    authorisation: Authorisation | None = None
    """Who may charge here."""
    reservation: Reservation | None = None
    """Who it is kept for."""
    transaction: Transaction | None = None
    """What goes on here."""
    is_finishing: bool = False
    """Whether a transaction has ended and its car is still here."""
    told_status: str = ""
    """What was said last."""
    held: frozenset[Point] = frozenset()
    """What held when somebody looked last."""
    full_wh: float = NEVER_S
    """At which register the car is full. [Wh]"""
    change_s: float = NEVER_S
    """When its limit changes by itself. [story s]"""
    limit_timer: Timer | None = field(default=None, repr=False)
    """Sets the limit when it changes by itself."""
    energy_timer: Timer | None = field(default=None, repr=False)
    """Opens the contactor when the station's own limit of energy is reached."""

    def points(self) -> frozenset[Point]:
        """Return what holds now."""
        plugged = self.outlet.is_plugged
        authorised = self.authorisation is not None
        held = {Point.CONNECTED: plugged, Point.AUTHORISED: authorised}
        held[Point.CLOSED] = plugged and authorised and not self.outlet.fault
        return frozenset(point for point, holds in held.items() if holds)

    def activity(self) -> Activity:
        """Return what it does now."""
        if not self.outlet.is_plugged:
            return Activity.IDLE
        if self.outlet.power_w > 0:
            return Activity.CHARGING
        if self.transaction is None or self.authorisation is None:
            return Activity.CONNECTED
        if self.outlet.limit_w == 0 or not self.outlet.is_closed:
            return Activity.SUSPENDED_STATION
        return Activity.SUSPENDED_CAR

    def is_kept_from(self, id_tag: str) -> bool:
        """Say whether it is reserved for somebody else."""
        return self.reservation is not None and self.reservation.id_tag != id_tag

    def energy_wh(self) -> int:
        """Return the register, rounded down. [Wh]"""
        return int(self.outlet.energy_wh)

    def ends_with(self, stop_points: frozenset[Point]) -> bool:
        """Say whether its transaction is over: a fault, or a point that held holds no more."""
        transaction = self.transaction
        if transaction is None:
            return False
        held = self.points()
        transaction.reached |= held
        return bool(self.outlet.fault or (transaction.reached & stop_points) - held)

    def begins_with(self, start_points: frozenset[Point]) -> bool:
        """Say whether a transaction begins: a point holds that did not when this was asked last."""
        before, self.held = self.held, self.points()
        works = self.is_available and not self.outlet.fault
        return self.transaction is None and works and bool((self.held - before) & start_points)

    def take_profile(self, profiles: ProfileStack) -> None:
        """Install the profile that came with the authorisation, for the transaction of now."""
        authorisation, transaction = self.authorisation, self.transaction
        if transaction is None or authorisation is None or authorisation.profile is None:
            return
        profile, authorisation.profile = authorisation.profile, None
        if profile.purpose is Purpose.TRANSACTION:
            profile = replace(profile, transaction=transaction.key)
        profiles.install(profile)

    def apply(self, profiles: ProfileStack, at_s: float) -> None:
        """Close or open the contactor and set the limit that the profiles say, now and later.

        Args:
            profiles: Those of the station.
            at_s: Now, or the instant at which a limit has changed by itself. [story s]
        """
        transaction = self.transaction
        began_s = at_s if transaction is None else transaction.began_s
        key = "" if transaction is None else transaction.key
        limit_w = profiles.limit_w(self.number, at_s, transaction=key, began_s=began_s)
        self.outlet.limit(int(min(limit_w, self.outlet.rated_w)))
        self.outlet.switch(on=transaction is not None and Point.CLOSED in self.points())
        if self.limit_timer is not None:
            self.limit_timer.cancel()
            self.limit_timer = None
        self.change_s = NEVER_S
        if transaction is not None:
            self.change_s = profiles.next_change_s(at_s, began_s=began_s)
        if self.change_s < NEVER_S:
            change_s = self.change_s
            self.limit_timer = self.outlet.after(
                change_s - at_s, lambda: self.apply(profiles, change_s)
            )

    def bound_energy(self, energy_wh: int) -> None:
        """Open the contactor after so much, exactly then. [Wh]"""
        self.energy_timer = self.outlet.when_counted(
            energy_wh, lambda: self.outlet.switch(on=False)
        )
        self.full_wh = min(self.full_wh, self.outlet.energy_wh + energy_wh)

    def is_used_up(self, limit_wh: int) -> bool:
        """Say whether its transaction has delivered the station's own limit; 0 for none. [Wh]"""
        if self.transaction is None or limit_wh == 0:
            return False
        return self.outlet.energy_wh >= self.transaction.began_wh + limit_wh

    def end(self) -> Transaction:
        """Open the contactor and take the transaction away; return it."""
        transaction = self.transaction
        assert transaction is not None
        self.outlet.switch(on=False)
        if self.energy_timer is not None:
            self.energy_timer.cancel()
            self.energy_timer = None
        self.transaction = self.authorisation = None
        self.is_finishing = self.outlet.is_plugged
        self.held = self.points()
        transaction.activity = self.activity()
        return transaction

    def next_s(self, at_s: float) -> float:
        """Return when something may happen here by itself. [story s]"""
        instants = [self.change_s]
        if self.transaction is not None:
            instants.append(self.transaction.next_sample_s)
        if self.authorisation is not None:
            instants.append(self.authorisation.until_s)
        if self.reservation is not None:
            instants.append(self.reservation.until_s)
        power_w = self.outlet.power_w
        if power_w > 0 and self.full_wh < NEVER_S:
            instants.append(at_s + (self.full_wh - self.outlet.energy_wh) / power_w * 3_600)
        return min(instants)
