"""A small world for two dialogues: virtual time, a bad network, a ledger and a charging device.

Everything that happens is drawn from one seed, so a failure can be run again.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ledger_core import (
    Hold,
    KeyPair,
    Kind,
    Records,
    State,
    Verdict,
    apply_one,
    genesis,
    parse_records,
    record_ids,
    transfer,
)
from negotiation import Reading, Tariff, Usage
from tests.transcripts.cast import BUYER, NETWORK, NOW_US, SELLER

Answer = TypeVar("Answer")
Alive = Callable[[], bool]

US_PER_S = 1_000_000

SPEED = 60
"""Story seconds in a real one."""

RATED_W = 12_000
FUNDS = 50_000_000
SUPPLY = 10**9

LATENCY_S = (0.005, 0.2)
"""How long the ledger takes for an answer. [real s]"""

RETRY_S = 0.5
"""Between two questions to a ledger that is away. [real s]"""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What may go wrong, and how often."""

    drop: float = 0.0
    """Share of frames that get lost."""
    repeat: float = 0.0
    """Share of frames that come twice."""
    delay_s: float = 0.02
    """The longest that a frame takes; different delays reorder frames. [real s]"""
    crash: float = 0.0
    """Share of steps in which a process dies."""
    away_s: float = 0.0
    """How long the ledger does not answer, once. [real s]"""
    skew_s: float = 0.0
    """How far the buyer's clock is ahead. [real s]"""
    glitch: float = 0.0
    """Share of readings that no real meter can show."""
    vouchers_max: int = 1_000_000
    """Vouchers after which the buyer signs no more."""


class Clock:
    """Virtual time: what is to happen, in order.

    Args:
        chance: The world's randomness.
    """

    def __init__(self, chance: random.Random) -> None:
        self.now_us = NOW_US
        self.chance = chance
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, happening: Callable[[], None]) -> None:
        """Let something happen later."""
        self.at(self.now_us + int(seconds * US_PER_S), happening)

    def at(self, at_us: int, happening: Callable[[], None]) -> None:
        """Let something happen at a time, or now if that has gone by."""
        self._count += 1
        heapq.heappush(self._queue, (max(at_us, self.now_us), self._count, happening))

    def run(self, until_us: int, done: Callable[[], bool]) -> None:
        """Let everything happen up to a time, or until nothing more is of interest."""
        while self._queue and self._queue[0][0] <= until_us and not done():
            self.now_us, _, happening = heapq.heappop(self._queue)
            happening()

    def story_s(self) -> float:
        """Return the present of physics. [story s]"""
        return (self.now_us - NOW_US) / US_PER_S * SPEED


@dataclass(frozen=True)
class Closing:
    """What closed a hold."""

    kind: Kind
    """SETTLE, RELEASE or RECLAIM."""
    record: bytes
    """Id of the record."""
    amount: int
    """What was paid. [base units]"""


class Ledger:
    """The ledger's readable rules behind a latency and one outage.

    Args:
        clock: Virtual time.
        away_s: How long it does not answer, once, at a time by chance. [real s]
    """

    def __init__(self, clock: Clock, away_s: float) -> None:
        self._clock = clock
        network_key = KeyPair.from_seed(b"N" * 32)
        self.state = State(
            genesis(
                network_key,
                network=NETWORK,
                target=network_key.public_key,
                amount=SUPPLY,
                issued_at=NOW_US,
            )
        )
        self.records: dict[bytes, Records] = {}
        self.closed: dict[bytes, Closing] = {}
        self._begin(network_key)
        first, second, *_ = self.records
        self.parents = (first, second)
        since_us = NOW_US + int(clock.chance.uniform(0, 90) * US_PER_S)
        self._away = (since_us, since_us + int(away_s * US_PER_S))

    def _begin(self, network_key: KeyPair) -> None:
        for sequence, key in enumerate((BUYER.public_key, SELLER.public_key)):
            record = transfer(
                network_key,
                network=NETWORK,
                parents=(self.state.genesis_id, self.state.genesis_id),
                target=key,
                amount=FUNDS,
                sequence=sequence,
                issued_at=NOW_US,
                valid_for=60,
            )
            assert self._apply(record) is Verdict.ACCEPTED

    def submit(self, record: bytes, alive: Alive, answer: Callable[[Verdict, int], None]) -> None:
        """Judge a record; a client that dies after it was sent does not hear the verdict."""

        def judge() -> None:
            verdict = self._apply(parse_records(record)[0])
            position = self.state.position(record_id(record))
            self._reply(alive, lambda: answer(verdict, -1 if position is None else position))

        self._reach(alive, judge)

    def ask(
        self, question: Callable[[], Answer], alive: Alive, answer: Callable[[Answer], None]
    ) -> None:
        """Answer a question about the state."""

        def look() -> None:
            found = question()
            self._reply(alive, lambda: answer(found))

        self._reach(alive, look)

    def open_hold(self, hold_id: bytes) -> Hold | None:
        """Return an open hold."""
        return self.state.hold(hold_id)

    def _reach(self, alive: Alive, happening: Callable[[], None]) -> None:
        """Let a request arrive, once the ledger is there, unless its client has died before."""
        if not alive():
            return
        if self._away[0] <= self._clock.now_us < self._away[1]:
            self._clock.after(RETRY_S, lambda: self._reach(alive, happening))
            return
        self._clock.after(self._clock.chance.uniform(*LATENCY_S) / 2, happening)

    def _reply(self, alive: Alive, happening: Callable[[], None]) -> None:
        latency_s = self._clock.chance.uniform(*LATENCY_S) / 2
        self._clock.after(latency_s, lambda: happening() if alive() else None)

    def _apply(self, record: Records) -> Verdict:
        verdict = apply_one(self.state, record, self._clock.now_us)
        if verdict is Verdict.ACCEPTED:
            accepted = record_id(record.tobytes())
            self.records[accepted] = record
            kind = Kind(int(record["kind"]))
            if kind in {Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM}:
                closing = Closing(kind, accepted, int(record["amount"]))
                self.closed[record["target"].tobytes()] = closing
        return verdict


def record_id(record: bytes) -> bytes:
    """Return the id of a signed record."""
    return bytes(record_ids(parse_records(record))[0])


class Network:
    """Links that lose, repeat, delay and reorder frames.

    Args:
        clock: Virtual time.
        faults: How bad they are.
    """

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self.delivered = 0

    def send(self, frame: bytes, receive: Callable[[bytes], None]) -> None:
        """Carry a frame, perhaps."""
        chance = self._clock.chance
        copies = (chance.random() >= self._faults.drop) + (chance.random() < self._faults.repeat)
        for _ in range(copies):
            self.delivered += 1
            delay_s = chance.uniform(0.001, self._faults.delay_s)
            self._clock.after(delay_s, lambda: receive(frame))


class Device:
    """A charger with a meter: power flows while it is on, time passes from the first use.

    Args:
        clock: Virtual time.
        tariff: What its delivery costs, to know how much is in the open.
        glitch: Share of readings that no real meter can show.
    """

    def __init__(self, clock: Clock, tariff: Tariff, glitch: float) -> None:
        self._clock = clock
        self._tariff = tariff
        self._glitch = glitch
        self._is_on = False
        self._since_s: float | None = None
        self._changed_s = 0.0
        self._energy_wh = 50_000.0

    def switch(self, *, on: bool) -> None:
        """Let power flow, or not."""
        self._count()
        self._is_on = on
        if on and self._since_s is None:
            self._since_s = self._clock.story_s()

    def read(self) -> Reading:
        """Return the registers, or something that can not be."""
        self._count()
        since_s = self._clock.story_s() if self._since_s is None else self._since_s
        energy_wh = int(self._energy_wh)
        if self._clock.chance.random() < self._glitch:
            energy_wh = self._clock.chance.choice([0, energy_wh + 40_000])
        return Reading(
            at_us=self._clock.now_us,
            energy_wh=energy_wh,
            time_s=int(self._clock.story_s() - since_s),
        )

    def worth(self) -> int:
        """Return what all that was really delivered costs. [base units]"""
        self._count()
        time_s = 0.0 if self._since_s is None else self._clock.story_s() - self._since_s
        usage = Usage(energy_wh=int(self._energy_wh) - 50_000, time_s=int(time_s))
        return self._tariff.cost(usage)

    def _count(self) -> None:
        now_s = self._clock.story_s()
        if self._is_on:
            self._energy_wh += RATED_W * (now_s - self._changed_s) / 3600
        self._changed_s = now_s
