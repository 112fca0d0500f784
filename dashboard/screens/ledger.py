"""The screen of the ledger: whether the money is right, how fast it goes, and who signs."""

from textual.app import ComposeResult

from dashboard.drawing.ledger_lines import ledger_lines
from dashboard.screens.pane import Pane
from dashboard.widgets.painted import Painted

__all__ = ["LedgerPane"]


class LedgerPane(Pane):
    """The ledger as its node tells of it."""

    NAME = "ledger"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Painted(id="ledger-lines", classes="values")

    def pull(self) -> None:
        """Bring everything up to date."""
        self.query_one(Painted).show(ledger_lines(self.model, self.signs))
