"""Draw the README's pictures from a real run.

Use: `uv run --with pyte python docs/pictures/draw_run.py`, with `tangleway` on the path.

The demo runs in a terminal of its own (a pseudo-terminal, read by the emulator pyte), so the
pictures show what a person sees: once in the middle of the run, once at its end.
"""

import os
import pty
import select
import shutil
import struct
import tempfile
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

COLUMNS, LINES = 112, 40
"""The terminal: wide enough for the report without folded lines."""

MIDDLE = "delivering"
"""What stands on the screen in the middle of a run."""

FOLDER = Path(__file__).parent


def main() -> None:
    """Run the demo and write `run_live.svg` and `run_report.svg` beside this script."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    middle: list[Text] = []
    for chunk in _output([shutil.which("tangleway") or "tangleway", "demo"]):
        stream.feed(chunk)
        shown = _lines(screen)
        if sum(line.plain.count(MIDDLE) for line in shown) > sum(
            line.plain.count(MIDDLE) for line in middle
        ):
            middle = shown
    _draw(middle, title="make demo", path=FOLDER / "run_live.svg")
    _draw(_lines(screen), title="make demo: the report", path=FOLDER / "run_report.svg")


def _output(command: list[str]) -> Iterator[bytes]:
    """Yield what a command writes to a terminal of its own."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ["XDG_STATE_HOME"] = tempfile.gettempdir()  # nobody's home in a picture
        os.execv(command[0], command)  # noqa: S606  (no shell is wanted here)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    while True:
        select.select([terminal], [], [])
        try:
            yield os.read(terminal, 65_536)
        except OSError:  # Linux says so when the last writer has gone
            os.waitpid(child, 0)
            return


def _lines(screen: pyte.Screen) -> list[Text]:
    """Return the screen's lines with their colours, without the empty ones at the end."""
    lines = []
    for row in range(screen.lines):
        line = Text()
        for column in range(screen.columns):
            character = screen.buffer[row][column]
            colour = None if character.fg == "default" else _colour(character.fg)
            line.append(character.data, Style(color=colour, bold=character.bold))
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1].plain:
        lines.pop()
    return lines


def _colour(name: str) -> str:
    """Return pyte's name of a colour as Rich says it."""
    names = {"brown": "yellow", "brightbrown": "bright_yellow"}
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return names.get(name, name.replace("bright", "bright_"))


def _draw(lines: list[Text], *, title: str, path: Path) -> None:
    """Write a picture of some lines."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        for line in lines:
            console.print(line, soft_wrap=True)
        console.save_svg(str(path), title=title, theme=SVG_EXPORT_THEME)


if __name__ == "__main__":
    main()
