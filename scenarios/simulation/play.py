"""Play a story in simulation: one seed in, what it came to out."""

import asyncio
import gc
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ledger_core import remembered_signatures
from scenarios.evidence import Evidence, Side, Totals
from scenarios.findings import story_findings
from scenarios.gathering import Replay, accounts_of, adversaries_of, side_of, timed_records
from scenarios.invariants import Finding, check_all
from scenarios.reporting import Picture, picture_of_world
from scenarios.simulation.loop import VirtualLoop
from scenarios.simulation.plants import Plant, planted
from scenarios.simulation.transcripts import transcript
from scenarios.simulation.trouble import Trouble, plan, scheduled, strike
from scenarios.simulation.world import World
from scenarios.story import Story

__all__ = ["Outcome", "simulate"]

OBJECTS_BEFORE_COLLECTION = 200_000
"""So many new objects before Python looks for cycles: a world keeps what it makes until its end, so
looking at all of it every 700 objects costs a tenth of the time and finds nearly nothing."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed came to."""

    seed: int
    """The seed."""
    digest: str
    """All that has happened, in 16 bytes, hexadecimal: the same for every run of the seed."""
    findings: tuple[Finding, ...]
    """What each check has found."""
    virtual_s: float
    """How long it lasted in virtual time. [s]"""
    wall_s: float
    """How long it took. [s]"""
    events: int
    """Frames that arrived."""
    told: tuple[str, ...] = ()
    """Troubles that struck, and agents that failed, one line each."""
    picture: Picture | None = None
    """What a report shows, where one is wanted."""

    @property
    def ok(self) -> bool:
        """Whether everything holds that must."""
        return all(finding.ok for finding in self.findings)


def simulate(
    story: Story,
    seed: int,
    *,
    plant: Plant | None = None,
    trace: str | None = None,
    is_pictured: bool = False,
) -> Outcome:
    """Play a story on one seed.

    Args:
        story: What is played.
        seed: Decides all chance, the story's own included.
        plant: Faults planted on purpose.
        trace: Dialogues to tell in full, by the beginning of their ids; None for none.
        is_pictured: Whether a report is wanted.

    Returns:
        What it came to; an error that nobody took, or a world in which nothing happens any more,
        is a finding as well.
    """
    began_s = time.monotonic()
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        with rare_collections(), remembered_signatures(), planted(plant or Plant()):
            world = World(msgspec.structs.replace(story, seed=seed), loop=loop, plant=plant)
            return _outcome(world, began_s, trace=trace, is_pictured=is_pictured)
    finally:
        asyncio.set_event_loop(None)
        loop.end()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python look for garbage seldom within a block."""
    young, *older = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)


def _outcome(world: World, began_s: float, *, trace: str | None, is_pictured: bool) -> Outcome:
    """Play a world to its end, or to where a program in it fails."""
    loop = world.loop
    lines: list[str] = []
    picture: Picture | None = None
    try:
        findings = loop.run_until_complete(_play(world))
        if trace is not None:
            lines = loop.run_until_complete(transcript(world, trace))
        if is_pictured:
            drawing = picture_of_world(world, findings, _troubles(world))
            picture = loop.run_until_complete(drawing)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what was looked for)
        findings = (_failed(loop.failure or error),)
    return Outcome(
        seed=world.story.seed,
        digest=world.digest,
        findings=findings,
        virtual_s=round(loop.time(), 3),
        wall_s=round(time.monotonic() - began_s, 3),
        events=world.events,
        told=(*world.told, *lines),
        picture=picture,
    )


async def _play(world: World) -> tuple[Finding, ...]:
    """Let a world live to its end, and return what the checks have found."""
    story = world.story
    await world.begin()
    watching = asyncio.create_task(world.watch_deadlines())
    struck = [asyncio.create_task(strike(world, each)) for each in _troubles(world)]
    in_time = await world.until_done(story.time_limit_s)
    await asyncio.gather(*struck)
    watching.cancel()
    told = world.ledger.totals
    await world.end()
    evidence = await _evidence(world, told)
    return (
        *check_all(evidence),
        *story_findings(story, evidence, in_time=in_time),
        *world.watch.findings(),
        no_agent_failed(world),
    )


def _failed(error: BaseException) -> Finding:
    """Return the finding that a program has failed where nobody took its error."""
    *_, last = traceback.extract_tb(error.__traceback__) or [None]
    where = "" if last is None else f" ({Path(last.filename).name}:{last.lineno})"
    return Finding(name="no_agent_failed", ok=False, detail=f"{error!r}{where}")


def no_agent_failed(world: World) -> Finding:
    """Check that no agent's program ended by a fault of its own."""
    failed = [
        f"{process.name}: {process.failure!r}"
        for process in world.processes
        if process.failure is not None
    ]
    return Finding(
        name="no_agent_failed",
        ok=not failed,
        detail="; ".join(failed) or f"{len(world.processes)} agents, none of them failed",
    )


def _troubles(world: World) -> list[Trouble]:
    """Return all trouble that will strike a world."""
    story = world.story
    names = [each.name for each in world.processes]
    drawn = plan(
        story.trouble,
        names=names,
        sellers=[each.name for each in world.sellers],
        over_s=story.trouble.over_s / story.speed,
        chance=world.chance("trouble"),
    )
    return [*drawn, *scheduled(story.fault, speed=story.speed, names=names)]


async def _evidence(world: World, told: Totals) -> Evidence:
    """Return all that a world has left behind."""
    cast = world.cast
    sides: list[Side] = []
    for process in world.processes:
        entries = await process.journal.sessions()
        sides += [side_of(cast, process.agent, entry) for entry in entries]
    replay = Replay(timed_records(world.ledger.log.entries()))
    return Evidence(
        sides=tuple(sides),
        records=tuple(replay.records),
        accounts=tuple(
            account for agent in cast.agents for account in accounts_of(cast, agent, replay.state)
        ),
        told=told,
        replayed=replay.totals,
        refused_by_replay=tuple(replay.refused),
        open_holds=tuple(replay.open_holds()),
        absent=frozenset(world.absent),
        heard=world.watch.announced,
        adversaries=adversaries_of(cast),
    )
