"""One dialogue, kept alive: an inbox, a journal, a timer, and commands carried out in order.

Whatever happens to a dialogue (a frame, a reading, the ledger's word, a deadline) is put into its
inbox as a *step*. The session takes one step at a time, makes the new memory durable, and only then
carries out what the dialogue asks for. So after a crash at any instant the journal knows at least
all that the partner was told.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import NamedTuple, TypeAlias

from agent_runtime.books import Books, message
from agent_runtime.journal import JournalMessage
from agent_runtime.runtime import Runtime
from negotiation import (
    Command,
    Dialogue,
    Envelope,
    IllegalMoveError,
    Instant,
    Memory,
    Role,
    Send,
)

Step: TypeAlias = Callable[[Instant], list[Command]]
"""A call of one of the dialogue's methods, waiting for its turn."""

INBOX_LENGTH_MAX = 256
"""Steps that wait for one dialogue; a partner that sends faster is not listened to."""

US_PER_S = 1_000_000


class _Waiting(NamedTuple):
    """A step in the inbox."""

    step: Step
    done: asyncio.Future[bool] | None


class Session(ABC):
    """Drive one dialogue until it has ended.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue; its memory says where it stands.
    """

    def __init__(self, runtime: Runtime, dialogue: Dialogue) -> None:
        self.books = Books(opened_at_us=runtime.clock.now_us())
        self._runtime = runtime
        self._dialogue = dialogue
        self._inbox: asyncio.Queue[_Waiting] = asyncio.Queue(INBOX_LENGTH_MAX)
        self._errands: set[asyncio.Task[None]] = set()
        self._heard: list[JournalMessage] = []
        self._over = False
        self._log = runtime.log.bind(dialogue=dialogue.memory.dialogue.hex()[:8])

    @property
    def memory(self) -> Memory:
        """What the dialogue knows."""
        return self._dialogue.memory

    def now(self) -> Instant:
        """Return the present in both times."""
        return Instant(self._runtime.clock.now_us(), self._runtime.clock.story_s())

    async def run(self, *first: Step) -> None:
        """Take steps until the dialogue has ended and its errands are done."""
        for step in first:
            self.post(step)
        try:
            while not self._dialogue.ended:
                await self._take(await self._next_step())
            while self._errands:
                await asyncio.gather(*self._errands, return_exceptions=True)
        finally:
            self._over = True
            for errand in self._errands:
                errand.cancel()
            while not self._inbox.empty():
                _resolve(self._inbox.get_nowait(), moved=False)

    def post(self, step: Step) -> None:
        """Put a step into the inbox; a full inbox drops it, as a lossy link would."""
        self._put(_Waiting(step, None))

    async def do(self, step: Step) -> bool:
        """Take a step in its turn; return whether the dialogue allowed it."""
        done = asyncio.get_running_loop().create_future()
        self._put(_Waiting(step, done))
        return await done

    def hear(self, envelope: Envelope, frame: bytes) -> None:
        """Put a message of the partner into the inbox; the frame is kept as evidence."""

        def step(now: Instant) -> list[Command]:
            commands = self._dialogue.hear(envelope, now)
            self._heard.append(message("heard", frame))
            return commands

        self.post(step)

    def answer_late(self, envelope: Envelope) -> None:
        """Repeat the last word to a partner that has missed it; the dialogue has ended."""
        for command in self._dialogue.hear(envelope, self.now()):
            if isinstance(command, Send):
                self.errand(self.send(command.frame))

    def errand(self, work: Coroutine[object, object, None]) -> None:
        """Let `work` go on beside the dialogue; its result comes back as a step."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

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
        before = self.memory.state
        try:
            commands = waiting.step(self.now())
        except IllegalMoveError as error:
            self._log.info("ignored", reason=str(error), state=str(before))
            _resolve(waiting, moved=False)
            return
        await self._keep(commands)
        if self.memory.state is not before:
            self._log.info("state", state=str(self.memory.state), reason=self.memory.reason)
        for command in commands:
            if isinstance(command, Send):
                await self.send(command.frame)
            else:
                await self.carry_out(command)
        self.changed()
        _resolve(waiting, moved=True)

    async def _keep(self, commands: list[Command]) -> None:
        """Make the memory durable, before anybody is told of it."""
        heard, self._heard = self._heard, []
        sent = [message("sent", command.frame) for command in commands if isinstance(command, Send)]
        await self._runtime.journal.save(
            self.books.entry(self.memory, self._runtime.clock.now_us()),
            messages=(*heard, *sent),
            chunks=self.books.new_chunks(self.memory),
            vouchers=self.books.new_vouchers(self.memory),
        )

    async def _next_step(self) -> _Waiting:
        wake_at_us = self._dialogue.wake_at_us
        if not wake_at_us:
            return await self._inbox.get()
        wait_s = max(0.0, (wake_at_us - self._runtime.clock.now_us()) / US_PER_S)
        try:
            async with self._runtime.clock.timeout(wait_s):
                return await self._inbox.get()
        except TimeoutError:
            return _Waiting(self._dialogue.woken, None)

    def _put(self, waiting: _Waiting) -> None:
        if self._over:
            _resolve(waiting, moved=False)
            return
        try:
            self._inbox.put_nowait(waiting)
        except asyncio.QueueFull:
            self._log.warning("the inbox is full, a step is dropped")
            _resolve(waiting, moved=False)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._log.error("an errand failed", error=str(error), exc_info=error)


def _resolve(waiting: _Waiting, *, moved: bool) -> None:
    if waiting.done is not None and not waiting.done.done():
        waiting.done.set_result(moved)


async def open_memories(runtime: Runtime, role: Role) -> list[Memory]:
    """Return what the journal knows of dialogues that had not ended."""
    entries = await runtime.journal.open_dialogues()
    return [Memory.decode(entry.snapshot) for entry in entries if entry.role == role]
