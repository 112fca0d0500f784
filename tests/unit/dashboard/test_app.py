"""The frame: every key does what the help says, at any size."""

import inspect

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from dashboard.app import PANES, DashboardApp
from dashboard.drawing.signs import Signs
from dashboard.drawing.spans import width
from dashboard.errors import ScreenError, ThemeError
from dashboard.model import Model
from dashboard.screens.help import KEYS, HelpScreen, help_lines
from dashboard.widgets.live_table import LiveTable
from dashboard.widgets.painted import Painted
from tests.unit.dashboard.heard import began, metrics, model_of, news, refused, session, until
from tests.unit.dashboard.still import StillViewer


def city() -> Model:
    """Return a small city in which something went wrong."""
    return model_of(
        began(),
        metrics(0),
        *(news(0, f"car-{n}", "vehicle", topic="vehicle", doing="driving") for n in range(30)),
        session(1, "delivering", billed=300),
        refused(2, 5),
    )


def app_of(model: Model, **options: object) -> DashboardApp:
    """Return the frame around a model that stands still."""
    return DashboardApp(StillViewer(model), **options)  # type: ignore[arg-type]


def table(pilot: Pilot[int]) -> LiveTable:
    """Return the main table of the screen that is seen."""
    assert isinstance(pilot.app, DashboardApp)
    found = pilot.app.pane.main_table
    assert found is not None
    return found


async def test_numbers_go_to_screens() -> None:
    """Each screen has its number, and escape leads back to the first, never out."""
    app = app_of(city())
    async with app.run_test(size=(80, 24)) as pilot:
        for number, pane in enumerate(PANES, 1):
            await pilot.press(str(number))
            assert app.pane.NAME == pane.NAME
        await pilot.press("escape", "escape")
        assert app.pane.NAME == PANES[0].NAME


async def test_finding() -> None:
    """What is typed narrows the table at once; enter keeps it, escape forgets it."""
    app = app_of(city(), start="agents")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"car-1")
        assert len(table(pilot).table.order) == 11
        await pilot.press("enter")
        assert app.focused is table(pilot)
        await pilot.press("escape")
        assert app.query_one("#find", Input).value == ""
        assert len(table(pilot).table.order) == 32


async def test_the_cursor_stays_on_its_row() -> None:
    """Sorting, reversing and new rows do not move the cursor to another row."""
    app = app_of(city(), start="agents")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "down")
        chosen = table(pilot).table.cursor
        await pilot.press("r", "greater_than_sign", "f")
        assert table(pilot).table.cursor == chosen
        assert table(pilot).table.descending


async def test_a_click_sorts_and_chooses() -> None:
    """A head sorts, again the other way round; a row is chosen."""
    app = app_of(city(), start="agents")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(table(pilot), offset=(3, 0))
        assert table(pilot).table.descending
        await pilot.click(table(pilot), offset=(3, 2))
        assert table(pilot).table.place == 1


async def test_holding_still() -> None:
    """Space holds the picture and says so, space again lets it go on."""
    app = app_of(city())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        assert app.viewer.is_paused
        assert "PAUSED" in app.query_one("#bar").text()  # type: ignore[attr-defined]
        await pilot.press("space")
        assert not app.viewer.is_paused


async def test_acknowledging() -> None:
    """`a` closes all alerts, or the chosen one where they are listed."""
    model = city()
    app = app_of(model, start="log")
    async with app.run_test(size=(80, 24)) as pilot:
        assert model.alerts.open
        await pilot.press("a")
        assert model.alerts.open == []


async def test_copying_an_id() -> None:
    """The whole name of what is chosen is copied."""
    app = app_of(city(), start="agents")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        assert app.clipboard == table(pilot).table.cursor


def test_every_key_does_something() -> None:
    """No key is bound to an action that is not there, and none is offered that is not bound."""
    for owner in (DashboardApp, LiveTable, HelpScreen):
        for binding in owner.BINDINGS:
            assert isinstance(binding, Binding)
            action = binding.action.partition("(")[0]
            assert hasattr(owner, f"action_{action}"), binding


def test_the_help_names_what_is_there() -> None:
    """Each screen stands in the help under its key, and no other screen does."""
    [screens] = [text for name, text in KEYS if name == "Screens"]
    for number, pane in enumerate(PANES, 1):
        assert f"{number} {pane.NAME}" in screens
    assert f"{len(PANES) + 1} " not in screens


async def test_tab_goes_to_the_other_table() -> None:
    """The keyboard reaches alerts as well as the log."""
    app = app_of(city(), start="log")
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.focused is table(pilot)
        await pilot.press("tab")
        assert app.focused is not None
        assert app.focused.id == "alert-table"


async def test_all_that_the_palette_offers_can_be_done() -> None:
    """Each entry runs; the last one leaves."""
    app = app_of(city())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press("escape")
        entries = list(app.get_system_commands(app.screen))
        assert entries[-1].title == "Quit"
        for entry in entries:
            found = entry.callback()
            if inspect.isawaitable(found):
                await found
            await pilot.press("escape")
    assert app.return_code == 0


async def test_help_fits_a_small_terminal() -> None:
    """One page of 80 columns and 24 lines, in both alphabets; the same key closes it."""
    for signs in (Signs(), Signs(ascii=True)):
        lines = help_lines(signs)
        assert len(lines) <= 22
        assert max(map(width, lines)) <= 76
    app = app_of(city())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("question_mark")
        assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving(key: str) -> None:
    """Two keys leave, with exit code 0."""
    app = app_of(city())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
    assert app.return_code == 0


async def test_any_size_is_survived() -> None:
    """From large to hardly anything, on every screen, nothing crashes."""
    app = app_of(city())
    async with app.run_test(size=(200, 60)) as pilot:
        for size in ((60, 16), (20, 6), (1, 1), (120, 40)):
            await pilot.resize_terminal(*size)
            for number in range(1, len(PANES) + 1):
                await pilot.press(str(number))


async def test_ascii_shows_nothing_else() -> None:
    """Where the font has nothing else, nothing else is shown."""
    app = app_of(until(city(), 9), ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(1, len(PANES) + 1):
            await pilot.press(str(number))
            for shown in app.pane.query(LiveTable):
                assert all(shown.render_line(y).text.isascii() for y in range(shown.size.height))
            for painted in app.pane.query(Painted):
                assert painted.text().isascii()
        assert app.query_one("#bar").text().isascii()  # type: ignore[attr-defined]


def test_an_unknown_screen_is_refused() -> None:
    """Its error names those that there are."""
    with pytest.raises(ScreenError, match="agents"):
        app_of(city(), start="moon")


def test_an_unknown_theme_is_refused() -> None:
    """Its error names those that there are, before anything is drawn."""
    with pytest.raises(ThemeError, match="tangleway-light"):
        app_of(city(), theme="moon")


async def test_every_theme_is_worn() -> None:
    """Light, dark, and one of Textual's."""
    for name in ("tangleway-dark", "tangleway-light", "nord"):
        app = app_of(city(), theme=name)
        async with app.run_test(size=(80, 24)):
            assert app.theme == name
