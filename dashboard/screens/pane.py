"""What all screens share: they are pulled from the model while they are seen, and only then."""

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from dashboard.drawing.signs import Signs
from dashboard.model import Model
from dashboard.widgets.live_table import LiveTable

if TYPE_CHECKING:
    from dashboard.app import DashboardApp

__all__ = ["Pane"]


class Pane(Vertical):
    """One screen.

    Args:
        dashboard: What it belongs to.
    """

    NAME: ClassVar[str]
    """What it is called, and known by."""

    def __init__(self, dashboard: "DashboardApp", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id or self.NAME)
        self.dashboard = dashboard

    @property
    def model(self) -> Model:
        """What is shown."""
        return self.dashboard.viewer.shown

    @property
    def signs(self) -> Signs:
        """The signs of this terminal."""
        return self.dashboard.signs

    def pull(self) -> None:
        """Bring everything up to date, four times a second while it is seen."""
        for table in self.query(LiveTable):
            table.pull()

    def look_for(self, text: str) -> bool:
        """Show only what matches; return whether there is anything here to look through.

        Args:
            text: What was typed behind `/`.
        """
        tables = list(self.query(LiveTable))
        for table in tables:
            table.filter(text)
        return bool(tables)

    @property
    def matches(self) -> str:
        """How much the filter has found, for the line in which it is typed."""
        table = self.main_table
        return "" if table is None else f"{len(table.table.order)} of {table.table.total}"

    @property
    def main_table(self) -> LiveTable | None:
        """The table whose row is copied."""
        tables = list(self.query(LiveTable))
        return tables[0] if tables else None

    @property
    def subject(self) -> str:
        """The whole id or name of what is chosen, to be copied."""
        table = self.main_table
        return "" if table is None else table.table.cursor or ""

    def take_focus(self) -> None:
        """Give the keys to what is looked at."""
        table = self.main_table
        if table is not None:
            table.focus()
