"""The screen of the log: what went wrong, and what happened."""

from textual.app import ComposeResult
from textual.widgets import Static

from dashboard.drawing.bar import clock
from dashboard.drawing.signs import LEVELS
from dashboard.drawing.table import Column, Table
from dashboard.drawing.words import age
from dashboard.model import Alert, LogLine
from dashboard.screens.pane import Pane
from dashboard.widgets.live_table import LiveTable

__all__ = ["LogPane", "log_table"]

ALERT_ROWS = 6
"""Lines for alerts at most, their head included."""


def log_table(pane: Pane) -> Table[LogLine]:
    """Return a table of the log's lines.

    Args:
        pane: The screen that it stands on.
    """
    columns = (
        Column[LogLine](
            name="time",
            width=8,
            text=lambda line: clock(line.at_us),
            key=lambda line: line.number,
        ),
        Column[LogLine](
            name="level",
            width=6,
            text=lambda line: str(line.level),
            tone=lambda line: LEVELS[line.level],
        ),
        Column[LogLine](name="who", width=14, text=lambda line: line.who),
        Column[LogLine](name="what", width=20, text=lambda line: line.text, grows=True),
    )
    return Table[LogLine](
        columns, lambda line: str(line.number), sort="time", descending=True, signs=pane.signs
    )


class LogPane(Pane):
    """Alerts above, the log below, the newest first."""

    NAME = "log"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        columns = (
            Column[Alert](name="alert", width=6, text=lambda alert: alert.id),
            Column[Alert](
                name="level",
                width=6,
                text=lambda alert: str(alert.level),
                tone=lambda alert: LEVELS[alert.level],
            ),
            Column[Alert](
                name="since",
                width=6,
                text=lambda alert: age((self.model.now_us - alert.at_us) / 1e6),
                key=lambda alert: alert.at_us,
                right=True,
                rank=2,
            ),
            Column[Alert](name="whom", width=14, text=lambda alert: alert.subject),
            Column[Alert](name="what", width=24, text=_matter, grows=True),
        )
        alerts = Table[Alert](
            columns, lambda alert: alert.id, sort="since", descending=True, signs=self.signs
        )
        yield LiveTable(alerts, lambda: self.model.alerts.open, id="alert-table")
        yield Static("no alerts", id="no-alerts")
        yield LiveTable(log_table(self), lambda: self.model.log.lines, id="log-table")

    def pull(self) -> None:
        """Bring everything up to date; alerts take the room that they need."""
        alerts = self.query_one("#alert-table", LiveTable)
        count = len(self.model.alerts.open)
        alerts.display = bool(count)
        alerts.styles.height = min(ALERT_ROWS, count + 1)
        self.query_one("#no-alerts").display = not count
        super().pull()

    @property
    def main_table(self) -> LiveTable:
        """The log."""
        return self.query_one("#log-table", LiveTable)


def _matter(alert: Alert) -> str:
    """Return what is the matter, how often, and whether it is over."""
    times = f"{alert.count} times: " if alert.count > 1 else ""
    return f"{'over: ' if alert.over_us else ''}{times}{alert.text}"
