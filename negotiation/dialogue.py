"""What both sides of a dialogue share: moves by the table, numbering, repeating, deadlines.

Messages can get lost, come twice or come late. The rules that make this harmless:

- each side numbers its messages; what has been heard before changes nothing;
- a message that needs an answer is repeated until the answer comes or the deadline passes;
- a repeated message is answered by repeating the answer, if one was given;
- a newer message makes every older one of its sender superfluous, so a gap does no harm.
"""

from abc import ABC, abstractmethod

from ledger_core import KeyPair
from negotiation.commands import Command, Ended, Send
from negotiation.envelope import Envelope, seal
from negotiation.errors import IllegalMoveError
from negotiation.memory import Instant, Memory
from negotiation.messages import REASON_LENGTH_MAX, Body, Performative
from negotiation.terms import Terms
from negotiation.transitions import ENDS, Fact, State, Way, next_state

US_PER_S = 1_000_000

RESEND_US = 500_000
"""A message without an answer is repeated this often: ten times a round trip on a bad link. [µs]"""

ANSWER_S = 10
"""Time for any answer that a program gives; busy machines start slowly. [real s]"""

NEEDS_ANSWER = frozenset(
    {
        Performative.CFP,
        Performative.COUNTER,
        Performative.ACCEPT,
        Performative.START,
        Performative.METER,
        Performative.STOP,
    }
)
"""Messages that are repeated until answered."""

ASKS = NEEDS_ANSWER | {Performative.PROPOSE}
"""Messages whose repetition is answered by repeating the answer. No answer to one of these is
itself answered for ever, so repetitions end."""


class Dialogue(ABC):
    """One side of one dialogue: a memory, and moves on it. Pure: no clock, no socket, no disk.

    Args:
        key_pair: This side's identity; it signs every message.
        memory: What is known so far; changed in place by every method.
    """

    def __init__(self, key_pair: KeyPair, memory: Memory) -> None:
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
        """The terms, once there are some."""
        assert self.memory.terms is not None, "there are no terms before an offer"
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
        memory = self.memory
        if envelope.sender != memory.partner or envelope.dialogue != memory.dialogue:
            raise IllegalMoveError("the message belongs to somebody else's dialogue")
        if envelope.number <= memory.heard:
            return self._repeat(envelope)
        if now.at_us > envelope.reply_by_us:
            raise IllegalMoveError(f"the {envelope.body.performative} came after its time")
        before = memory.state
        self._move(Way.HEARS, envelope.body.performative)
        memory.heard, memory.answered = envelope.number, False
        if memory.state is not before:
            memory.resend_at_us = memory.deadline_us = 0
        return [*self._react(envelope.body, now), *self._closing_words()]

    def woken(self, now: Instant) -> list[Command]:
        """Repeat what was not answered, and act on a deadline that has passed."""
        memory = self.memory
        if self.ended:
            return []
        if memory.deadline_us and now.at_us >= memory.deadline_us:
            memory.deadline_us = memory.resend_at_us = 0
            return [*self._deadline_passed(now), *self._closing_words()]
        if memory.resend_at_us and now.at_us >= memory.resend_at_us:
            memory.resend_at_us = now.at_us + RESEND_US
            return [Send(frame=memory.last_frame)]
        return []

    @abstractmethod
    def _react(self, body: Body, now: Instant) -> list[Command]:
        """Act on a message that the table allows."""

    @abstractmethod
    def _deadline_passed(self, now: Instant) -> list[Command]:
        """Act on the end of the present state's time."""

    def _repeat(self, envelope: Envelope) -> list[Command]:
        memory = self.memory
        is_latest = envelope.number == memory.heard
        if is_latest and memory.answered and envelope.body.performative in ASKS:
            return [Send(frame=memory.last_frame)]
        return []

    def _move(self, way: Way, what: Performative | Fact) -> None:
        self.memory.state = next_state(self.memory.role, self.memory.state, (way, what))

    def _say(self, body: Body, now: Instant, *, until_us: int = 0) -> Send:
        """Move, seal and number a message; its answer counts until `until_us`."""
        memory = self.memory
        self._move(Way.SENDS, body.performative)
        until_us = until_us or now.at_us + ANSWER_S * US_PER_S
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
        memory.sent += 1
        memory.answered = True
        repeats = body.performative in NEEDS_ANSWER
        memory.resend_at_us = now.at_us + RESEND_US if repeats else 0
        memory.deadline_us = 0 if memory.ended else until_us
        return Send(frame=memory.last_frame)

    def _closing_words(self) -> list[Command]:
        if self.memory.state not in ENDS:
            return []
        self.memory.resend_at_us = self.memory.deadline_us = 0
        return [Ended(reason=self.memory.reason)]

    def _because(self, reason: object) -> str:
        """Remember and return why the dialogue ends; the first reason stays."""
        text = str(reason)[:REASON_LENGTH_MAX]
        self.memory.reason = self.memory.reason or text
        return text
