"""The journal in a file: what was acknowledged survives, what is damaged is named."""

import asyncio
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_runtime.errors import (
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
)
from agent_runtime.journal import (
    Entry,
    Journal,
    JournalChunk,
    JournalMessage,
    JournalVoucher,
)
from agent_runtime.memory_journal import MemoryJournal
from agent_runtime.sql_journal import SqlJournal, read_sessions


def entry(number: int = 1, **changes: object) -> Entry:
    """Return a dialogue; some of its fields may be given."""
    fields: dict[str, object] = {
        "dialogue": f"{number:032x}",
        "role": "seller",
        "service": "charge",
        "partner": "aa" * 32,
        "state": "delivering",
        "agreed": {"price": 250_000, "steps": [1, 2]},
        "unit": "Wh",
        "quantity": 12_000,
        "billed": 2**60,
        "paid": 0,
        "transactions": ("bb" * 32,),
        "latency_us": {"hold": 1_200},
        "snapshot": b"\x00\xff",
        "opened_at_us": 1_800_000_000_000_000 + number,
        "changed_at_us": 1_800_000_000_000_000 + number,
    }
    return Entry(**(fields | changes))  # type: ignore[arg-type]  # the fields are named above


def content_of(path: Path) -> bytes | None:
    """Return what stands in a file, None where there is none."""
    return path.read_bytes() if path.exists() else None


def damage(path: Path, where: int) -> bytes:
    """Overwrite some bytes of a file and return what stands there now."""
    content = bytearray(path.read_bytes())
    content[where : where + 40] = b"\xff" * 40
    path.write_bytes(content)
    return bytes(content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a journal, in a folder with awkward characters."""
    folder = tmp_path / "a%20 b?#ü"
    folder.mkdir()
    return folder / "journal.db"


@pytest.fixture(params=["memory", "sql"])
async def journal(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Journal]:
    """Yield each kind of journal."""
    opened: Journal = MemoryJournal() if request.param == "memory" else await SqlJournal.open(path)
    yield opened
    await opened.close()


async def test_keeps_a_dialogue(journal: Journal) -> None:
    """What was saved is read back equal; a later save of the same dialogue replaces it."""
    await journal.save(entry(2))
    await journal.save(entry(1, state="confirmed"))
    await journal.save(entry(1))
    assert await journal.sessions() == [entry(1), entry(2)]
    await journal.save(entry(1, ended=True, state="settled", reason="", paid=2**60))
    assert await journal.open_dialogues() == [entry(2)]
    assert [found.state for found in await journal.sessions()] == ["settled", "delivering"]


async def test_keeps_what_belongs_to_it(journal: Journal) -> None:
    """Messages stay as first said; a later chunk or voucher replaces the one in its place."""
    said = JournalMessage(way="heard", number=1, performative="cfp", frame=b"\x00first")
    again = JournalMessage(way="heard", number=1, performative="cfp", frame=b"forged later")
    answer = JournalMessage(way="sent", number=1, performative="propose", frame=b"")
    old = JournalChunk(index=0, readings={"from": [0, 1]}, cost=1)
    new = JournalChunk(index=0, readings={"from": [0, 2]}, cost=2)
    best = JournalVoucher(index=1, amount=2, record=bytes(256))
    await journal.save(entry(), messages=[said], chunks=[old])
    await journal.save(entry(), messages=[again, answer], chunks=[new], vouchers=[best])
    dialogue = entry().dialogue
    assert await journal.messages(dialogue) == [said, answer]
    assert await journal.chunks(dialogue) == [new]
    assert await journal.vouchers(dialogue) == [best]
    assert await journal.messages("of nobody") == []


async def test_counts_boots(journal: Journal) -> None:
    """Each start has a higher number."""
    assert [await journal.boot_number() for _ in range(3)] == [1, 2, 3]


async def test_counts_boots_over_restarts(path: Path) -> None:
    """The number goes on where the last start has left it."""
    for expected in (1, 2, 3):
        journal = await SqlJournal.open(path)
        assert await journal.boot_number() == expected
        await journal.close()


async def test_is_durable(path: Path) -> None:
    """The file is used with a write-ahead log and waits for the disk at each commit."""
    journal = await SqlJournal.open(path)
    mode, synchronous = await journal._run(
        lambda: [
            journal._open_connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        ]
    )
    assert (mode, synchronous) == ("wal", 2)
    await journal.close()


WRITER = """
import asyncio, sys
from agent_runtime.sql_journal import SqlJournal
from agent_runtime.journal import JournalVoucher
sys.path.insert(0, sys.argv[2])
from test_journal import entry

async def main():
    journal = await SqlJournal.open(sys.argv[1])
    for number in range(1_000_000):
        voucher = JournalVoucher(index=number, amount=number, record=bytes(256))
        await journal.save(entry(number), vouchers=[voucher])
        print(number, flush=True)

asyncio.run(main())
"""


async def test_survives_a_kill(path: Path) -> None:
    """After SIGKILL in the middle of writing, all that was acknowledged is there, and whole."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdout is not None
    acknowledged = -1
    while acknowledged < 100:
        acknowledged = int(await writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    for line in (await writer.stdout.read()).splitlines():
        acknowledged = int(line)
    assert await writer.wait() == -signal.SIGKILL
    journal = await SqlJournal.open(path)
    found = await journal.sessions()
    assert len(found) >= acknowledged + 1
    assert found == [entry(number) for number in range(len(found))]
    for each in found[-3:]:
        assert len(await journal.vouchers(each.dialogue)) == 1
    await journal.close()


async def test_is_read_by_others(path: Path) -> None:
    """A journal is read while its agent works and after its end, and is not changed by it."""
    journal = await SqlJournal.open(path)
    await journal.save(entry(1))
    assert read_sessions(path) == [entry(1)]
    await journal.save(entry(2))
    assert read_sessions(path) == [entry(1), entry(2)]
    await journal.close()
    before = content_of(path)
    assert read_sessions(path) == [entry(1), entry(2)]
    assert content_of(path) == before


async def test_names_a_missing_file(path: Path) -> None:
    """A journal that is not there is named, and not made by looking for it."""
    with pytest.raises(JournalUnavailableError, match="unable to open database file"):
        read_sessions(path)
    assert content_of(path) is None
    with pytest.raises(JournalUnavailableError, match=r"the journal can not be used: unable to"):
        await SqlJournal.open(path / "nowhere" / "journal.db")


@pytest.mark.parametrize("where", [0, 30, 4096])
async def test_names_damage(path: Path, where: int) -> None:
    """A file that is not what was written is refused, and stays as it was for a repair."""
    journal = await SqlJournal.open(path)
    await journal.save(entry())
    await journal.close()
    damaged = damage(path, where)
    with pytest.raises(JournalDamagedError, match=r"restore it from a copy, or move it away"):
        await SqlJournal.open(path)
    assert content_of(path) == damaged


async def test_names_damaged_rows(path: Path) -> None:
    """A row whose texts are no JSON is damage, not a crash."""
    journal = await SqlJournal.open(path)
    await journal.save(entry())
    await journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE dialogue SET agreed = '{'")
    connection.close()
    with pytest.raises(JournalDamagedError, match="the journal is damaged"):
        read_sessions(path)


async def test_refuses_a_newer_version(path: Path) -> None:
    """A journal of a newer program is refused instead of misread."""
    await (await SqlJournal.open(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(JournalVersionError, match=r"version 2, this one knows 1"):
        await SqlJournal.open(path)


async def test_a_failed_save_keeps_nothing(path: Path) -> None:
    """When one part can not be kept, no part is, and the journal goes on."""
    journal = await SqlJournal.open(path)
    await journal.save(entry(1))
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON voucher "
            "BEGIN SELECT RAISE(ABORT, 'no more room'); END"
        )
    connection.close()
    voucher = JournalVoucher(index=0, amount=1, record=b"")
    with pytest.raises(JournalUnavailableError, match="no more room"):
        await journal.save(entry(1, state="stopping"), vouchers=[voucher])
    assert await journal.sessions() == [entry(1)]
    await journal.save(entry(2))
    assert await journal.sessions() == [entry(1), entry(2)]
    await journal.close()


async def test_a_closed_journal_says_so(path: Path) -> None:
    """Saving after closing is refused by name; closing twice is nothing."""
    journal = await SqlJournal.open(path)
    await journal.close()
    await journal.close()
    with pytest.raises(JournalUnavailableError, match="the journal is closed; open it again"):
        await journal.save(entry())


async def test_a_copy_is_a_journal(path: Path, tmp_path: Path) -> None:
    """A closed journal is one file: its copy opens elsewhere."""
    journal = await SqlJournal.open(path)
    await journal.save(entry())
    await journal.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    shutil.copy(path, tmp_path / "copy.db")
    assert read_sessions(tmp_path / "copy.db") == [entry()]


async def test_notes_are_kept_under_names(journal: Journal) -> None:
    """A note is replaced, forgotten, and found by the beginning of its name alone."""
    await journal.note("trip/1", b"one")
    await journal.note("trip/2", b"two")
    await journal.note("trip_3", b"no trip: an underscore is no wildcard")
    await journal.note("trip/2", b"\x00\xff")
    assert await journal.notes("trip/") == {"trip/1": b"one", "trip/2": b"\x00\xff"}
    await journal.note("trip/1", None)
    await journal.note("nothing", None)
    assert await journal.notes("trip/") == {"trip/2": b"\x00\xff"}
    assert list(await journal.notes("")) == ["trip/2", "trip_3"]


async def test_a_note_is_made_with_its_dialogue(journal: Journal) -> None:
    """Both are there, and one dialogue is found by its id."""
    await journal.save(entry(1), notes={"receipt/1": b"due"})
    assert await journal.notes("receipt/") == {"receipt/1": b"due"}
    assert await journal.session(entry(1).dialogue) == entry(1)
    assert await journal.session("ff" * 16) is None


async def test_old_dialogues_are_forgotten(journal: Journal) -> None:
    """Those that ended longest ago go with all they had; what is open or spared stays."""
    for number in range(1, 7):
        each = entry(number, ended=number != 2)
        note = {f"receipt/{each.dialogue}": b"kept"}
        said = JournalMessage(way="sent", number=0, performative="cfp", frame=b"x")
        chunk = JournalChunk(index=0, readings=[], cost=1)
        voucher = JournalVoucher(index=0, amount=1, record=bytes(256))
        await journal.save(each, messages=[said], chunks=[chunk], vouchers=[voucher], notes=note)
    spared = {entry(3).dialogue}
    assert await journal.forget(kept_max=2, spared=spared) == 2
    left = [each.dialogue for each in await journal.sessions()]
    assert left == [entry(number).dialogue for number in (2, 3, 5, 6)]
    assert await journal.notes("receipt/") == {f"receipt/{each}": b"kept" for each in left}
    gone = entry(1).dialogue
    assert await journal.messages(gone) == []
    assert await journal.chunks(gone) == []
    assert await journal.vouchers(gone) == []
    assert await journal.forget(kept_max=2, spared=spared) == 0


async def test_notes_survive_the_program(path: Path) -> None:
    """Who opens the file again finds them."""
    journal = await SqlJournal.open(path)
    await journal.note("progress", b"3")
    await journal.close()
    again = await SqlJournal.open(path)
    assert await again.notes("") == {"progress": b"3"}
    await again.close()
