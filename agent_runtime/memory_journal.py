"""The journal in memory."""

from collections.abc import Collection, Mapping, Sequence

from agent_runtime.journal import (
    NO_NOTES,
    RECEIPT_NOTE,
    Entry,
    JournalChunk,
    JournalMessage,
    JournalVoucher,
)


class MemoryJournal:
    """A journal that lives as long as its object: for tests and simulations."""

    def __init__(self) -> None:
        self._boots = 0
        self._entries: dict[str, Entry] = {}
        self._messages: dict[str, dict[tuple[str, int], JournalMessage]] = {}
        self._chunks: dict[str, dict[int, JournalChunk]] = {}
        self._vouchers: dict[str, dict[int, JournalVoucher]] = {}
        self._notes: dict[str, bytes] = {}

    @property
    def has_open(self) -> bool:
        """Whether a dialogue has not ended."""
        return any(not entry.ended for entry in self._entries.values())

    async def boot_number(self) -> int:
        """Return how often this was called."""
        self._boots += 1
        return self._boots

    async def save(
        self,
        entry: Entry,
        *,
        messages: Sequence[JournalMessage] = (),
        chunks: Sequence[JournalChunk] = (),
        vouchers: Sequence[JournalVoucher] = (),
        notes: Mapping[str, bytes] = NO_NOTES,
    ) -> None:
        """Keep a dialogue as it now stands."""
        self._entries[entry.dialogue] = entry
        said = self._messages.setdefault(entry.dialogue, {})
        for message in messages:
            said.setdefault((message.way, message.number), message)
        self._chunks.setdefault(entry.dialogue, {}).update({c.index: c for c in chunks})
        self._vouchers.setdefault(entry.dialogue, {}).update({v.index: v for v in vouchers})
        self._notes.update(notes)

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""
        return [entry for entry in await self.sessions() if not entry.ended]

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""
        return sorted(
            self._entries.values(), key=lambda entry: (entry.opened_at_us, entry.dialogue)
        )

    async def session(self, dialogue: str) -> Entry | None:
        """Return one dialogue, None if there is none of that id."""
        return self._entries.get(dialogue)

    async def messages(self, dialogue: str) -> list[JournalMessage]:
        """Return what was said in a dialogue, in the order in which it was kept."""
        return list(self._messages.get(dialogue, {}).values())

    async def chunks(self, dialogue: str) -> list[JournalChunk]:
        """Return the pieces of a dialogue's bill, in order."""
        return sorted(self._chunks.get(dialogue, {}).values(), key=lambda chunk: chunk.index)

    async def vouchers(self, dialogue: str) -> list[JournalVoucher]:
        """Return a dialogue's vouchers, in order."""
        return sorted(self._vouchers.get(dialogue, {}).values(), key=lambda voucher: voucher.index)

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it."""
        if value is None:
            self._notes.pop(name, None)
        else:
            self._notes[name] = value

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name."""
        return {
            name: value for name, value in sorted(self._notes.items()) if name.startswith(beginning)
        }

    async def forget(self, *, kept_max: int, spared: Collection[str] = ()) -> int:
        """Forget ended dialogues, those that changed longest ago first, and their notes."""
        ended = [entry for entry in self._entries.values() if entry.ended]
        ended.sort(key=lambda entry: (entry.changed_at_us, entry.dialogue), reverse=True)
        gone = [entry.dialogue for entry in ended[kept_max:] if entry.dialogue not in spared]
        for dialogue in gone:
            for kept in (self._entries, self._messages, self._chunks, self._vouchers):
                kept.pop(dialogue, None)
            self._notes.pop(RECEIPT_NOTE + dialogue, None)
        return len(gone)

    async def close(self) -> None:
        """Do nothing: the next program may go on with the same object, as with a file."""
