"""What an agent knows of its dialogues, durable before it acts on it.

The port, and what goes through it. `SqlJournal` keeps it in a file, `MemoryJournal` in memory for
tests and simulations. One `save` is one transaction: after a crash the journal has all of it or
nothing, and all of every one that returned.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A dialogue as it stands: one line of the books."""

    dialogue: str
    """The dialogue's id, hexadecimal."""
    role: str
    """`buyer` or `seller`."""
    service: str
    """What is bought: `charge`, `park` or `toll`."""
    partner: str
    """Public key of the other side, hexadecimal."""
    state: str
    """Where the dialogue stands, a state of `negotiation`."""
    ended: bool = False
    """Whether nothing more will happen in it."""
    reason: str = ""
    """Why it ended so, where there is a reason."""
    agreed: dict[str, Any] = {}
    """The terms that both have signed, ready for JSON; empty before."""
    unit: str = ""
    """In what delivery is counted: `Wh`, `s`, `passage`."""
    quantity: int = 0
    """How much was delivered. [unit]"""
    billed: int = 0
    """Sum of the chunks. [base units]"""
    paid: int = 0
    """What the ledger has moved for it. [base units]"""
    transactions: tuple[str, ...] = ()
    """Ids of its transactions on the ledger, hexadecimal."""
    latency_us: dict[str, int] = {}
    """How long its steps took, by name. [µs]"""
    snapshot: bytes = b""
    """All that the dialogue needs to go on after a restart; opaque here."""
    opened_at_us: int
    """When it began. [µs since 1970]"""
    changed_at_us: int
    """When it changed last. [µs since 1970]"""


class JournalMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was sent or heard; the first of a number is kept as evidence."""

    way: str
    """`sent` or `heard`."""
    number: int
    """Its number in the dialogue."""
    performative: str
    """What kind of message it is."""
    frame: bytes
    """Its exact bytes, signature included."""


class JournalChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a bill, with the meter's readings at both ends."""

    index: int
    """Its place in the bill, from 0; a later one of the same place replaces it."""
    readings: Any
    """The readings, ready for JSON."""
    cost: int
    """What it costs. [base units]"""


class JournalVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """A signed SETTLE that the payer has handed over."""

    index: int
    """Its number; a later one of the same number replaces it."""
    amount: int
    """What it pays. [base units]"""
    record: bytes
    """The signed record, 256 bytes."""


class Journal(Protocol):
    """The port: where an agent keeps its dialogues."""

    async def boot_number(self) -> int:
        """Return how often the agent has started; it is higher at each call, even after a crash."""

    async def save(
        self,
        entry: Entry,
        *,
        messages: Sequence[JournalMessage] = (),
        chunks: Sequence[JournalChunk] = (),
        vouchers: Sequence[JournalVoucher] = (),
    ) -> None:
        """Keep a dialogue as it now stands; when this returns, no crash can take it back.

        Args:
            entry: The dialogue; it replaces the one of the same id.
            messages: What was said since the last save.
            chunks: Chunks that are new or have changed.
            vouchers: Vouchers that are new.

        Raises:
            JournalUnavailableError: The file is locked, full or not writable; nothing was kept.
            JournalDamagedError: The file is not what was written; nothing was kept.
        """

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""

    async def messages(self, dialogue: str) -> list[JournalMessage]:
        """Return what was said in a dialogue, in the order in which it was kept.

        Args:
            dialogue: The dialogue's id, hexadecimal.
        """

    async def chunks(self, dialogue: str) -> list[JournalChunk]:
        """Return the pieces of a dialogue's bill, in order.

        Args:
            dialogue: The dialogue's id, hexadecimal.
        """

    async def vouchers(self, dialogue: str) -> list[JournalVoucher]:
        """Return a dialogue's vouchers, in order; the last is worth most.

        Args:
            dialogue: The dialogue's id, hexadecimal.
        """

    async def close(self) -> None:
        """Let go of the file; a second time changes nothing."""


class MemoryJournal:
    """A journal that lives as long as its object: for tests and simulations."""

    def __init__(self) -> None:
        self._boots = 0
        self._entries: dict[str, Entry] = {}
        self._messages: dict[str, dict[tuple[str, int], JournalMessage]] = {}
        self._chunks: dict[str, dict[int, JournalChunk]] = {}
        self._vouchers: dict[str, dict[int, JournalVoucher]] = {}

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
    ) -> None:
        """Keep a dialogue as it now stands."""
        self._entries[entry.dialogue] = entry
        said = self._messages.setdefault(entry.dialogue, {})
        for message in messages:
            said.setdefault((message.way, message.number), message)
        self._chunks.setdefault(entry.dialogue, {}).update({c.index: c for c in chunks})
        self._vouchers.setdefault(entry.dialogue, {}).update({v.index: v for v in vouchers})

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""
        return [entry for entry in await self.sessions() if not entry.ended]

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""
        return sorted(
            self._entries.values(), key=lambda entry: (entry.opened_at_us, entry.dialogue)
        )

    async def messages(self, dialogue: str) -> list[JournalMessage]:
        """Return what was said in a dialogue, in the order in which it was kept."""
        return list(self._messages.get(dialogue, {}).values())

    async def chunks(self, dialogue: str) -> list[JournalChunk]:
        """Return the pieces of a dialogue's bill, in order."""
        return sorted(self._chunks.get(dialogue, {}).values(), key=lambda chunk: chunk.index)

    async def vouchers(self, dialogue: str) -> list[JournalVoucher]:
        """Return a dialogue's vouchers, in order."""
        return sorted(self._vouchers.get(dialogue, {}).values(), key=lambda voucher: voucher.index)

    async def close(self) -> None:
        """Do nothing: the next program may go on with the same object, as with a file."""
