"""The page on performance is the one that the committed documents give, picture included."""

import shutil
from pathlib import Path

from benchmarks import write_page
from tests.documentation.pages import ROOT

FOLDER = ROOT / "docs" / "performance"


def test_the_page_is_made_from_its_documents(tmp_path: Path) -> None:
    """Nothing in it is written by hand: `tangleway bench page docs/performance` gives the same."""
    copy = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, copy)
    page = write_page(copy)
    assert page.read_text("utf-8") == FOLDER.with_name("performance.md").read_text("utf-8")
    assert (copy / "bars.svg").read_bytes() == (FOLDER / "bars.svg").read_bytes()


def test_figures_of_a_quick_run_are_not_called_met() -> None:
    """Whatever the committed documents are, a hurry shows in the verdicts."""
    text = FOLDER.with_name("performance.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    is_quick = any(b'"is_quick": true' in path.read_bytes() for path in FOLDER.glob("*.json"))
    assert is_quick == any("not judged: quick" in row for row in rows)
