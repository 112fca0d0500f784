"""A relay and the barrier behind it: contact, motor, loop, and nothing about any wire.

Between two calls nothing runs. Whoever asks or changes something first lets pass what has happened
since, in pieces: the relay's own timer may have run out on the way.
"""

import math

from fake_devices.outlet_physics import StoryTime

MOVE_S = 1.5
"""How long a barrier takes from shut to open, and back. [s]"""

NEVER_S = math.inf
"""An instant that does not come. [story s]"""


class GatePhysics:
    """A relay, and a barrier that follows its contact.

    The barrier is open as long as the contact says so, and then falls by itself; its own loop keeps
    it from falling on a vehicle. Without power the relay drops.

    Args:
        clock: Story time.
        opens_when: The level of the contact that opens it: closed, or open where an energised
            relay holds it down.
    """

    def __init__(self, clock: StoryTime, *, opens_when: bool) -> None:
        self._clock = clock
        self._opens_when = opens_when
        self._at_s = clock.story_s()
        self._is_on = not opens_when
        self._flips_at_s = NEVER_S
        self._openness = 0.0
        self._has_vehicle = False
        self._has_power = True
        self.moves = 0
        """How often it has begun to open, for whoever counts."""

    @property
    def is_on(self) -> bool:
        """Whether the contact is closed."""
        self._pass_time()
        return self._is_on

    @property
    def has_power(self) -> bool:
        """Whether the device has power."""
        return self._has_power

    @property
    def remaining_s(self) -> float:
        """How long the relay's timer still runs, 0 if it does not. [story s]"""
        self._pass_time()
        return 0.0 if self._flips_at_s == NEVER_S else self._flips_at_s - self._at_s

    @property
    def openness(self) -> float:
        """How far the barrier is open, 0 to 1."""
        self._pass_time()
        return self._openness

    def switch(self, *, on: bool, flips_in_s: float = NEVER_S) -> None:
        """Switch the contact.

        Args:
            on: Whether it closes.
            flips_in_s: After so long the device switches it back by itself. [story s]
        """
        self._pass_time()
        self._set(on)
        self._flips_at_s = self._at_s + flips_in_s

    def flip_in(self, seconds: float) -> None:
        """Start the relay's timer anew, or stop it with `NEVER_S`. [story s]"""
        self._pass_time()
        self._flips_at_s = self._at_s + seconds

    def vehicle(self, *, present: bool) -> None:
        """Drive a vehicle onto the barrier's loop, or away."""
        self._pass_time()
        self._has_vehicle = present

    def lose_power(self) -> None:
        """Cut the power: the relay drops, and no timer runs."""
        self._pass_time()
        self._has_power = False
        self._flips_at_s = NEVER_S
        self._set(False)

    def get_power(self) -> None:
        """Give the power back; the firmware decides on the contact."""
        self._has_power = True

    def _set(self, on: bool) -> None:
        if on == self._opens_when and self._is_on != on:
            self.moves += 1
        self._is_on = on

    def _pass_time(self) -> None:
        """Let happen what has happened since."""
        now_s = self._clock.story_s()
        if self._flips_at_s <= now_s:
            self._move_to(self._flips_at_s)
            self._flips_at_s = NEVER_S
            self._set(not self._is_on)
        self._move_to(now_s)

    def _move_to(self, at_s: float) -> None:
        """Let the barrier rise or fall until a time."""
        part = max(0.0, at_s - self._at_s) / MOVE_S
        self._at_s = max(self._at_s, at_s)
        is_held = self._has_vehicle and self._openness > 0
        rises = self._is_on == self._opens_when or is_held
        self._openness = min(1.0, max(0.0, self._openness + (part if rises else -part)))
