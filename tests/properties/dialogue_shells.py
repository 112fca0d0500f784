"""The shells of a buyer and a seller in `dialogue_world`: they write memories down and obey.

They do what the agents' runtime does, in few lines, and die at any step: before the new memory is
written, after it, or between two commands.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from ledger_core import KeyPair
from negotiation import (
    BuyerDialogue,
    Command,
    Envelope,
    FrameError,
    IllegalMoveError,
    Instant,
    Memory,
    SellerDialogue,
    Send,
    Voucher,
    unseal,
)
from tests.properties.dialogue_world import SPEED, Clock, Faults, Ledger, Network

Side = TypeVar("Side", bound=BuyerDialogue | SellerDialogue)
Step = Callable[[Instant], list[Command] | None]

CRASHES_MAX = 4
"""Crashes of one process: with more it would get nothing done."""


class Shell(ABC, Generic[Side]):
    """One process with one dialogue.

    Args:
        dialogue: The dialogue.
        clock: Virtual time.
        network: The way to the partner.
        ledger: The ledger.
        faults: What may go wrong.
    """

    def __init__(
        self, dialogue: Side, *, clock: Clock, network: Network, ledger: Ledger, faults: Faults
    ) -> None:
        self.dialogue = dialogue
        self.written = dialogue.memory.encode()
        self.sent: list[bytes] = []
        self.asked = 0
        self.is_down = False
        self.clock, self.ledger = clock, ledger
        self._network, self._faults = network, faults
        self._life = 0
        self._wakes = 0
        self._partner: Shell[BuyerDialogue] | Shell[SellerDialogue] | None = None
        self._skew_us = 0

    @property
    def memory(self) -> Memory:
        """What the dialogue knows."""
        return self.dialogue.memory

    @property
    def now(self) -> Instant:
        """The present, as this process sees it."""
        return Instant(self.clock.now_us + self._skew_us, self.clock.story_s())

    def meet(self, partner: "Shell[BuyerDialogue] | Shell[SellerDialogue]") -> None:
        """Get to know the other side."""
        self._partner = partner

    def alive(self) -> Callable[[], bool]:
        """Return a question: is this still the same life of the process?"""
        life = self._life
        return lambda: life == self._life and not self.is_down

    def receive(self, frame: bytes) -> None:
        """Take a frame from the network."""
        try:
            envelope: Envelope = unseal(frame)
        except FrameError as error:
            raise AssertionError(f"nobody forges frames here: {error}") from error
        asked = self.asked
        self.step(lambda now: self.dialogue.hear(envelope, now))
        self.asked = asked  # What follows from a message is an answer.

    def step(self, step: Step) -> bool:
        """Let something happen to the dialogue; return whether it was allowed and done."""
        if self.is_down:
            return False
        before = self.memory.encode()
        try:
            commands = step(self.now) or []
        except IllegalMoveError:
            assert self.memory.encode() == before, "a refused move has changed the memory"
            return False
        if self._dies():
            return False
        self.written = self.memory.encode()
        for command in commands:
            if self._dies():
                return False
            self._obey(command)
        self._wake_later()
        return True

    @abstractmethod
    def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""

    def crashed(self) -> None:
        """Lose whatever is not written down."""

    def _obey(self, command: Command) -> None:
        if not isinstance(command, Send):
            self.carry_out(command)
            return
        assert self._partner is not None
        self.sent.append(command.frame)
        self.asked += 1
        self._network.send(command.frame, self._partner.receive)

    def _wake_later(self) -> None:
        self._wakes += 1
        wakes, alive = self._wakes, self.alive()

        def wake() -> None:
            if alive() and wakes == self._wakes:
                self.step(self.dialogue.woken)

        if wake_at_us := self.dialogue.wake_at_us:
            self.clock.at(wake_at_us - self._skew_us, wake)

    def _dies(self) -> bool:
        dies = self.clock.chance.random() < self._faults.crash and self._life < CRASHES_MAX
        if dies:
            self.is_down = True
            self._life += 1
            self.crashed()
            self.clock.after(self.clock.chance.uniform(0.1, 15), self._come_back)
        return dies

    def _come_back(self) -> None:
        memory = Memory.decode(self.written)
        key_pair: KeyPair = self.dialogue._key_pair
        self.dialogue = with_slack(type(self.dialogue)(key_pair, memory))
        self.is_down = False
        if not memory.ended:  # What has ended is not loaded again.
            self.step(self.dialogue.resume)


def with_slack(dialogue: Side) -> Side:
    """Return the dialogue with the slack that the story's speed asks for."""
    if isinstance(dialogue, BuyerDialogue):
        dialogue.slack_s, dialogue.speed = 5.0 * SPEED, SPEED
    return dialogue


def vouchers_in(frames: list[bytes]) -> list[Voucher]:
    """Return the vouchers among the frames that were sent."""
    bodies = (unseal(frame).body for frame in frames)
    return [body for body in bodies if isinstance(body, Voucher)]
