"""Barred buyers: told why, remembered across a restart, and not for ever more of them."""

import pytest

from agent_runtime import MemoryJournal, barred
from agent_runtime.barred import BARRED_NOTE, Barred
from agent_runtime.errors import JournalDamagedError

MALLORY, ANNA = b"M" * 32, b"A" * 32
DIALOGUE = bytes(16)


async def test_a_bar_outlives_a_restart() -> None:
    """Who is barred is told what it owes, also by the next process; others are not."""
    journal = MemoryJournal()
    await Barred(journal).add(MALLORY, dialogue=DIALOGUE, amount=1_500_000)
    again = Barred(journal)
    assert again.why(MALLORY) == ""
    await again.load()
    assert "1.5 below what you vouched for" in again.why(MALLORY)
    assert again.why(ANNA) == ""


async def test_a_damaged_note_is_named() -> None:
    """A journal that is not what was written does not let anybody in by mistake."""
    journal = MemoryJournal()
    await journal.note(BARRED_NOTE + MALLORY.hex(), b"\xff")
    with pytest.raises(JournalDamagedError, match="restore the journal"):
        await Barred(journal).load()


async def test_the_first_debt_counts() -> None:
    """Hearing of a shortfall again, as after a crash, changes nothing."""
    known = Barred(MemoryJournal())
    await known.add(MALLORY, dialogue=DIALOGUE, amount=1_500_000)
    await known.add(MALLORY, dialogue=DIALOGUE, amount=7)
    assert "1.5 below" in known.why(MALLORY)


async def test_bars_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys beyond the bound are not remembered, and no error keeps the seller from going on."""
    monkeypatch.setattr(barred, "BARRED_MAX", 1)
    known = Barred(MemoryJournal())
    await known.add(MALLORY, dialogue=DIALOGUE, amount=1)
    await known.add(ANNA, dialogue=DIALOGUE, amount=1)
    assert known.why(MALLORY)
    assert not known.why(ANNA)
