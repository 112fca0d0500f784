"""What a driver gets from its agent: time, a place for what must survive, and what is shared."""

from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, runtime_checkable

_PartT = TypeVar("_PartT")


class StoryClock(Protocol):
    """The part of a clock that physics needs."""

    def story_s(self) -> float:
        """Return the story time. [s]"""
        ...


class DriverClock(StoryClock, Protocol):
    """The part of a clock that a driver of a real device needs besides: waiting on real time."""

    @property
    def speed(self) -> float:
        """Story seconds in a real second."""
        ...

    def now_us(self) -> int:
        """Return the real time. [µs since 1970]"""
        ...

    async def sleep(self, real_s: float) -> None:
        """Wait. [real s]"""
        ...

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when it takes too long. [real s]"""
        ...


class DriverNotes(Protocol):
    """Small values under names, durable when the call returns."""

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it with None."""
        ...

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name."""
        ...


class MemoryNotes:
    """Notes that last as long as the process, for tests and simulated devices."""

    def __init__(self) -> None:
        self._notes: dict[str, bytes] = {}

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it with None."""
        if value is None:
            self._notes.pop(name, None)
        else:
            self._notes[name] = value

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name."""
        return {name: value for name, value in self._notes.items() if name.startswith(beginning)}


@runtime_checkable
class Door(Protocol):
    """A shared part at which devices call."""

    @property
    def url(self) -> str:
        """Where; the device's name follows it."""
        ...

    @property
    def identities(self) -> tuple[str, ...]:
        """Names of the devices that may come in."""
        ...


class SharedParts:
    """What the drivers of one agent share; whoever needs a part first makes it."""

    def __init__(self) -> None:
        self._parts: dict[Hashable, Any] = {}

    @property
    def doors(self) -> tuple[Door, ...]:
        """Where devices call."""
        return tuple(part for part in self._parts.values() if isinstance(part, Door))

    def part(self, key: Hashable, make: Callable[[], _PartT]) -> _PartT:
        """Return the part of this key, made now if it is not there yet.

        Args:
            key: What tells it from other parts, for instance a kind and an address.
            make: Makes it.
        """
        if key not in self._parts:
            self._parts[key] = make()
        found: _PartT = self._parts[key]
        return found
