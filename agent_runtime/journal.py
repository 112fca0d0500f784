"""What an agent knows of its dialogues, durable before it acts on it.

The port, and what goes through it. `SqlJournal` keeps it in a file, `MemoryJournal` in memory for
tests and simulations. One `save` is one transaction: after a crash the journal has all of it or
nothing, and all of every one that returned.

Beside dialogues there are *notes*, small values under names, for what else must survive: which
sessions still lack their receipt, how far an itinerary has come, which accounts hold money.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

NO_NOTES: Mapping[str, bytes] = MappingProxyType({})
"""Nothing to be noted."""

RECEIPT_NOTE = "receipt/"
"""Beginning of the name of the note on a dialogue's receipt; its id follows. The note goes when the
dialogue is forgotten."""


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
        notes: Mapping[str, bytes] = NO_NOTES,
    ) -> None:
        """Keep a dialogue as it now stands; when this returns, no crash can take it back.

        Args:
            entry: The dialogue; it replaces the one of the same id.
            messages: What was said since the last save.
            chunks: Chunks that are new or have changed.
            vouchers: Vouchers that are new.
            notes: Notes that are made in the same instant.

        Raises:
            JournalUnavailableError: The file is locked, full or not writable; nothing was kept.
            JournalDamagedError: The file is not what was written; nothing was kept.
        """

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""

    async def session(self, dialogue: str) -> Entry | None:
        """Return one dialogue, None if there is none of that id.

        Args:
            dialogue: The dialogue's id, hexadecimal.
        """

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

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it; when this returns, no crash can take it back.

        Args:
            name: The name.
            value: What is kept, None to forget the note.

        Raises:
            JournalUnavailableError: The file is locked, full or not writable; nothing was kept.
            JournalDamagedError: The file is not what was written; nothing was kept.
        """

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name.

        Args:
            beginning: What their names begin with.
        """

    async def forget(self, *, kept_max: int, spared: Collection[str] = ()) -> int:
        """Forget ended dialogues, those that changed longest ago first, and their notes.

        Args:
            kept_max: Ended dialogues that are kept.
            spared: Ids of dialogues that are kept besides, hexadecimal.

        Returns:
            How many were forgotten.
        """

    async def close(self) -> None:
        """Let go of the file; a second time changes nothing."""
