"""Buyers that are sold nothing any more: they took back what they had vouched for.

A bar stands in the journal, so a restart forgets none. It lasts as long as the journal does: the
money is owed, and who pays it is asked to do so by people.
"""

import msgspec

from agent_runtime.errors import JournalDamagedError
from agent_runtime.journal import Journal
from ledger_core import format_amount

BARRED_NOTE = "barred/"
"""Beginning of the name of the note on a barred buyer; its key follows, hexadecimal."""

BARRED_MAX = 100_000
"""Keys that are barred at one time, some 100 bytes each in memory. A key that gets here has had an
account with money on hold, and one delivery; the oldest stay."""


class BarredNote(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal notes about a buyer that is sold nothing any more."""

    dialogue: str
    """In which dialogue it happened, hexadecimal."""
    amount: int
    """What was vouched for and not paid. [base units]"""


class Barred:
    """Who is sold nothing any more.

    Args:
        journal: Where that is written down.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._owed: dict[str, int] = {}

    async def load(self) -> None:
        """Take up what the journal knows.

        Raises:
            JournalDamagedError: A note is not what was written.
        """
        for name, value in (await self._journal.notes(BARRED_NOTE)).items():
            try:
                note = msgspec.json.decode(value, type=BarredNote)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise JournalDamagedError(
                    f"the journal's note {name!r} can not be read, restore the journal: {error}"
                ) from error
            self._owed[name.removeprefix(BARRED_NOTE)] = note.amount

    def why(self, buyer: bytes) -> str:
        """Return in one sentence why a buyer is sold nothing, or an empty string.

        Args:
            buyer: Its account key.
        """
        owed = self._owed.get(buyer.hex())
        if owed is None:
            return ""
        return f"you have closed a hold {format_amount(owed)} below what you vouched for: pay that"

    async def add(self, buyer: bytes, *, dialogue: bytes, amount: int) -> None:
        """Sell nothing to a buyer any more; when this returns, no crash can take it back.

        Args:
            buyer: Its account key.
            dialogue: In which dialogue it has cheated.
            amount: What is owed. [base units]
        """
        key = buyer.hex()
        if key in self._owed or len(self._owed) >= BARRED_MAX:
            return
        note = BarredNote(dialogue=dialogue.hex(), amount=amount)
        await self._journal.note(BARRED_NOTE + key, msgspec.json.encode(note))
        self._owed[key] = amount
