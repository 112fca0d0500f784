"""A viewer without a screen: it listens for a while, and hands on what it hears.

`listen` feeds a model and whoever else wants to hear; `collect` listens just long enough to say how
everything stands.
"""

import asyncio
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from agent_runtime import Clock
from dashboard.feeds import Feeds, Targets
from dashboard.model import Model, SourceState, advance, new_model, take
from dashboard.observed import Observation, RunEnded, SourceBeat
from dashboard.plain_lines import subject_of

__all__ = ["Heard", "Wanted", "collect", "listen"]

Heard = Callable[[Observation, Model], None]
"""Takes what was heard, and the model that has taken it in."""

SETTLE_S = 2.5
"""How long one has to listen to have heard every agent: two of their words, and some. [s]"""

LOOK_EVERY_S = 0.1
"""How often it is looked whether enough was heard. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of all that is heard is wanted, and how much of it."""

    types: tuple[str, ...] = ()
    """Kinds, `*` stands for anything: `ledger.*`; none for all but heartbeats."""
    agents: tuple[str, ...] = ()
    """Only what is about these agents."""
    count: int | None = None
    """So many; then it is enough."""
    timeout_s: float | None = None
    """So long; then it is enough. [s]"""

    def has(self, observation: Observation) -> bool:
        """Say whether an observation is wanted."""
        kind = str(observation.__struct_config__.tag)
        if self.types:
            is_kind = any(fnmatch.fnmatchcase(kind, one) for one in self.types)
        else:
            is_kind = not isinstance(observation, SourceBeat)
        return is_kind and (not self.agents or subject_of(observation) in self.agents)


async def listen(
    targets: Targets, wanted: Wanted, *, heard: Heard, clock: Clock
) -> tuple[Model, int]:
    """Listen until the run is over or enough was heard; return the model and how much that was.

    Args:
        targets: What is listened to.
        wanted: What is handed on, and when it is enough.
        heard: Takes it; what it raises ends the listening.
        clock: For times and waits.

    Raises:
        InputError: A key, an address or a file is wrong.
    """
    model = new_model(clock.now_us(), sources=targets.places)
    enough = asyncio.get_running_loop().create_future()
    found = 0

    def tell(observation: Observation) -> None:
        nonlocal found
        take(model, observation)
        if enough.done():
            return
        try:
            if wanted.has(observation):
                heard(observation, model)
                found += 1
        except BaseException as error:  # noqa: BLE001 (it is raised again where somebody waits)
            enough.set_exception(error)
            return
        if found == wanted.count or isinstance(observation, RunEnded):
            enough.set_result(None)

    async with Feeds(targets, tell=tell, clock=clock) as feeds:
        failing = asyncio.create_task(feeds.failed())
        done, _ = await asyncio.wait(
            {enough, failing}, timeout=wanted.timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        failing.cancel()
        for one in done:
            one.result()
    advance(model, clock.now_us())
    return model, found


async def collect(targets: Targets, *, timeout_s: float, clock: Clock) -> Model:
    """Listen until every source has spoken and every agent had time to; return the model.

    Args:
        targets: What is listened to.
        timeout_s: When to give up on a source that does not speak. [s]
        clock: For times and waits.

    Raises:
        InputError: A key, an address or a file is wrong.
    """
    model = new_model(clock.now_us(), sources=targets.places)
    async with Feeds(targets, tell=lambda one: take(model, one), clock=clock) as feeds:
        failing = asyncio.create_task(feeds.failed())
        began_us = clock.now_us()
        while not failing.done() and not _is_known(model, began_us, timeout_s):
            await clock.sleep(LOOK_EVERY_S)
            advance(model, clock.now_us())
        failing.cancel()
        await asyncio.gather(failing, return_exceptions=True)
        if not failing.cancelled():
            failing.result()
    return model


def _is_known(model: Model, began_us: int, timeout_s: float) -> bool:
    """Say whether there is nothing more to wait for."""
    past_s = (model.now_us - began_us) / 1_000_000
    states = [source.state(model.now_us) for source in model.sources.values()]
    if SourceState.ENDED in states or past_s > timeout_s:
        return True
    has_ledger = "ledger" not in model.sources or bool(model.ledger.supply)
    return has_ledger and SourceState.WAIT not in states and past_s > SETTLE_S
