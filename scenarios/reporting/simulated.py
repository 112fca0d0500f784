"""Make a picture of a simulated world that has come to its end."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scenarios.evidence import Evidence, Side, Totals
from scenarios.findings import rows
from scenarios.gathering import Replay, accounts_of, side_of, timed_records
from scenarios.invariants import Finding
from scenarios.reporting.books import Book, read_book
from scenarios.reporting.collecting import count_ends, session_pictures, time_span
from scenarios.reporting.picture import Moment, Picture

if TYPE_CHECKING:
    from scenarios.simulation.trouble import Trouble
    from scenarios.simulation.world import World

__all__ = ["picture_of_world"]

US_PER_S = 1_000_000

LASTING = {
    "crash": "crashes",
    "cut": "loses all links",
    "broker": "the broker restarts",
    "storm": "bad weather on the network",
    "clog": "links become slow",
    "clock": "the clock is set wrong",
}
"""What a trouble is, for people."""


async def picture_of_world(
    world: "World", findings: tuple[Finding, ...], troubles: "Iterable[Trouble]"
) -> Picture:
    """Return the picture of a world that has ended.

    Args:
        world: The world.
        findings: What the checks have found.
        troubles: What has struck it.
    """
    books: list[Book] = []
    sides: list[Side] = []
    for process in world.processes:
        books.append(await read_book(process.name, process.journal))
        entries = await process.journal.sessions()
        sides += [side_of(world.cast, process.agent, entry) for entry in entries]
    records = list(timed_records(world.ledger.log.entries()))
    sessions, dialogues = rows(_evidence(world, sides, Replay(records)))
    pictures = session_pictures(sessions, books)
    story, clock = world.story, world.new_clock()
    now_us = clock.now_us()
    story_us = now_us - round(clock.story_s() / story.speed * US_PER_S)
    began_us = now_us - round(world.loop.time() * US_PER_S)
    lived_us = began_us + round(world.lived_s * US_PER_S)
    moments = tuple(_moment(each, lived_us) for each in troubles)
    begins_us = story_us + round(story.begins_s / story.speed * US_PER_S)
    from_us, until_us = time_span(begins_us, pictures, (one.from_us for one in moments))
    return Picture(
        kind="simulation",
        story="",
        title=story.title,
        about=story.about,
        seed=story.seed,
        speed=story.speed,
        story_us=story_us,
        from_us=from_us,
        until_us=until_us,
        took_s=world.loop.time(),
        findings=findings,
        sessions=pictures,
        others=count_ends(dialogues),
        records_us=tuple(at_us for at_us, _ in records),
        moments=tuple(sorted(moments, key=lambda moment: moment.from_us)),
    )


def _evidence(world: "World", sides: list[Side], replay: Replay) -> Evidence:
    """Return as much evidence as the rows of sessions need."""
    nothing = Totals(minted=0, balances=0, holds=0)
    cast = world.cast
    return Evidence(
        sides=tuple(sides),
        records=(),
        accounts=tuple(
            account for agent in cast.agents for account in accounts_of(cast, agent, replay.state)
        ),
        told=nothing,
        replayed=nothing,
    )


def _moment(trouble: "Trouble", lived_us: int) -> Moment:
    """Return a trouble as it stands on the time axis."""
    from_us = lived_us + round(trouble.at_s * US_PER_S)
    return Moment(
        kind="fault",
        whom=trouble.whom,
        words=LASTING.get(trouble.kind, trouble.kind),
        from_us=from_us,
        until_us=from_us + round(trouble.lasts_s * US_PER_S),
    )
