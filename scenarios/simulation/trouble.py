"""Trouble: what strikes a simulated world, drawn from its seed, and how it strikes.

A story says how often each kind of trouble comes in its time (`TroubleTable`); when, where and for
how long is drawn. Every trouble ends: what has crashed starts again, what was cut off comes back,
so that a world in which something is still open at the end has a fault of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from scenarios.simulation.client import NODE
from scenarios.simulation.clock import SECOND_US
from scenarios.simulation.network import FAIR, Weather
from scenarios.story import TroubleTable
from scenarios.trust_tables import FaultTable

if TYPE_CHECKING:
    from scenarios.simulation.world import World

__all__ = ["Trouble", "plan", "strike"]

DOWN_S = (0.2, 6.0)
"""How long something that has crashed stays down. [s]"""

CUT_S = (0.3, 12.0)
"""How long something is cut off. [s]"""

STORM_S = (1.0, 8.0)
"""How long bad weather lasts. [s]"""

FIRST_MOMENT_S = 1.0
"""When the story's clock begins, counted from when everybody lives. [s]"""

KINDS = {"kill": "crash"}
"""What a fault is called here, where that is another name."""

JUMP_S = 20
"""How far a clock that is set wrong is ahead or behind at most: less than what the ledger allows,
more than what messages allow. [s]"""


HOUR_S = 3_600
"""How far a clock that takes local time for the world's is wrong at most: no message, record or
hold is of its time then. [s]"""

BLACKOUT_S = (150.0, 240.0)
"""How long a seller is away in a blackout: its holds expire meanwhile. [s]"""

OUTAGE_S = (35.0, 60.0)
"""How long the broker is away in an outage: all adverts expire meanwhile. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble, from beginning to end."""

    at_s: float
    """When it strikes, counted from the story's first moment. [s]"""
    kind: str
    """What it is."""
    whom: str
    """Whom it strikes, or nobody in particular."""
    lasts_s: float
    """How long. [s]"""
    amount: float = 0.0
    """How bad, where that can differ."""

    def __str__(self) -> str:
        whom = f" {self.whom}" if self.whom else ""
        return f"{self.at_s:.3f} s: {self.kind}{whom} for {self.lasts_s:.3f} s"


def plan(
    table: TroubleTable, *, names: list[str], sellers: list[str], over_s: float, chance: Random
) -> list[Trouble]:
    """Return all trouble of a world, in the order in which it strikes.

    Args:
        table: How often each kind comes.
        names: The agents.
        sellers: Those of them who sell.
        over_s: Over which time it is spread. [s]
        chance: Draws it.
    """

    def draw(
        kind: str, lasts_s: tuple[float, float], *, whom: str = "", amount: float = 0.0
    ) -> Trouble:
        return Trouble(
            at_s=chance.uniform(0, over_s),
            kind=kind,
            whom=whom,
            lasts_s=chance.uniform(*lasts_s),
            amount=amount,
        )

    everybody = [*names, NODE]

    def all_of_it() -> Iterator[Trouble]:
        for _ in range(table.agent_crashes):
            yield draw("crash", DOWN_S, whom=chance.choice(names))
        for _ in range(table.node_crashes):
            yield draw("crash", DOWN_S, whom=NODE)
        for _ in range(table.cuts):
            yield draw("cut", CUT_S, whom=chance.choice(everybody))
        for _ in range(table.broker_losses):
            yield draw("broker", CUT_S)
        for _ in range(table.storms):
            yield draw("storm", STORM_S)
        for _ in range(table.clogs):
            whom = chance.choice(everybody)
            yield draw("clog", CUT_S, whom=whom, amount=chance.uniform(0.05, 1.5))
        for _ in range(table.clock_jumps):
            whom = chance.choice(names)
            yield draw("clock", CUT_S, whom=whom, amount=chance.uniform(-JUMP_S, JUMP_S))
        for _ in range(table.wrong_hours):
            whom = chance.choice(names)
            yield draw("clock", CUT_S, whom=whom, amount=chance.uniform(-HOUR_S, HOUR_S))
        for _ in range(table.blackouts):
            yield draw("blackout", BLACKOUT_S, whom=chance.choice(sellers))
        for _ in range(table.broker_outages):
            yield draw("broker", OUTAGE_S)

    return sorted(all_of_it(), key=lambda trouble: (trouble.at_s, trouble.kind, trouble.whom))


def scheduled(
    faults: Iterable[FaultTable], *, speed: float, names: Container[str]
) -> Iterator[Trouble]:
    """Yield the trouble that a story has written down, as opposed to drawn.

    Args:
        faults: As they stand in the story.
        speed: Story seconds in a real second.
        names: Who is there to be struck; operators are not simulated.
    """
    for fault in faults:
        if fault.kind == "broker" or fault.whom == NODE or fault.whom in names:
            yield Trouble(
                at_s=FIRST_MOMENT_S + fault.at_s / speed,
                kind=KINDS.get(fault.kind, fault.kind),
                whom=fault.whom,
                lasts_s=fault.away_s / speed,
                amount=fault.by_s,
            )


async def strike(world: "World", trouble: Trouble) -> None:
    """Let a trouble happen, from beginning to end."""
    await asyncio.sleep(trouble.at_s)
    world.tell(str(trouble))
    await STRIKES[trouble.kind](world, trouble)


async def _crash(world: "World", trouble: Trouble) -> None:
    if trouble.whom == NODE:
        if world.ledger.is_running:
            await world.ledger.crash()
            await asyncio.sleep(trouble.lasts_s)
            await world.ledger.start()
        return
    process = world.process(trouble.whom)
    if process.is_running:
        await process.crash()
        await asyncio.sleep(trouble.lasts_s)
        process.start()


async def _blackout(world: "World", trouble: Trouble) -> None:
    world.absent.add(trouble.whom)
    await _crash(world, trouble)


async def _cut(world: "World", trouble: Trouble) -> None:
    world.network.cut_off(trouble.whom)
    process = None if trouble.whom == NODE else world.process(trouble.whom)
    if process is not None:
        process.lose_broker()
    await asyncio.sleep(trouble.lasts_s)
    world.network.connect_again(trouble.whom)
    if process is not None:
        process.find_broker()


async def _link(world: "World", trouble: Trouble) -> None:
    world.network.part(trouble.whom, NODE)
    await asyncio.sleep(trouble.lasts_s)
    world.network.join(trouble.whom, NODE)


async def _broker(world: "World", trouble: Trouble) -> None:
    for process in world.processes:
        process.lose_broker()
    await asyncio.sleep(trouble.lasts_s)
    for process in world.processes:
        process.find_broker()


async def _storm(world: "World", trouble: Trouble) -> None:
    world.network.weather = Weather(delay_s=(0.001, 0.3), loss=0.15, repeat=0.1, reorder=True)
    await asyncio.sleep(trouble.lasts_s)
    world.network.weather = FAIR


async def _clog(world: "World", trouble: Trouble) -> None:
    world.network.clog(trouble.whom, trouble.amount)
    await asyncio.sleep(trouble.lasts_s)
    world.network.clog(trouble.whom, 0.0)


async def _clock(world: "World", trouble: Trouble) -> None:
    process = world.process(trouble.whom)
    process.clock.offset_us += round(trouble.amount * SECOND_US)
    await asyncio.sleep(trouble.lasts_s)
    process.clock.offset_us -= round(trouble.amount * SECOND_US)


STRIKES: dict[str, Callable[["World", Trouble], Awaitable[None]]] = {
    "blackout": _blackout,
    "crash": _crash,
    "cut": _cut,
    "broker": _broker,
    "link": _link,
    "storm": _storm,
    "clog": _clog,
    "clock": _clock,
}
"""How each kind of trouble happens."""
