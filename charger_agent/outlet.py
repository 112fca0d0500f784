"""One outlet: who it is promised to, who stands at it, and whether it works.

```
free -> reserved -> occupied -> free        reserved -> free: released, or nobody came in time
any  -> faulted  -> free
```

A promise is kept: a reserved outlet is given to nobody else until it is released or its time is
over. Times come in as arguments, in story seconds.
"""

from enum import StrEnum

from charger_agent.errors import OutletTakenError

FOREVER_S = float("inf")
"""An occupied outlet has no end of its own."""


class OutletState(StrEnum):
    """What an outlet can be."""

    FREE = "free"
    """Nobody has it."""
    RESERVED = "reserved"
    """It is promised to a dialogue until a time."""
    OCCUPIED = "occupied"
    """A car is plugged in."""
    FAULTED = "faulted"
    """It does not work."""


class Outlet:
    """An outlet of a charging site.

    Args:
        name: Name, unique on the site.
        power_w_max: Rated power of connector and cable. [W]
    """

    def __init__(self, name: str, *, power_w_max: int) -> None:
        assert power_w_max > 0
        self.name = name
        self.power_w_max = power_w_max
        self._state = OutletState.FREE
        self._dialogue = b""
        self._until_s = FOREVER_S
        self._fault = ""

    @property
    def state(self) -> OutletState:
        """What it is now; a reservation whose time is over still counts until `expire`."""
        return self._state

    @property
    def dialogue(self) -> bytes:
        """The dialogue that has it; empty while it is free or faulted."""
        return self._dialogue

    @property
    def until_s(self) -> float:
        """When its reservation ends; infinite without one. [story s]"""
        return self._until_s

    @property
    def fault(self) -> str:
        """Why it does not work; empty while it does."""
        return self._fault

    def reserve(self, dialogue: bytes, *, until_s: float) -> None:
        """Promise it to a dialogue until a time; the same dialogue again moves the time.

        Raises:
            OutletTakenError: It is not free, or is promised to another dialogue.
        """
        if self._state is not OutletState.FREE and not self._is_reserved_for(dialogue):
            raise self._taken()
        self._state, self._dialogue, self._until_s = OutletState.RESERVED, dialogue, until_s

    def occupy(self, dialogue: bytes) -> None:
        """Let a car plug in: it holds the promise, or the outlet is free; again changes nothing.

        Raises:
            OutletTakenError: It is promised to, or occupied by another dialogue, or faulted.
        """
        if self._state is OutletState.OCCUPIED and self._dialogue == dialogue:
            return
        if self._state is not OutletState.FREE and not self._is_reserved_for(dialogue):
            raise self._taken()
        self._state, self._dialogue, self._until_s = OutletState.OCCUPIED, dialogue, FOREVER_S

    def release(self, dialogue: bytes) -> bool:
        """Free it, and say whether this dialogue had it; nothing changes for anybody else."""
        if not self._dialogue or self._dialogue != dialogue:
            return False
        self._clear(OutletState.FREE)
        return True

    def expire(self, at_s: float) -> bytes | None:
        """Free it if its reservation is over, and return the dialogue that did not show up."""
        if self._state is not OutletState.RESERVED or at_s < self._until_s:
            return None
        missed = self._dialogue
        self._clear(OutletState.FREE)
        return missed

    def break_down(self, reason: str) -> bytes | None:
        """Take it out of service, and return the dialogue that had it, if any."""
        had = self._dialogue or None
        self._clear(OutletState.FAULTED)
        self._fault = reason
        return had

    def repair(self) -> None:
        """Put it back into service; nothing changes unless it was faulted."""
        if self._state is OutletState.FAULTED:
            self._clear(OutletState.FREE)

    def _clear(self, state: OutletState) -> None:
        self._state, self._dialogue, self._until_s, self._fault = state, b"", FOREVER_S, ""

    def _is_reserved_for(self, dialogue: bytes) -> bool:
        return self._state is OutletState.RESERVED and self._dialogue == dialogue

    def _taken(self) -> OutletTakenError:
        why = f" ({self._fault})" if self._fault else ""
        return OutletTakenError(
            f"outlet {self.name!r} is {self._state}{why}: choose another, or come back later"
        )
