"""What every fake device is: made from a `FakeSetup`, it lives in `run` and takes a person's words.

`FAKES` names all of them. A fake imports what it needs itself, and is imported only when named.
"""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from agent_runtime import Clock
from fake_devices.errors import FakeOptionError, UnknownFakeError

Tell = Callable[[str], None]
"""Takes a line for the person who watches the device."""

POWER_W = 11_000
"""A household's three phases of 16 A. [W]"""


@dataclass(frozen=True, kw_only=True)
class FakeSetup:
    """What a fake is made from."""

    name: str
    """What it is called on the wire: station, serial number, topic."""
    url: str
    """Where it connects to."""
    clock: Clock
    """Real time for its wire, story time for its physics."""
    chance: random.Random
    """All chance in it."""
    tell: Tell
    """Takes the line that says where it is connected and what it is, and others of that kind."""
    power_w: int = POWER_W
    """Rated power of a charger's outlet. [W]"""
    options: Mapping[str, str] = field(default_factory=dict)
    """Its own options, by name; it refuses those that it does not know."""

    def check_options(self, *known: str) -> None:
        """Refuse options that a fake does not know.

        Raises:
            FakeOptionError: There is one.
        """
        for option in self.options:
            if option not in known:
                raise FakeOptionError(
                    f"this device has no option {option!r}: it knows {', '.join(known) or 'none'}"
                )


@dataclass(frozen=True, slots=True)
class Control:
    """Something that a person may do to a fake."""

    usage: str
    """How it is typed: `plug [WATTS]`."""
    act: Callable[[Sequence[str]], Awaitable[None]]
    """Does it, with the words after the first; raises `FakeOptionError` for wrong ones."""


class FakeDevice(Protocol):
    """A device that is not there."""

    @property
    def controls(self) -> Mapping[str, Control]:
        """What a person may do to it, by the first word."""
        ...

    def __init__(self, setup: FakeSetup) -> None: ...

    async def run(self) -> None:
        """Live until cancelled: connect, again and again, and do what a real one does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeKind:
    """A kind of device."""

    about: str
    """What it is, in a few words."""
    where: str
    """Its class, as `module:Class`."""
    url: str
    """Where it connects when nothing else is said."""
    name: str
    """What it is called when nothing else is said."""

    def load(self) -> type[FakeDevice]:
        """Return its class."""
        module, _, attribute = self.where.partition(":")
        found: type[FakeDevice] = getattr(import_module(module), attribute)
        return found


def find_fake(name: str) -> FakeKind:
    """Return a kind of device.

    Raises:
        UnknownFakeError: There is none of that name.
    """
    from fake_devices.registry import FAKES

    kind = FAKES.get(name)
    if kind is None:
        raise UnknownFakeError(f"there is no fake {name!r}: name one of {', '.join(FAKES)}")
    return kind
