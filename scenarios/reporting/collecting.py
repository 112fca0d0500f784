"""Make a picture of what a run has left behind: journals, the ledger's log, and the chronicle."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from agent_runtime import SqlJournal
from negotiation import Memory
from scenarios.cast import SETTINGS_FILE, US_PER_S, Addresses, Cast
from scenarios.gathering import logged
from scenarios.reporting.books import Book, Page, read_book
from scenarios.reporting.chronicle import Chronicle
from scenarios.reporting.picture import GOOD_STATES, Picture, Piece, SessionPicture
from scenarios.reporting.transcripts import transcript
from scenarios.result import DialogueRow, RunResult, SessionRow
from scenarios.story import Story

__all__ = ["count_ends", "picture_of_run", "session_pictures", "time_span"]

PRICED = {"charge": "energy", "park": "time", "toll": "flat"}
"""The element of a tariff that is a service's price."""

NOBODY = Addresses.on_ports(1, 2, "mqtt://127.0.0.1:3")
"""A run that is over needs no addresses."""


async def picture_of_run(story: Story, result: RunResult, chronicle: Chronicle) -> Picture:
    """Return the picture of a run that is over.

    Args:
        story: What was played, its seed included.
        result: What it came to.
        chronicle: What was noted while it ran.

    Raises:
        DamagedError: A journal or the log is not what was written.
    """
    folder = Path(result.data)
    cast = Cast(story, folder=folder, addresses=NOBODY)
    paths = [(agent.name, cast.journal(agent)) for agent in cast.agents]
    books = [await _read(name, path) for name, path in paths if path.exists()]
    sessions = session_pictures(result.sessions, books)
    records_us = tuple(at_us for at_us, _ in logged(cast.ledger_data))
    story_us = _story_us([folder / agent.name / SETTINGS_FILE for agent in cast.agents])
    begins_us = story_us + round(story.begins_s / story.speed * US_PER_S)
    from_us, until_us = time_span(begins_us, sessions, (one.from_us for one in chronicle.moments))
    return Picture(
        kind="run",
        story=result.story,
        title=story.title,
        about=story.about,
        seed=result.seed,
        speed=story.speed,
        story_us=story_us,
        from_us=from_us,
        until_us=until_us,
        took_s=result.took_s,
        findings=result.invariants,
        sessions=sessions,
        others=count_ends(result.dialogues),
        records_us=records_us,
        finals=tuple(chronicle.finals),
        moments=chronicle.moments,
        left=result.data,
    )


def session_pictures(
    rows: Iterable[SessionRow], books: Iterable[Book]
) -> tuple[SessionPicture, ...]:
    """Return the sessions, each with what both sides' journals say of it.

    Args:
        rows: What each came to.
        books: All journals.
    """
    pages: dict[str, list[Page]] = {}
    for book in books:
        for page in book.pages:
            pages.setdefault(page.entry.dialogue, []).append(page)
    return tuple(_session(row, tuple(pages[row.dialogue])) for row in rows if row.dialogue in pages)


def time_span(
    begins_us: int, sessions: Iterable[SessionPicture], moments_us: Iterable[int]
) -> tuple[int, int]:
    """Return where the time axes begin and end. [µs since the Unix epoch]

    Args:
        begins_us: When the story begins. [µs]
        sessions: Its sessions.
        moments_us: When things struck. [µs]
    """
    sessions = tuple(sessions)
    times_us = [begins_us, *moments_us]
    times_us += [each.opened_us for each in sessions] + [each.closed_us for each in sessions]
    return min(times_us), max(max(times_us), min(times_us) + US_PER_S)


def count_ends(dialogues: Iterable[DialogueRow]) -> dict[str, int]:
    """Return how many dialogues without an agreement ended in each state."""
    ends: dict[str, int] = {}
    for row in dialogues:
        ends[row.state] = ends.get(row.state, 0) + 1
    return ends


async def _read(name: str, path: Path) -> Book:
    """Return what the journal in a file says."""
    journal = await SqlJournal.open(path)
    try:
        return await read_book(name, journal)
    finally:
        await journal.close()


def _story_us(settings: Iterable[Path]) -> int:
    """Return when the story's clock showed midnight, as the agents were told. [µs]"""
    for path in settings:
        clock = tomllib.loads(path.read_text("utf-8")).get("clock", {})
        return int(clock.get("epoch_us", 0))
    return 0


def _session(row: SessionRow, pages: tuple[Page, ...]) -> SessionPicture:
    """Return one session; the seller's meter and books come first."""
    by_seller = sorted(pages, key=lambda page: page.entry.role != "seller")
    best = by_seller[0]
    latency_us = best.entry.latency_us
    vouched = next((page.vouched for page in by_seller if page.vouched), ())
    return SessionPicture(
        row=row,
        opened_us=min(page.entry.opened_at_us for page in pages),
        closed_us=max(page.entry.changed_at_us for page in pages),
        price=_price(row),
        slice_amount=best.memory.terms.slice_amount if best.memory.terms else 0,
        open_max=best.memory.unpaid_max,
        pieces=_pieces(best.memory),
        vouched=tuple(sorted(vouched, key=lambda point: point.at_us)),
        toll_us=latency_us.get("toll") if row.service == "toll" else None,
        settle_us=latency_us.get("settle") if row.service != "toll" else None,
        transcript=() if row.state in GOOD_STATES else transcript(pages),
    )


def _price(row: SessionRow) -> int | None:
    """Return the price that was agreed, none where the tariff has no such element."""
    tariff = row.agreed.get("tariff")
    elements = tariff.get("elements", ()) if isinstance(tariff, dict) else ()
    wanted = PRICED.get(row.service)
    prices = [int(one["price"]) for one in elements if one.get("kind") == wanted]
    return sum(prices) if prices else None


def _pieces(memory: Memory) -> tuple[Piece, ...]:
    """Return a delivery's pieces."""
    return tuple(
        Piece(
            from_us=chunk.start.at_us,
            until_us=chunk.end.at_us,
            energy_wh=chunk.end.energy_wh - chunk.start.energy_wh,
            time_s=chunk.end.since(chunk.start).time_s + chunk.end.since(chunk.start).idle_s,
            cost=chunk.cost,
        )
        for chunk in memory.bill.chunks
    )
