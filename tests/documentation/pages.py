"""The project's Markdown pages, and what can be read out of them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder with README.md."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def pages() -> list[Path]:
    """Return all pages, in order."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def without_code(text: str) -> str:
    """Return a page's text without its blocks and bits of code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Return the targets of a page's links and pictures, code left out."""
    return LINK.findall(FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Return the names under which a page's headings can be linked, as GitHub makes them."""
    titles = (re.sub(r"[`*]", "", title).lower() for title in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def commands(text: str) -> Iterator[str]:
    """Yield the commands in a page's `console` and `sh` blocks, comments and prompts left out."""
    for language, block in FENCE.findall(text):
        if language in {"console", "sh", "bash"}:
            for line in block.splitlines():
                command = line.split("  #")[0].removeprefix("$ ").strip()
                if command and not command.startswith("#"):
                    yield command
