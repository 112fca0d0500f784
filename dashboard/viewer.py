"""What a screen looks through: a model that is brought up to date, and can be held still.

`LiveViewer` listens to feeds. While it is paused the picture stands still and the data goes on:
the screen is given a copy of the model as it was, and the real one is brought up to date behind it.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from agent_runtime import Clock
from dashboard.feeds import Feeds, Targets
from dashboard.model import Model, advance, new_model, take
from dashboard.observed import Observation

__all__ = ["LiveViewer", "Viewer"]


class Viewer(Protocol):
    """The port: what a screen looks through."""

    @property
    def shown(self) -> Model:
        """What is shown."""

    @property
    def is_paused(self) -> bool:
        """Whether the picture stands still."""

    @property
    def words(self) -> str:
        """How it plays, for the status bar; empty where it is simply live."""

    def tick(self) -> None:
        """Let time pass up to now."""

    def toggle_pause(self) -> None:
        """Hold the picture still, or let it go on."""

    def acknowledge(self, name: str | None) -> int:
        """Note that somebody has seen one alert, or all; return how many that closes."""

    async def run(self) -> None:
        """Be fed until cancelled.

        Raises:
            InputError: A key, an address or a file is wrong.
        """


class LiveViewer:
    """Look at what happens now.

    Args:
        targets: What is listened to.
        clock: For times and waits.
        also: Is told everything that is heard, such as a recorder.
    """

    def __init__(
        self, targets: Targets, *, clock: Clock, also: Callable[[Observation], None] | None = None
    ) -> None:
        self.model = new_model(clock.now_us(), sources=targets.places)
        """All that is known, also while the picture stands still."""
        self._clock = clock
        self._also = also
        self._frozen: Model | None = None
        self._feeds = Feeds(targets, tell=self._tell, clock=clock)

    @property
    def shown(self) -> Model:
        """What is shown."""
        return self.model if self._frozen is None else self._frozen

    @property
    def is_paused(self) -> bool:
        """Whether the picture stands still."""
        return self._frozen is not None

    @property
    def words(self) -> str:
        """How much has happened since the picture stands still."""
        if self._frozen is None:
            return ""
        return f"PAUSED +{self.model.log.written - self._frozen.log.written} new"

    def tick(self) -> None:
        """Let time pass up to now."""
        advance(self.model, self._clock.now_us())

    def toggle_pause(self) -> None:
        """Hold the picture still, or let it go on."""
        if self._frozen is None:
            self.tick()
            self._frozen = msgspec.json.decode(msgspec.json.encode(self.model), type=Model)
        else:
            self._frozen = None

    def acknowledge(self, name: str | None) -> int:
        """Note that somebody has seen one alert, or all; return how many that closes."""
        if self._frozen is not None:
            self._frozen.alerts.acknowledge(name)
        return self.model.alerts.acknowledge(name)

    async def run(self) -> None:
        """Be fed until cancelled.

        Raises:
            InputError: A key, an address or a file is wrong.
        """
        async with self._feeds:
            await self._feeds.failed()

    def _tell(self, observation: Observation) -> None:
        """Take in what was heard."""
        take(self.model, observation)
        if self._also is not None:
            self._also(observation)
