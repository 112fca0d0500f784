"""A network with weather: it delays, drops, repeats and reorders frames, and falls apart.

Whatever is sent between processes of a simulated world goes through `Network.carry`: between
agents, and between an agent and the node. What happens to a frame is drawn from the world's seed.
Frames of one sender to one receiver overtake each other only while the weather reorders; ZeroMQ
keeps them in order, so normally they do not.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agent_runtime import MemoryNetwork

__all__ = ["FAIR", "Network", "Weather"]


GAP_S = 1e-6
"""Between two frames on one way: timers of one moment go off in any order. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What may happen to a frame."""

    delay_s: tuple[float, float] = (0.0002, 0.002)
    """How long it is on its way, from and to. [s]"""
    loss: float = 0.0
    """Share of frames that are lost."""
    repeat: float = 0.0
    """Share of frames that arrive twice."""
    reorder: bool = False
    """Whether frames may overtake each other."""


FAIR = Weather()
"""What a cabled site has."""


class Network(MemoryNetwork):
    """The network of a simulated world.

    Args:
        loop: Virtual time.
        chance: Decides what happens to each frame.
        saw: Told of every frame that arrives: sender, receiver.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        chance: Random,
        saw: Callable[[str, str], None],
    ) -> None:
        super().__init__()
        self._loop = loop
        self._chance = chance
        self._saw = saw
        self._arrivals: dict[tuple[str, str], float] = {}
        self._cut: dict[str, int] = {}
        self._parted: Counter[frozenset[str]] = Counter()
        self._delay_s: dict[str, float] = {}
        self.owners: dict[str, str] = {}
        """Whose an endpoint or a connection is, by its name."""
        self.weather = FAIR
        """What happens to frames now."""
        self.lost = 0
        """Frames that were dropped."""

    def cut_off(self, owner: str) -> None:
        """Let nothing in or out of a process, until `connect_again` was called as often."""
        self._cut[owner] = self._cut.get(owner, 0) + 1

    def connect_again(self, owner: str) -> None:
        """Take one cut back."""
        self._cut[owner] -= 1
        if not self._cut[owner]:
            del self._cut[owner]

    def part(self, one: str, other: str) -> None:
        """Let nothing through between two processes, until `join` was called as often."""
        self._parted[frozenset((one, other))] += 1

    def join(self, one: str, other: str) -> None:
        """Take one parting back."""
        self._parted[frozenset((one, other))] -= 1

    def _is_cut(self, sender: str, receiver: str) -> bool:
        """Say whether nothing gets through now."""
        parted = self._parted[frozenset((sender, receiver))] if self._parted else 0
        return sender in self._cut or receiver in self._cut or parted > 0

    def clog(self, owner: str, delay_s: float) -> None:
        """Delay all that goes to or comes from a process; 0 ends it. [s]"""
        self._delay_s[owner] = delay_s

    def carry(self, deliver: Callable[[], None], *, source: str, target: str) -> None:
        """Carry one frame: later, twice or never.

        Args:
            deliver: Hands the frame over.
            source: Name of the sender: an endpoint, a connection, or a process.
            target: Name of the receiver.
        """
        sender, receiver = self.owners.get(source, source), self.owners.get(target, target)
        weather, chance = self.weather, self._chance
        if self._is_cut(sender, receiver) or chance.random() < weather.loss:
            self.lost += 1
            return
        extra_s = self._delay_s.get(sender, 0.0) + self._delay_s.get(receiver, 0.0)
        ends = (sender, receiver)
        self._send(deliver, ends, extra_s)
        if chance.random() < weather.repeat:
            self._send(deliver, ends, extra_s)

    def _send(self, deliver: Callable[[], None], ends: tuple[str, str], extra_s: float) -> None:
        at_s = self._loop.time() + self._chance.uniform(*self.weather.delay_s) + extra_s
        if not self.weather.reorder:
            at_s = max(at_s, self._arrivals.get(ends, 0.0) + GAP_S)
            self._arrivals[ends] = at_s
        self._loop.call_at(at_s, self._arrive, deliver, *ends)

    def _arrive(self, deliver: Callable[[], None], sender: str, receiver: str) -> None:
        if self._is_cut(sender, receiver):
            self.lost += 1
            return
        self._saw(sender, receiver)
        deliver()
