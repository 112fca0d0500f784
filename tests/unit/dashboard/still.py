"""A viewer whose model stands still, so that what is drawn of it is the same each time."""

import asyncio

from dashboard.model import Model


class StillViewer:
    """Look at one model, without feeds and without time."""

    is_replay = False

    def __init__(self, model: Model) -> None:
        self.shown = model
        self.is_paused = False
        self.asked: list[str] = []

    @property
    def words(self) -> str:
        return "PAUSED +0 new" if self.is_paused else ""

    def tick(self) -> None: ...

    def toggle_pause(self) -> None:
        self.is_paused = not self.is_paused

    def step(self, seconds: float) -> bool:
        return False

    def speed_up(self, factor: float) -> bool:
        return False

    def go_live(self) -> None:
        self.is_paused = False

    def acknowledge(self, name: str | None) -> int:
        return self.shown.alerts.acknowledge(name)

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def ask_account(self, key: str) -> None:
        self.asked.append(key)
