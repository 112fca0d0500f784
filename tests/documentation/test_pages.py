"""Pages link to what exists, and README stays short and true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tidy import COLUMNS_MAX, LEFTOVERS
from tests.documentation.pages import FENCE, ROOT, anchors, commands, links, pages, without_code

README = ROOT / "README.md"

README_LINES_MAX = 120
"""Read in two minutes; the rest stands in docs/."""


def missing(page: Path, target: str) -> bool:
    """Tell whether a link of a page leads nowhere; links to other sites are not followed."""
    if re.match(r"[a-z]+:", target):
        return False
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return True
    return bool(anchor) and anchor not in anchors(file.read_text("utf-8"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """Each link to a file or heading of the project leads there."""
    broken = [target for target in links(page.read_text("utf-8")) if missing(page, target)]
    assert not broken


@pytest.mark.parametrize("target", ["docs/nowhere.md", "CONTRIBUTING.md#nothing", "#nothing"])
def test_broken_links_are_found(target: str) -> None:
    """A link to a missing file or heading would be reported."""
    [found] = links(f"see [this]({target}), not `[that](code)`")[:1]
    assert missing(README, found)


def test_pages_are_reached() -> None:
    """Each page under docs/ is linked from some other page."""
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in pages()
        for target in links(page.read_text("utf-8"))
    }
    lonely = [page for page in pages() if page.parent != ROOT and page.resolve() not in linked]
    assert not lonely


def test_pages_are_finished() -> None:
    """No page holds a placeholder."""
    for page in pages():
        if page.name != "template.md":
            words = without_code(page.read_text("utf-8"))
            found = LEFTOVERS.search(words) or re.search(r"\bTBD\b|(?i:lorem ipsum)", words)
            assert found is None, f"{page.relative_to(ROOT)} holds a placeholder"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_are_read_on_any_screen(page: Path) -> None:
    """Prose keeps to the sources' columns; tables and lines that are one long link may not."""
    lines = FENCE.sub("", page.read_text("utf-8")).splitlines()
    prose = [line for line in lines if not line.startswith("|") and "](" not in line]
    assert [line for line in prose if len(line) > COLUMNS_MAX] == []


def test_readme_is_short() -> None:
    """README is read in two minutes."""
    assert len(README.read_text("utf-8").splitlines()) <= README_LINES_MAX


def runnable(command: str) -> list[str] | None:
    """Return how to show that a documented command exists, or none where that can not be told.

    Args:
        command: A line of a code block, such as `tangleway run commute --headless`.
    """
    words = command.split()
    if words[0] == "make":
        return ["make", "--dry-run", "--no-print-directory", *words[1:]]
    if words[0].removeprefix(".venv/bin/") == "tangleway":
        verbs = []
        for word in words[1:]:
            if word.startswith("-") or not word.islower():
                break
            verbs.append(word)
        return [str(Path(sys.executable).with_name("tangleway")), *verbs[:1], "--help"]
    return None


@pytest.mark.parametrize(
    ("page", "command"),
    [
        (page.name, command)
        for page in (README, ROOT / "CONTRIBUTING.md")
        for command in commands(page.read_text("utf-8"))
    ],
)
def test_documented_commands_exist(page: str, command: str) -> None:
    """Each command in README and CONTRIBUTING is one that make or tangleway knows."""
    if (arguments := runnable(command)) is None:
        pytest.fail(f"{page}: nothing is known about the command {command!r}", pytrace=False)
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page}: {command}\n{done.stdout}{done.stderr}"


def test_unknown_commands_are_found() -> None:
    """A goal that make does not know would be reported."""
    arguments = runnable("make nothing-of-the-kind")
    assert arguments is not None
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nothing-of-the-kind" in done.stderr
