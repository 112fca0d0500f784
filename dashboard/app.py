"""The dashboard on a terminal: one frame around its screens.

Nothing is painted for an event. Four times a second what is seen is pulled from the model; screens
that are not seen cost nothing.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Input

from dashboard.drawing.bar import banner, status_bar, tabs
from dashboard.drawing.signs import Signs
from dashboard.errors import ScreenError, ThemeError
from dashboard.screens.agents import AgentsPane
from dashboard.screens.help import HelpScreen
from dashboard.screens.ledger import LedgerPane
from dashboard.screens.log import LogPane
from dashboard.screens.pane import Pane
from dashboard.screens.sessions import SessionsPane
from dashboard.themes import THEMES
from dashboard.viewer import Viewer
from dashboard.widgets.live_table import LiveTable
from dashboard.widgets.painted import Painted

__all__ = ["PANES", "DashboardApp"]

PANES: tuple[type[Pane], ...] = (AgentsPane, SessionsPane, LedgerPane, LogPane)
"""The screens, in the order of their keys."""

WIDTHS: list[tuple[int, str]] | None = [(0, "-narrow"), (100, "-wide")]
"""From so many columns on a screen is called so in the styles."""

HEIGHTS: list[tuple[int, str]] | None = [(0, "-short"), (32, "-tall")]
"""The same for lines."""

PULLS_PER_S = 4.0
"""How often tables are brought up to date: faster can not be read. [1/s]"""


class DashboardApp(App[int]):
    """The frame.

    Args:
        viewer: What it looks through.
        start: The screen it begins with, empty for the first.
        ascii: Show ASCII alone.
        theme: Name of a theme.
        crash_log: Where the trace of a fault goes; None for nowhere.

    Raises:
        ScreenError: There is no such screen.
        ThemeError: There is no such theme.
    """

    TITLE = "tangleway"
    CSS_PATH = "dashboard.tcss"
    ENABLE_COMMAND_PALETTE = True
    AUTO_FOCUS = None
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"go('{pane.NAME}')", pane.NAME.capitalize(), show=False)
            for number, pane in enumerate(PANES, 1)
        ),
        Binding("slash", "find", "Find"),
        Binding("space", "pause", "Pause"),
        Binding("y", "copy_id", "Copy", show=False),
        Binding("a", "acknowledge", "Ack"),
        Binding("colon", "command_palette", "Palette", show=False),
        Binding("question_mark", "help", "Help"),
        Binding("q,ctrl+c", "quit", "Quit", priority=False),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(
        self,
        viewer: Viewer,
        *,
        start: str = "",
        ascii: bool = False,  # noqa: A002 (that is its name)
        theme: str = THEMES[0].name,
        crash_log: Path | None = None,
    ) -> None:
        super().__init__()
        self.viewer = viewer
        self.signs = Signs(ascii=ascii)
        self._start = _known(start)
        for own in THEMES:
            self.register_theme(own)
        if theme not in self.available_themes:
            names = ", ".join(sorted(self.available_themes))
            raise ThemeError(f"There is no theme {theme!r}; name one of {names}.")
        self._wanted_theme = theme
        self._crash_log = crash_log
        self._feeding: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Painted(id="bar")
        yield Painted(id="tabs")
        yield Painted(id="banner")
        with ContentSwitcher(initial=self._start, id="panes"):
            for pane in PANES:
                yield pane(self)
        yield Input(placeholder="find: text, !without, column:text", id="find")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to be fed and to paint."""
        self.theme = self._wanted_theme
        self._feeding = asyncio.create_task(self._feed())
        self.set_interval(1 / PULLS_PER_S, self.pull)
        self.action_go(self._start)

    @property
    def pane(self) -> Pane:
        """The screen that is seen."""
        switcher = self.screen_stack[0].query_one("#panes", ContentSwitcher)
        return switcher.query_one(f"#{switcher.current}", Pane)

    def pull(self) -> None:
        """Let time pass, and bring what is seen up to date."""
        self.viewer.tick()
        self._pull_frame()
        if not self.viewer.is_paused:
            self.pane.pull()

    def action_go(self, name: str) -> None:
        """Show another screen."""
        base = self.screen_stack[0]
        base.query_one("#panes", ContentSwitcher).current = name
        self.pane.pull()
        self._pull_frame()
        self.pane.take_focus()

    def action_pause(self) -> None:
        """Hold the picture still, or let it go on; the data goes on in any case."""
        self.viewer.toggle_pause()
        self.pane.pull()
        self._pull_frame()

    def action_acknowledge(self) -> None:
        """Note that the chosen alert, or all of them, have been seen."""
        chosen = self.focused
        is_list = isinstance(chosen, LiveTable) and chosen.id == "alert-table"
        name = chosen.table.cursor if isinstance(chosen, LiveTable) and is_list else None
        closed = self.viewer.acknowledge(name)
        self.notify(f"{closed} acknowledged" if closed else "nothing to acknowledge")
        self.pull()

    def action_find(self) -> None:
        """Open the line in which one types what to look for, where there is a table."""
        if self.pane.main_table is None:
            self.notify("there is no table here")
            return
        field = self.query_one("#find", Input)
        field.add_class("on")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches, while it is typed."""
        if event.input.id == "find":
            self.pane.look_for(event.value)
            event.input.border_subtitle = self.pane.matches

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave what was typed in force."""
        if event.input.id == "find":
            self._close_find(event.input)

    async def action_back(self) -> None:
        """Forget what was looked for, or go back to the first screen; never quit."""
        field = self.query_one("#find", Input)
        if field.value or field.has_class("on"):
            field.value = ""
            self.pane.look_for("")
            self._close_find(field)
        else:
            self.action_go(PANES[0].NAME)

    def action_copy_id(self) -> None:
        """Copy the whole id or name of what is chosen."""
        subject = self.pane.subject
        if subject:
            self.copy_to_clipboard(subject)
        self.notify(f"copied {subject}" if subject else "nothing is chosen")

    def action_help(self) -> None:
        """Show all keys and signs."""
        self.push_screen(HelpScreen(self.signs))

    async def action_quit(self) -> None:
        """Leave; whatever runs goes on."""
        self.exit(0)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the palette offers."""
        for pane in PANES:
            yield SystemCommand(f"Go to {pane.NAME}", f"screen {pane.NAME}", self._going(pane.NAME))
        yield SystemCommand("Pause or go on", "hold the picture still", self.action_pause)
        yield SystemCommand("Acknowledge", "all alerts", self.action_acknowledge)
        yield SystemCommand("Find", "rows with a text", self.action_find)
        yield SystemCommand("Copy id", "of what is chosen", self.action_copy_id)
        yield SystemCommand("Theme", "choose other colours", self.action_change_theme)
        yield SystemCommand("Help", "all keys and signs", self.action_help)
        yield SystemCommand("Quit", "leave; whatever runs goes on", self.action_leave)

    def action_leave(self) -> None:
        """Leave, from the palette."""
        self.exit(0)

    def _going(self, name: str) -> Callable[[], None]:
        """Return what goes to a screen."""
        return lambda: self.action_go(name)

    def _close_find(self, field: Input) -> None:
        """Close the line in which one types, and give the keys back."""
        field.remove_class("on")
        self.pane.take_focus()

    def _pull_frame(self) -> None:
        """Bring the upper lines up to date."""
        base, model = self.screen_stack[0], self.viewer.shown
        columns = self.size.width
        bar = status_bar(model, self.signs, words=self.viewer.words, columns=columns)
        base.query_one("#bar", Painted).show([bar])
        base.query_one("#tabs", Painted).show([tabs([one.NAME for one in PANES], self.pane.NAME)])
        trouble = banner(model, self.signs)
        field = base.query_one("#banner", Painted)
        field.display = trouble is not None
        field.show([trouble] if trouble is not None else [])
        base.set_class(self.viewer.is_paused or trouble is not None, "dimmed")

    async def _feed(self) -> None:
        """Be fed for ever; what ends it is shown on the way out."""
        try:
            await self.viewer.run()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (shown, with its exit code, by the command)
            self.fault = error
            self.exit(getattr(error, "exit_code", 1))

    fault: Exception | None = None
    """What has ended the feeds."""

    async def on_unmount(self) -> None:
        """Stop being fed."""
        if self._feeding is not None:
            self._feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._feeding

    def _fatal_error(self) -> None:
        """Say that it ended, and why, without what stood in its variables: some of those are keys.

        A hook of Textual's own, which would print all local variables; a test holds it.
        """
        trace = traceback.format_exc()
        where = ""
        if self._crash_log is not None:
            with contextlib.suppress(OSError):
                self._crash_log.write_text(trace, "utf-8")
                where = f" The trace is in {self._crash_log}."
        reason = trace.strip().splitlines()[-1].partition(":")[0]
        words = f"tangleway: the dashboard has stopped by a fault of its own ({reason}).{where}"
        self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()


def _known(name: str) -> str:
    """Return the name of a screen.

    Raises:
        ScreenError: There is none of that name.
    """
    names = [pane.NAME for pane in PANES]
    if name and name not in names:
        raise ScreenError(f"There is no screen {name!r}; name one of {', '.join(names)}.")
    return name or names[0]
