"""A charger's outlet and the car at it: power, energy and time, and nothing about any wire.

Between two calls nothing runs. Whoever asks or changes something first lets pass what has happened
since: in pieces, because a timer may have run out or a car may be full on the way. So a fake that
looks rarely counts exactly what one would count that looks all the time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

US_PER_S = 1_000_000
"""Microseconds in a second."""

W_US_PER_WH = 3600 * US_PER_S
"""Watt-microseconds in a watt-hour."""

Change = Callable[[], None]
"""What happens at some instant."""


class StoryTime(Protocol):
    """The part of a clock that physics needs."""

    def story_s(self) -> float:
        """Return the story time. [s]"""
        ...


@dataclass(slots=True, eq=False)
class Timer:
    """Something that will happen; `cancel` lets it not happen."""

    change: Change
    """What."""
    at_us: int | None = None
    """When, if it waits for time. [story µs]"""
    energy_w_us: int | None = None
    """At which register, if it waits for energy. [W·µs]"""
    _is_cancelled: bool = field(default=False)

    def cancel(self) -> None:
        """Let it not happen; again changes nothing."""
        self._is_cancelled = True

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not happen."""
        return self._is_cancelled


class OutletPhysics:
    """An outlet: power is the least of car, limit and rating, while the contactor is closed.

    Args:
        clock: Story time; its speed is the clock's own.
        rated_w: What cable and contactor carry. [W]
        energy_wh: What the register shows at first. [Wh]
    """

    def __init__(self, clock: StoryTime, *, rated_w: int, energy_wh: int = 0) -> None:
        assert rated_w > 0
        assert energy_wh >= 0
        self.rated_w = rated_w
        """What cable and contactor carry. [W]"""
        self._clock = clock
        self._at_us = _microseconds(clock.story_s())
        self._energy_w_us = energy_wh * W_US_PER_WH
        self._plugged_at_w_us = self._energy_w_us
        self._demand_w: int | None = None
        self._limit_w = rated_w
        self._is_closed = False
        self._fault = ""
        self._timers: list[Timer] = []
        self._car_full: Timer | None = None
        self._is_passing = False

    def plug_in(self, demand_w: int, *, needs_wh: int | None = None) -> None:
        """Plug a car in, or change what the one at hand asks for.

        Args:
            demand_w: What it draws if it may. [W]
            needs_wh: After so much it is full and draws nothing; None for never. [Wh]
        """
        assert demand_w >= 0
        self.pass_time()
        if self._demand_w is None:
            self._plugged_at_w_us = self._energy_w_us
        self._demand_w = demand_w
        self._forget_car()
        if needs_wh is not None:
            self._car_full = self.when_counted(needs_wh, self._fill_car)

    def unplug(self) -> None:
        """Pull the cable: power stops at once."""
        self.pass_time()
        self._demand_w = None
        self._forget_car()

    def break_down(self, reason: str = "ground failure") -> None:
        """Let the device find a fault: its contactor opens."""
        self.pass_time()
        self._fault, self._is_closed = reason, False

    def repair(self) -> None:
        """Take the fault away; the contactor stays open."""
        self.pass_time()
        self._fault = ""

    def switch(self, *, on: bool) -> None:
        """Close or open the contactor; a faulted device keeps it open."""
        self.pass_time()
        self._is_closed = on and not self._fault

    def limit(self, power_w: int) -> None:
        """Offer the car so much from now on. [W]"""
        assert power_w >= 0
        self.pass_time()
        self._limit_w = min(power_w, self.rated_w)

    def reset_register(self, energy_wh: int = 0) -> None:
        """Let the register show something else, as broken or exchanged meters do. [Wh]"""
        self.pass_time()
        self._energy_w_us = energy_wh * W_US_PER_WH
        self._plugged_at_w_us = min(self._plugged_at_w_us, self._energy_w_us)

    def after(self, story_s: float, change: Change) -> Timer:
        """Let something happen in so long, exactly then. [story s]"""
        self.pass_time()
        timer = Timer(change, at_us=self._at_us + _microseconds(max(0.0, story_s)))
        self._timers.append(timer)
        return timer

    def when_counted(self, energy_wh: float, change: Change) -> Timer:
        """Let something happen once so much more has been delivered. [Wh]"""
        self.pass_time()
        timer = Timer(change, energy_w_us=self._energy_w_us + round(energy_wh * W_US_PER_WH))
        self._timers.append(timer)
        return timer

    @property
    def is_plugged(self) -> bool:
        """Whether a car is there."""
        self.pass_time()
        return self._demand_w is not None

    @property
    def is_closed(self) -> bool:
        """Whether the contactor is closed."""
        self.pass_time()
        return self._is_closed

    @property
    def fault(self) -> str:
        """Why the device does not work; empty while it does."""
        self.pass_time()
        return self._fault

    @property
    def limit_w(self) -> int:
        """What the car is offered. [W]"""
        self.pass_time()
        return self._limit_w

    @property
    def power_w(self) -> int:
        """What flows. [W]"""
        self.pass_time()
        return self._power_w()

    @property
    def energy_wh(self) -> float:
        """The register, exactly. [Wh]"""
        self.pass_time()
        return self._energy_w_us / W_US_PER_WH

    @property
    def session_wh(self) -> float:
        """What has been delivered since the car was plugged in, exactly. [Wh]"""
        self.pass_time()
        return (self._energy_w_us - self._plugged_at_w_us) / W_US_PER_WH

    def pass_time(self) -> None:
        """Let happen what has happened until now; a clock set back changes nothing."""
        if self._is_passing:
            return  # a timer's change asks or changes something, at its own instant
        self._is_passing = True
        try:
            self._let_happen(_microseconds(self._clock.story_s()))
        finally:
            self._is_passing = False

    def _let_happen(self, now_us: int) -> None:
        """Let each timer's change happen at its instant, in order. [story µs]"""
        while True:
            self._timers = [timer for timer in self._timers if not timer.is_cancelled]
            due = [(self._instant_us(timer), rank) for rank, timer in enumerate(self._timers)]
            first_us, rank = min(due, default=(math.inf, 0))
            if first_us > now_us:
                break
            timer = self._timers.pop(rank)
            self._count(int(first_us))
            timer.change()
        self._count(now_us)

    def _instant_us(self, timer: Timer) -> float:
        """Return when a timer is due, if nothing else happens before. [story µs]"""
        if timer.at_us is not None:
            return timer.at_us
        assert timer.energy_w_us is not None
        missing_w_us = timer.energy_w_us - self._energy_w_us
        if missing_w_us <= 0:
            return self._at_us
        power_w = self._power_w()
        return self._at_us - (-missing_w_us // power_w) if power_w else math.inf

    def _count(self, until_us: int) -> None:
        """Count the energy of the power of now until an instant. [story µs]"""
        if until_us > self._at_us:
            self._energy_w_us += self._power_w() * (until_us - self._at_us)
            self._at_us = until_us

    def _power_w(self) -> int:
        if not self._is_closed or self._demand_w is None:
            return 0
        return min(self._demand_w, self._limit_w, self.rated_w)

    def _fill_car(self) -> None:
        self._demand_w = 0

    def _forget_car(self) -> None:
        if self._car_full is not None:
            self._car_full.cancel()
            self._car_full = None


def _microseconds(time_s: float) -> int:
    return round(time_s * US_PER_S)
