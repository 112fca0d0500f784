"""A viewer whose model stands still, so that what is drawn of it is the same each time."""

import asyncio

from dashboard.app import DashboardApp
from dashboard.model import Model


class StillViewer:
    """Look at one model, without feeds and without time."""

    def __init__(self, model: Model) -> None:
        self.shown = model
        self.is_paused = False

    @property
    def words(self) -> str:
        return "PAUSED +0 new" if self.is_paused else ""

    def tick(self) -> None: ...

    def toggle_pause(self) -> None:
        self.is_paused = not self.is_paused

    def acknowledge(self, name: str | None) -> int:
        return self.shown.alerts.acknowledge(name)

    async def run(self) -> None:
        await asyncio.Event().wait()


def picture(app: DashboardApp) -> str:
    """Return what stands on the terminal as plain text.

    Args:
        app: A dashboard that is shown.
    """
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"
