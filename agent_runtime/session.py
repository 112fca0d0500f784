"""One dialogue, kept alive: an inbox, a journal, a timer, and commands carried out in order.

Whatever happens to a dialogue (a frame, a reading, the ledger's word, a deadline) is put into its
inbox as a *step*. The session takes one step at a time, makes the new memory durable, and only then
carries out what the dialogue asks for. So after a crash at any instant the journal knows at least
all that the partner was told.

What may take long (a device, the ledger) is an *errand* beside the dialogue; its result comes back
as a step. An errand knows which failures are to be expected; any other error, and one of the
journal, ends the session and with it the agent: nothing goes on that is not written down.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from typing import NamedTuple, TypeAlias

from agent_runtime.books import Books
from agent_runtime.clock import SECOND_US
from agent_runtime.keeping import Keeping
from agent_runtime.ledger_checks import LedgerChecks
from agent_runtime.runtime import Runtime
from agent_runtime.side_by_side import side_by_side
from negotiation import (
    Command,
    Dialogue,
    Envelope,
    IllegalMoveError,
    Instant,
    Memory,
    Send,
)

Step: TypeAlias = Callable[[Instant], list[Command]]
"""A call of one of the dialogue's methods, waiting for its turn."""

INBOX_LENGTH_MAX = 256
"""Steps that wait for one dialogue; a partner that sends faster is not listened to."""

MESSAGES_MAX = 1_000_000
"""Messages of one side: two for each chunk of the longest bill are far less."""


class _Waiting(NamedTuple):
    """A step in the inbox."""

    step: Step
    done: asyncio.Future[bool] | None = None


class Session(ABC):
    """Drive one dialogue until it has ended.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue; its memory says where it stands.
        books: Its books, where the journal knows it already.
    """

    def __init__(self, runtime: Runtime, dialogue: Dialogue, books: Books | None = None) -> None:
        self.books = books or Books(opened_at_us=runtime.clock.now_us())
        self._runtime = runtime
        self._dialogue = dialogue
        self._proofs = runtime.proofs
        self._checks = LedgerChecks(runtime.ledger, runtime.wallet, runtime.clock)
        self._inbox: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._group: asyncio.TaskGroup | None = None
        self._until_the_end: set[asyncio.Task[None]] = set()
        self._keeping = Keeping(runtime, dialogue.memory, self.books)
        self._stepped = self.now()
        self._wake_at_us, self._wake_story_s = 0, 0.0
        self._is_over = False
        self._log = runtime.log.bind(dialogue=dialogue.memory.dialogue.hex()[:8])

    @property
    def memory(self) -> Memory:
        """What the dialogue knows."""
        return self._dialogue.memory

    def now(self) -> Instant:
        """Return the present in both times."""
        return Instant(self._runtime.clock.now_us(), self._runtime.clock.story_s())

    async def run(self, *first: Step) -> None:
        """Take steps until the dialogue has ended and its errands are done.

        Raises:
            JournalUnavailableError: The journal can not be written.
            JournalDamagedError: The journal is not what was written.
        """
        for step in first:
            self.post(step)
        try:
            async with side_by_side() as self._group:
                for work in self.standing_errands():
                    self.errand(work, endless=True)
                while not self._dialogue.ended:
                    await self._take(await self._next_step())
                for task in self._until_the_end:
                    task.cancel()
            await self._keeping.keep([])  # Errands may have measured something since the last step.
        finally:
            self._group, self._is_over = None, True
            while not self._inbox.empty():
                _resolve(self._inbox.get_nowait(), moved=False)

    def post(self, step: Step) -> None:
        """Put a step into the inbox."""
        self._put(_Waiting(step))

    async def do(self, step: Step) -> bool:
        """Take a step in its turn; return whether the dialogue allowed it."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._put(_Waiting(step, done))
        return await done

    def hear(self, envelope: Envelope, frame: bytes) -> None:
        """Put a message of the partner into the inbox; the frame is kept as evidence."""
        if self._inbox.qsize() >= INBOX_LENGTH_MAX or not 0 <= envelope.number < MESSAGES_MAX:
            self._log.warning("a message is not listened to", waiting=self._inbox.qsize())
            return

        def step(now: Instant) -> list[Command]:
            commands = self._dialogue.hear(envelope, now)
            self._keeping.hear(envelope, frame)
            return commands

        self.post(step)

    async def answer_late(self, envelope: Envelope) -> None:
        """Repeat the closing word to a partner that has missed it; the dialogue has ended."""
        for command in self._dialogue.hear(envelope, self.now()):
            if isinstance(command, Send):
                await self.send(command.frame)

    def errand(self, work: Coroutine[object, object, None], *, endless: bool = False) -> None:
        """Let `work` go on beside the dialogue; its result comes back as a step.

        Args:
            work: What to do.
            endless: Whether it means nothing any more once the dialogue has ended: it is cancelled
                then, while other work is waited for.
        """
        assert self._group is not None, "errands are run while the dialogue is"
        task = self._group.create_task(work)
        if endless:
            self._until_the_end.add(task)
            task.add_done_callback(self._until_the_end.discard)

    def measured(self, commands: list[Command]) -> list[Command]:
        """Return what a reading leads to; one of which nobody is told may be durable later."""
        if not commands:
            self._keeping.only_measured()
        return commands

    @abstractmethod
    def standing_errands(self) -> Iterable[Coroutine[object, object, None]]:
        """Return what goes on beside the dialogue for as long as it lasts."""

    @abstractmethod
    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for; anything that may take long is an errand."""

    @abstractmethod
    async def send(self, frame: bytes) -> None:
        """Send a frame to the partner; it may get lost."""

    def changed(self) -> None:
        """React to a memory that has changed and is durable: here, tell whoever watches."""
        self._runtime.telemetry.publish("session", **self.books.news(self.memory))

    async def _take(self, waiting: _Waiting) -> None:
        before, self._stepped = self.memory.state, self.now()
        self._keeping.begin()
        try:
            commands = waiting.step(self._stepped)
        except IllegalMoveError as error:
            self._log.info("ignored", reason=str(error), state=str(before))
            _resolve(waiting, moved=False)
            return
        except BaseException:
            _resolve(waiting, moved=False)
            raise
        await self._act(commands, waiting)
        if self.memory.state is not before:
            self._log.info("state", state=str(self.memory.state), reason=self.memory.reason)
        self.changed()
        _resolve(waiting, moved=True)

    async def _act(self, commands: list[Command], waiting: _Waiting) -> None:
        """Make the memory durable, then do what the dialogue asks for."""
        try:
            await self._keeping.keep(commands)
            for command in commands:
                if isinstance(command, Send):
                    await self.send(command.frame)
                else:
                    await self.carry_out(command)
        except BaseException:
            _resolve(waiting, moved=False)
            raise

    async def await_final(self, transaction: bytes, amount: int) -> None:
        """Wait until a settlement is final, if it is one that counts only then; never for ever.

        Args:
            transaction: The settlement's id, 32 bytes.
            amount: What it pays. [base units]
        """
        if self.memory.service.on_hold and self._proofs.waits_for_final(amount):
            self.changed()  # Whoever watches sees that it is paid, and not final yet.
            self.books.not_final = await self._proofs.until_final(transaction)
            self.books.is_final = not self.books.not_final
            if self.books.not_final:
                self._log.warning("a settlement is not final", reason=self.books.not_final)

    async def _next_step(self) -> _Waiting:
        wake_at_us = self._dialogue.wake_at_us
        if not wake_at_us:
            return await self._inbox.get()
        wait_s = self._wait_s(wake_at_us)
        if wait_s <= 0:  # A partner that never falls silent does not put a deadline off.
            return _Waiting(self._woken)
        try:
            async with self._runtime.clock.timeout(wait_s):
                return await self._inbox.get()
        except TimeoutError:
            return _Waiting(self._woken)

    def _wait_s(self, wake_at_us: int) -> float:
        """Return how long to wait for a deadline: until then, or as long as it was away. [real s]

        A clock may be set meanwhile. One that was ahead and is set back must not put a deadline
        off; physics, which nobody sets, says how long ago it was agreed on.
        """
        now, last, speed = self.now(), self._stepped, self._runtime.clock.speed
        if wake_at_us != self._wake_at_us:
            self._wake_at_us = wake_at_us
            self._wake_story_s = last.story_s + (wake_at_us - last.at_us) / SECOND_US * speed
        away_s = (self._wake_story_s - now.story_s) / speed
        return min(away_s, (wake_at_us - now.at_us) / SECOND_US)

    def _woken(self, now: Instant) -> list[Command]:
        """Act on a deadline that has come, though the clock may have been set back meanwhile."""
        at_us = max(now.at_us, self._dialogue.wake_at_us)
        self._stepped = Instant(at_us, now.story_s)
        return self._dialogue.woken(self._stepped)

    def _put(self, waiting: _Waiting) -> None:
        if self._is_over:
            _resolve(waiting, moved=False)
        else:
            self._inbox.put_nowait(waiting)


def _resolve(waiting: _Waiting, *, moved: bool) -> None:
    if waiting.done is not None and not waiting.done.done():
        waiting.done.set_result(moved)
