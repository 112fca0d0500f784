"""What both sides of a dialogue share: moves by the table, numbering, repeating, deadlines.

Messages can get lost, come twice, come late or overtake each other. The rules that make this
harmless:

- each side numbers its messages; what has been heard before changes nothing;
- a message that needs an answer is repeated until the answer comes or the deadline passes;
- a repeated message is answered by repeating the answer, if one was given;
- a newer message makes every older one of its sender superfluous, so a gap does no harm;
- whoever is asked has until the message's `reply_by_us`, and never longer than its own patience;
- a dialogue that has ended repeats its closing word to whoever still asks.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from ledger_core import KeyPair
from negotiation.commands import Command, Ended, Send
from negotiation.envelope import FRAME_SIZE_MAX, Envelope, seal
from negotiation.errors import IllegalMoveError
from negotiation.memory import Instant, Memory
from negotiation.messages import REASON_LENGTH_MAX, Body, Performative
from negotiation.terms import DIALOGUE_SIZE, KEY_SIZE, Terms
from negotiation.transitions import ENDS, Fact, Happening, Role, State, Way, next_state

RESEND_US = 500_000
"""A message without an answer is repeated this often: ten times a round trip on a bad link. [µs]"""

ANSWER_S = 10
"""Time for an answer that a program gives at once; busy machines start slowly. [real s]"""

WORK_S = 30
"""Time for an answer that takes work first: a device starts or stops, a node comes back from a
restart and says which hold or parents there are. [real s]"""

COUNTERS_MAX = 5
"""Counter-offers in one dialogue; who has not agreed by then plays for time."""

NEEDS_ANSWER = frozenset(
    {
        Performative.CFP,
        Performative.COUNTER,
        Performative.ACCEPT,
        Performative.START,
        Performative.METER,
        Performative.STOP,
        Performative.CANCEL,
    }
)
"""Messages that are repeated until answered."""

ASKS = NEEDS_ANSWER | {Performative.PROPOSE, Performative.CONFIRM}
"""Messages whose repetition is answered by repeating the answer; a confirmation asks where it wants
a deposit."""

CLOSING_WORDS = frozenset(
    {
        Performative.REFUSE,
        Performative.REJECT,
        Performative.RECEIPT,
        Performative.CANCEL,
        Performative.FAILURE,
    }
)
"""Messages that an ended dialogue repeats to whoever asks. It repeats nothing to a closing word, so
two dialogues never keep each other talking."""


class Dialogue(ABC):
    """One side of one dialogue: a memory, and moves on it. Pure: no clock, no socket, no disk.

    Args:
        key_pair: This side's identity; it signs every message.
        memory: What is known so far; changed in place by every method.
    """

    role: ClassVar[Role]
    """Which side this is."""

    def __init__(self, key_pair: KeyPair, memory: Memory) -> None:
        assert len(memory.dialogue) == DIALOGUE_SIZE, "a dialogue has an id"
        assert len(memory.partner) == KEY_SIZE, "a dialogue has a partner"
        assert memory.role is self.role, "a memory is continued by its own side"
        self.memory = memory
        self._key_pair = key_pair

    @property
    def state(self) -> State:
        """Where the dialogue stands."""
        return self.memory.state

    @property
    def ended(self) -> bool:
        """Whether the dialogue has ended."""
        return self.memory.ended

    @property
    def terms(self) -> Terms:
        """The terms, once there are some.

        Raises:
            IllegalMoveError: When there are none yet.
        """
        if self.memory.terms is None:
            raise IllegalMoveError(f"a {self.memory.role} that is {self.state} has no terms yet")
        return self.memory.terms

    @property
    def wake_at_us(self) -> int:
        """When `woken` should be called next, 0: not at all. [µs since the Unix epoch]"""
        if self.ended:
            return 0
        times = [t for t in (self.memory.resend_at_us, self.memory.deadline_us) if t]
        return min(times, default=0)

    def hear(self, envelope: Envelope, now: Instant) -> list[Command]:
        """Take in a message of the partner.

        Raises:
            IllegalMoveError: When the message is a stranger's, late, or not allowed in this state;
                nothing has changed.
        """
        memory, before = self.memory, self.memory.state
        if envelope.sender != memory.partner or envelope.dialogue != memory.dialogue:
            raise IllegalMoveError("the message belongs to somebody else's dialogue")
        if envelope.number <= memory.heard:
            return self._repeat(envelope)
        if self.ended:
            return self._closing_word_again(envelope)
        if now.at_us > envelope.reply_by_us:
            return self._too_late(envelope)
        self._move(Way.HEARS, envelope.body.performative)
        memory.heard, memory.answered = envelope.number, False
        if memory.state is not before:
            memory.resend_at_us = 0
            memory.deadline_us = min(envelope.reply_by_us, now.after(ANSWER_S))
        return self._concluded(self._react(envelope, now, before=before))

    def woken(self, now: Instant) -> list[Command]:
        """Repeat what was not answered, and act on a deadline that has passed."""
        memory = self.memory
        if self.ended:
            return []
        if memory.deadline_us and now.at_us >= memory.deadline_us:
            memory.deadline_us = memory.resend_at_us = 0
            return self._concluded(self._deadline_passed(now))
        if memory.resend_at_us and now.at_us >= memory.resend_at_us:
            memory.resend_at_us = now.at_us + RESEND_US
            return [Send(frame=memory.last_frame)]
        return []

    @abstractmethod
    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash, from the memory that was written last."""

    @abstractmethod
    def _react(self, envelope: Envelope, now: Instant, *, before: State) -> list[Command]:
        """Act on a message that the table has allowed in the state `before`."""

    @abstractmethod
    def _deadline_passed(self, now: Instant) -> list[Command]:
        """Act on the end of the present state's time."""

    def _wait_anew(self, now: Instant) -> None:
        """Wait for an answer no longer than work takes.

        Whoever has restarted can not know whether the clock was right that set the deadline.
        """
        memory = self.memory
        memory.deadline_us = min(memory.deadline_us, now.after(WORK_S))
        memory.resend_at_us = min(memory.resend_at_us, now.at_us + RESEND_US)

    def _repeat(self, envelope: Envelope) -> list[Command]:
        """Answer a repeated message as it was answered the first time."""
        memory = self.memory
        is_latest = envelope.number == memory.heard
        if is_latest and memory.answered and envelope.body.performative in ASKS:
            return [Send(frame=memory.last_frame)]
        return []

    def _closing_word_again(self, envelope: Envelope) -> list[Command]:
        asks = envelope.body.performative in ASKS - CLOSING_WORDS
        if asks and self.memory.said in CLOSING_WORDS:
            return [Send(frame=self.memory.last_frame)]
        return []

    def _too_late(self, envelope: Envelope) -> list[Command]:
        raise IllegalMoveError(f"the {envelope.body.performative} came after its time")

    def _allows(self, way: Way, what: Performative | Fact) -> State:
        """Return the state after a happening; raise `IllegalMoveError` when there is none."""
        happening: Happening = (way, what)
        return next_state(self.memory.role, self.memory.state, happening)

    def _move(self, way: Way, what: Performative | Fact) -> None:
        self.memory.state = self._allows(way, what)

    def _say(self, body: Body, now: Instant, *, until_us: int = 0) -> Send:
        """Move, seal and number a message; its answer counts until `until_us`."""
        memory = self.memory
        self._move(Way.SENDS, body.performative)
        until_us = until_us or now.after(ANSWER_S)
        memory.last_frame = seal(
            self._key_pair,
            Envelope(
                dialogue=memory.dialogue,
                number=memory.sent,
                sender=self._key_pair.public_key,
                reply_by_us=until_us,
                body=body,
            ),
        )
        assert len(memory.last_frame) <= FRAME_SIZE_MAX, "what we say can be heard"
        memory.sent += 1
        memory.said, memory.answered = body.performative, True
        repeats = body.performative in NEEDS_ANSWER
        memory.resend_at_us = now.at_us + RESEND_US if repeats else 0
        memory.deadline_us = until_us
        return Send(frame=memory.last_frame)

    def _concluded(self, commands: list[Command]) -> list[Command]:
        """Return the commands, closed with `Ended` if the dialogue has ended."""
        memory = self.memory
        if memory.state not in ENDS or any(isinstance(command, Ended) for command in commands):
            return commands
        memory.resend_at_us = memory.deadline_us = 0
        return [*commands, Ended(reason=memory.reason)]

    def _because(self, reason: object) -> None:
        """Remember why the dialogue ends; the first reason stays."""
        self.memory.reason = self.memory.reason or sentence(reason)


def sentence(reason: object) -> str:
    """Return a reason as one short line: a partner's words end up on people's terminals."""
    text = str(reason)[:REASON_LENGTH_MAX]
    return "".join(character if character.isprintable() else " " for character in text)
