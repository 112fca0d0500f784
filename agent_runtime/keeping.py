"""What a dialogue leaves in the journal, and when: before anybody is told of it.

A reading of the meter of which nobody is told may wait a moment: the device has it anyway.
"""

from agent_runtime.aftercare import receipt_notes, signed_notes
from agent_runtime.books import Books
from agent_runtime.clock import physics_s
from agent_runtime.journal import JournalMessage
from agent_runtime.runtime import Runtime
from agent_runtime.tellings import Tellings
from negotiation import Command, Envelope, Memory, Send, SignedValue, unseal_own

MEASURED_KEPT_S = 1.0
"""A reading of which nobody is told is written down at least this often: to sync a disk for each of
them would wear it out. [real s]"""


class Keeping:
    """Make one dialogue durable.

    Args:
        runtime: The ports of the agent.
        memory: What the dialogue knows.
        books: Its books.
    """

    def __init__(self, runtime: Runtime, memory: Memory, books: Books) -> None:
        self.signed: tuple[SignedValue, ...] = ()
        """What the device's meter has signed, kept for the receipt."""
        self._runtime = runtime
        self._memory = memory
        self._books = books
        self._tellings = Tellings(memory, runtime.telemetry)
        self._heard: list[JournalMessage] = []
        self._last_sent = memory.last_frame
        self._is_noted = False
        self._has_only_measured = False
        self._kept_s = physics_s(runtime.clock)

    def hear(self, envelope: Envelope, frame: bytes) -> None:
        """Take a message of the partner, to be kept as evidence."""
        self._heard.append(self._tellings.message("heard", envelope, frame))

    def begin(self) -> None:
        """Begin a step: what it brings is durable before anybody is told."""
        self._has_only_measured = False

    def only_measured(self) -> None:
        """Note that this step has brought a reading, and nothing that anybody is told."""
        self._has_only_measured = True

    async def keep(self, commands: list[Command]) -> None:
        """Make the memory durable, before the commands are carried out.

        Raises:
            JournalUnavailableError: The journal can not be written.
        """
        now_s = physics_s(self._runtime.clock)
        if self._has_only_measured and now_s - self._kept_s < MEASURED_KEPT_S:
            return
        self._kept_s = now_s
        heard, self._heard = self._heard, []
        messages = (*heard, *self._newly_sent(commands))
        books, memory = self._books, self._memory
        entry = books.entry(memory, self._runtime.clock.now_us())
        if not books.has_news(entry) and not messages:
            return
        await self._runtime.journal.save(
            entry,
            messages=messages,
            chunks=books.new_chunks(memory),
            vouchers=books.new_vouchers(memory),
            notes=self._receipt_notes(),
        )
        self._tellings.tell()

    def _receipt_notes(self) -> dict[str, bytes]:
        """Return the notes of a receipt that is still to be fetched, once, when the end is kept."""
        if self._is_noted or not self._memory.ended:
            return {}
        self._is_noted = True
        books = self._books
        due = receipt_notes(self._memory, is_final=books.is_final, reason=books.not_final)
        return due | signed_notes(self._memory, self.signed) if due else due

    def _newly_sent(self, commands: list[Command]) -> list[JournalMessage]:
        """Return the messages that are sent for the first time."""
        frames = [command.frame for command in commands if isinstance(command, Send)]
        new = [frame for frame in frames if frame != self._last_sent]
        self._last_sent = new[-1] if new else self._last_sent
        return [self._tellings.message("sent", unseal_own(frame), frame) for frame in new]
