"""All feeds of a viewer, side by side: each reaches for its source for ever and on its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from agent_runtime import BrokerSettings, Clock
from dashboard.feeds.agent_feed import AgentFeed, BrokerTarget
from dashboard.feeds.ledger_feed import LedgerFeed, LedgerTarget
from dashboard.feeds.run_feed import RunFeed
from dashboard.model import BROKER, LEDGER, RUN
from dashboard.observed import Observation
from dashboard.run_files import RunCard, read_card

__all__ = ["Feeds", "Targets", "targets_of"]

Tell = Callable[[Observation], None]
"""Takes what was observed; it returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is listened to."""

    ledger: LedgerTarget | None = None
    """The node."""
    broker: BrokerTarget | None = None
    """The broker."""
    run: tuple[Path, RunCard] | None = None
    """A run's folder."""

    @property
    def places(self) -> dict[str, str]:
        """Where the sources are, by name, without any password."""
        places = {}
        if self.run is not None:
            places[RUN] = str(self.run[0])
        if self.ledger is not None:
            places[LEDGER] = self.ledger.endpoint
        if self.broker is not None:
            places[BROKER] = BrokerSettings(url=self.broker.url).place
        return places


def targets_of(folder: Path) -> Targets:
    """Return all sources of a run.

    Args:
        folder: The run's folder.

    Raises:
        RunFolderError: It holds no run.
    """
    card = read_card(folder)
    ledger = LedgerTarget(
        endpoint=card.ledger,
        publish=card.publish,
        node_key=bytes.fromhex(card.node_key),
        network=card.network,
        policy_file=folder / card.policy_file if card.policy_file else None,
    )
    broker = BrokerTarget(url=card.broker, network=card.network)
    return Targets(ledger=ledger, broker=broker, run=(folder, card))


class Feeds:
    """Listen to all sources while the block lasts.

    Args:
        targets: What is listened to.
        tell: Takes what was observed.
        clock: For times and waits.
    """

    def __init__(self, targets: Targets, *, tell: Tell, clock: Clock) -> None:
        self._ledger = None
        self._runs = []
        if targets.ledger is not None:
            self._ledger = LedgerFeed(targets.ledger, tell=tell, clock=clock)
            self._runs.append(self._ledger.run)
        if targets.broker is not None:
            self._runs.append(AgentFeed(targets.broker, tell=tell, clock=clock).run)
        if targets.run is not None:
            self._runs.append(RunFeed(*targets.run, tell=tell, clock=clock).run)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(run()) for run in self._runs]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def failed(self) -> None:
        """Return never, or raise what ends a feed: something given is wrong.

        Raises:
            InputError: A key, an address or a file is wrong.
        """
        for task in asyncio.as_completed(self._tasks):
            try:
                await task
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from errors
        await asyncio.Event().wait()

    async def ask_account(self, key: str) -> None:
        """Ask the node how an account stands; the answer is an observation.

        Args:
            key: The account, hexadecimal.
        """
        if self._ledger is not None:
            await self._ledger.ask_account(key)
