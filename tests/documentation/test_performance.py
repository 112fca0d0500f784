"""The page on performance is the one that the committed documents give, picture included."""

import json
import shutil
from pathlib import Path

from benchmarks import write_page
from benchmarks.bars import BARS
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
    """Whatever the committed documents are, a hurry shows in the verdict of each barred figure."""
    hurried, thorough = set[str](), set[str]()
    for path in FOLDER.glob("*.json"):
        document = json.loads(path.read_bytes())
        names = {result["name"] for result in document["results"]}
        (hurried if document["machine"].get("is_quick") else thorough).update(names)
    text = FOLDER.with_name("performance.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    unjudged = {row.split("`")[1] for row in rows if "not judged: quick" in row}
    assert unjudged == {name for name in hurried - thorough if name in BARS and BARS[name].limits}
