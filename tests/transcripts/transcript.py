"""A transcript: a test of one side of a dialogue that reads like what was said and done.

```
assert (
    Transcript(buyer())
    >> Does("call", NEEDS)
    << Says(CALL)
    << State.CALLED
    >> Hears(Propose(terms=TERMS))
    << Offered(terms=TERMS)
)
```

`>>` is what happens to the dialogue; `<<` is all that it says or asks for then, in order, and the
state it is in. Nothing runs before the transcript is asked whether it is true; then it either is,
or an AssertionError shows both transcripts as a diff. What is expected may be a value, a class (any
value of it will do), or `Fails` with words of the sentence; a failing happening must not have
changed the memory.
"""

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

import msgspec

from ledger_core import KeyPair
from negotiation import (
    Body,
    BuyerDialogue,
    Command,
    Dialogue,
    Envelope,
    IllegalMoveError,
    ImplausibleError,
    Instant,
    Memory,
    Message,
    SellerDialogue,
    Send,
    State,
    unseal,
)
from tests.transcripts.cast import BUYER, NOW_US, SELLER, SPEED


class Play:
    """One side of a dialogue on stage: its memory, the time, and a partner that numbers its words.

    Args:
        dialogue: The dialogue that is tried.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.partner = SELLER if isinstance(dialogue, BuyerDialogue) else BUYER
        self.at_us = NOW_US
        self.heard: list[Envelope] = []
        self.sent: set[bytes] = set()

    @property
    def now(self) -> Instant:
        """The present in both times."""
        return Instant(self.at_us, (self.at_us - NOW_US) / 1_000_000 * SPEED)


class Happening(Protocol):
    """What can happen to a dialogue."""

    def happen(self, play: Play) -> list[Command]:
        """Let it happen, and return what the dialogue asks for."""


class Does:
    """The shell calls a method of the dialogue; the present is added where it is wanted.

    Args:
        method: The method's name.
        arguments: Its arguments before the present.
        options: Its keyword arguments.
    """

    def __init__(self, method: str, *arguments: object, **options: object) -> None:
        self._method, self._arguments, self._options = method, arguments, options

    def happen(self, play: Play) -> list[Command]:
        """Call the method."""
        method: Callable[..., list[Command] | None] = getattr(play.dialogue, self._method)
        options = dict(self._options)
        if "now" in inspect.signature(method).parameters:
            options["now"] = play.now
        return method(*self._arguments, **options) or []

    def __repr__(self) -> str:
        options = (f"{name}={_short(value)}" for name, value in self._options.items())
        return f"Does({', '.join([self._method, *map(_short, self._arguments), *options])})"


@dataclass(frozen=True)
class Hears:
    """The partner says something."""

    body: Body
    """What it says."""
    reply_s: float = 10
    """How long an answer counts, from when it was sent. [real s]"""
    age_s: float = 0
    """How long it was on its way. [real s]"""
    number: int | None = None
    """The partner's number for it; the next one unless told."""
    changes: Mapping[str, object] = field(default_factory=dict)
    """What else is different in the envelope."""

    def happen(self, play: Play) -> list[Command]:
        """Hand the message to the dialogue."""
        highest = max((each.number for each in play.heard), default=-1)
        envelope = Envelope(
            dialogue=play.dialogue.memory.dialogue,
            number=highest + 1 if self.number is None else self.number,
            sender=play.partner.public_key,
            reply_by_us=play.at_us + int((self.reply_s - self.age_s) * 1_000_000),
            body=self.body,
        )
        envelope = msgspec.structs.replace(envelope, **self.changes)
        play.heard.append(envelope)
        return play.dialogue.hear(envelope, play.now)

    def __repr__(self) -> str:
        return f"Hears({_short(self.body)})"


@dataclass(frozen=True)
class HearsAgain:
    """The network repeats a message of the partner."""

    back: int = 1
    """Which one: 1 is the latest."""

    def happen(self, play: Play) -> list[Command]:
        """Hand the old envelope to the dialogue."""
        return play.dialogue.hear(play.heard[-self.back], play.now)


@dataclass(frozen=True)
class Waits:
    """Time passes, and the dialogue is woken once, at its end."""

    seconds: float
    """How long. [real s]"""

    def happen(self, play: Play) -> list[Command]:
        """Move the clock."""
        play.at_us += int(self.seconds * 1_000_000)
        return play.dialogue.woken(play.now)


@dataclass(frozen=True)
class Sleeps:
    """Time passes, and nobody wakes the dialogue: a busy machine."""

    seconds: float
    """How long. [real s]"""

    def happen(self, play: Play) -> list[Command]:
        """Move the clock."""
        play.at_us += int(self.seconds * 1_000_000)
        return []


@dataclass(frozen=True)
class Crashes:
    """The process dies and comes back with what it had written down."""

    after_s: float = 0
    """How long it was away. [real s]"""

    def happen(self, play: Play) -> list[Command]:
        """Build the dialogue anew from its encoded memory, and resume it."""
        play.at_us += int(self.after_s * 1_000_000)
        old = play.dialogue
        key_pair: KeyPair = old._key_pair
        memory = Memory.decode(old.memory.encode())
        assert memory == old.memory, "the memory survives being written down"
        play.dialogue = type(old)(key_pair, memory)
        if isinstance(old, BuyerDialogue) and isinstance(play.dialogue, BuyerDialogue):
            play.dialogue.slack_s = old.slack_s
        assert isinstance(play.dialogue, BuyerDialogue | SellerDialogue)
        return play.dialogue.resume(play.now)


@dataclass(frozen=True)
class Says:
    """The dialogue sends a new message."""

    body: Body | type[Message]
    """What it says, or of which kind it is."""

    def __repr__(self) -> str:
        return f"Says({_short(self.body)})"


@dataclass(frozen=True)
class Repeats:
    """The dialogue sends a frame that it has sent before."""

    kind: type[Message]
    """Of which kind it is."""

    def __repr__(self) -> str:
        return f"Repeats({self.kind.__name__})"


@dataclass(frozen=True)
class Fails:
    """The happening is refused with an error, and has changed nothing."""

    error: type[Exception]
    """The exact class."""
    words: str = ""
    """A part of its sentence."""


Expected = Says | Repeats | Fails | State | Command | type[Command]


class Transcript:
    """What happens and what must follow; true when it is so.

    Args:
        dialogue: The dialogue that is tried.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        self.play = Play(dialogue)
        self._steps: list[tuple[Happening, list[Expected]]] = []

    def __rshift__(self, happening: Happening) -> Self:
        """Add what happens."""
        self._steps.append((happening, []))
        return self

    def __lshift__(self, expected: Expected) -> Self:
        """Add what must follow."""
        assert self._steps, "a transcript begins with what happens"
        self._steps[-1][1].append(expected)
        return self

    def __bool__(self) -> bool:
        """Run the transcript, and raise an AssertionError with a diff where it is not true."""
        steps, self._steps = self._steps, []
        wanted: list[str] = []
        got: list[str] = []
        for happening, expected in steps:
            actual = self._follows(happening, expected)
            line = f">> {happening!r}"
            wanted += [line, *(f"<< {_text(each)}" for each in expected)]
            got += [line, *_lines(actual, expected)]
            if wanted != got:
                diff = "\n".join(difflib.ndiff(wanted, got))
                raise AssertionError(f"the transcript differs (- wanted, + got):\n{diff}")
        return True

    def played(self) -> Self:
        """Run what was written so far without comparing: a scene from which others go on."""
        steps, self._steps = self._steps, []
        for happening, _ in steps:
            for follows in self._follows(happening, []):
                assert not isinstance(follows, Fails), follows
        return self

    @property
    def memory(self) -> Memory:
        """What the dialogue knows after all that has run."""
        return self.play.dialogue.memory

    def _follows(self, happening: Happening, expected: list[Expected]) -> list[Expected]:
        """Return what follows a happening, the state included where it is expected."""
        before = self.memory.encode()
        try:
            follows: list[Expected] = [self._heard(each) for each in happening.happen(self.play)]
        except (IllegalMoveError, ImplausibleError) as error:
            assert self.memory.encode() == before, "a refused move has changed the memory"
            follows = [Fails(type(error), str(error))]
        for place, each in enumerate(expected):
            if isinstance(each, State):
                follows.insert(place, self.memory.state)
        return follows

    def _heard(self, command: Command) -> Expected:
        if not isinstance(command, Send):
            return command
        body = unseal(command.frame).body
        again = command.frame in self.play.sent
        self.play.sent.add(command.frame)
        return Repeats(type(body)) if again else Says(body)


def _lines(actual: list[Expected], expected: list[Expected]) -> list[str]:
    """Return what followed as text; what fits is written as it was expected."""
    wanted: list[Expected | None] = [*expected, *([None] * len(actual))]
    return [f"<< {_line(got, want)}" for got, want in zip(actual, wanted, strict=False)]


def _line(got: Expected, want: Expected | None) -> str:
    if want is None:
        return _text(got)
    if _fits(got, want):
        return _text(want)
    return _text(got) if _text(got) != _text(want) else f"{_text(got)} differs: {got} not {want}"


def _fits(got: Expected, want: Expected) -> bool:
    if isinstance(want, type):
        return isinstance(got, want)
    if isinstance(got, Says) and isinstance(want, Says) and isinstance(want.body, type):
        return isinstance(got.body, want.body)
    if isinstance(got, Fails) and isinstance(want, Fails):
        return got.error is want.error and want.words in got.words
    return type(got) is type(want) and got == want


def _text(expected: Expected) -> str:
    if isinstance(expected, State):
        return f"is {expected}"
    return expected.__name__ if isinstance(expected, type) else _short(expected)


def _short(value: object) -> str:
    """Return a value as text, without the defaults and the middles of long bytes."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 4 else f"{value[:4].hex()}…"
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    if isinstance(value, msgspec.Struct):
        told = (
            f"{each.name}={_short(getattr(value, each.name))}"
            for each in msgspec.structs.fields(value)
            if getattr(value, each.name) != each.default
        )
        return f"{type(value).__name__}({', '.join(told)})"
    return repr(value)
