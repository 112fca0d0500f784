"""The page on performance says what the JSON says, and nothing else."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import Document, Machine, Result, encode, summarize
from benchmarks.bars import BARS, Bar, Limit, shortfalls
from benchmarks.page import BenchFileError, Note, Notes, page_text, write_page
from benchmarks.plots import draw_bars

MACHINE = Machine(cpu="Abacus 3", cores=2, python="CPython 3.11.7", os="Linux 6.1")

RATE = summarize("verify.rate", [40_000.0], unit="records/s", peer_name="p", peer_figures=[2e4])
RESTART = summarize("restart.seconds", [2.0, 3.0], unit="s")


def document(*results: Result, load: float = 0.0) -> Document:
    """Return what a benchmark found."""
    machine = Machine(
        **{**{f: getattr(MACHINE, f) for f in MACHINE.__struct_fields__}, "load": load}
    )
    return Document(machine=machine, results=list(results))


def row(text: str, name: str) -> list[str]:
    """Return the cells of a figure's row."""
    [line] = re.findall(rf"^\| `{re.escape(name)}` \| (.*) \|$", text, re.MULTILINE)
    return [cell.strip() for cell in line.split(" | ")]


def test_every_figure_has_its_row() -> None:
    """What was not measured is called so; what was has bar, figures, ratio and verdict."""
    text = page_text({"verify": document(RATE)}, Notes(), folder="performance")
    for name in set(BARS) - {"verify.rate"}:
        assert row(text, name)[2] == "not measured"
    assert row(text, "verify.rate")[1:] == [
        "≥ 100,000 records/s",
        "40,000 records/s",
        "40,000 - 40,000 (1 runs)",
        "p: 20,000",
        "2x",
        "no, 2.5 times off",
    ]


def test_a_bar_that_is_met() -> None:
    """At most is met from below."""
    text = page_text({"restart": document(RESTART)}, Notes(), folder="performance")
    assert row(text, "restart.seconds")[-1] == "yes"
    assert "What is missed" not in text


def test_a_quick_run_meets_nothing() -> None:
    """What was measured in a hurry is shown, and judged by nobody."""
    machine = Machine(cpu="Abacus 3", cores=2, python="3.11", os="Linux", is_quick=True)
    quick = Document(machine=machine, results=[RESTART])
    text = page_text({"restart": quick}, Notes(), folder="performance")
    assert row(text, "restart.seconds")[-1] == "not judged: quick (yes)"


def test_a_bar_that_is_nearly_met_is_missed_by_percents() -> None:
    """Nobody reads that something is one time off."""
    near = summarize("restart.seconds", [5.02], unit="s")
    text = page_text({"restart": document(near)}, Notes(), folder="performance")
    assert row(text, "restart.seconds")[-1] == "no, 0.4% off"


def test_misses_are_explained() -> None:
    """Each missed figure has its note, or is said to have none."""
    notes = Notes(notes=(Note(figures=("verify",), where="Signatures take it.", tried="Lanes."),))
    documents = {"verify": document(RATE)}
    text = page_text(documents, notes, folder="performance")
    assert "Missed by 2.5 times. Signatures take it." in text
    assert "*Tried and next:* Lanes." in text
    assert "nobody said why yet" in page_text(documents, Notes(), folder="performance")


def test_a_disturbed_machine_is_named() -> None:
    """Figures that were taken beside other work say so."""
    quiet = page_text({"verify": document(RATE)}, Notes(), folder="performance")
    assert "shared the cores" not in quiet
    text = page_text({"verify": document(RATE, load=3.7)}, Notes(), folder="performance")
    assert "each began: verify 3.7." in " ".join(text.split())


def test_the_benchmark_that_a_figure_is_named_after_has_it() -> None:
    """A figure that several documents have is taken from its own benchmark."""
    other = summarize("verify.rate", [1.0], unit="records/s")
    documents = {"node": document(other), "verify": document(RATE), "zoo": document(other)}
    assert row(page_text(documents, Notes(), folder="f"), "verify.rate")[2] == "40,000 records/s"


def test_the_profile_adds_up() -> None:
    """The parts of a transfer's time stand in a table with their shares."""
    parts = [
        summarize("parts.signatures", [30.0], unit="us/record"),
        summarize("parts.log", [10.0], unit="us/record"),
    ]
    text = page_text({"parts": document(*parts)}, Notes(), folder="performance")
    assert "| signatures | 30 | 75% |" in text
    assert "| all of them | 40 | |" in text


def test_page_and_picture_are_written(tmp_path: Path) -> None:
    """The page stands beside the folder, the picture in it; both again give the same."""
    folder = tmp_path / "performance"
    folder.mkdir()
    (folder / "verify.json").write_bytes(encode(document(RATE)))
    (folder / "notes.toml").write_text('[[notes]]\nfigures = ["verify"]\nwhere = "There."\n')
    page = write_page(folder)
    assert page == tmp_path / "performance.md"
    first = page.read_text("utf-8")
    assert "(performance/bars.svg)" in first
    assert "There." in first
    assert write_page(folder).read_text("utf-8") == first
    prose = [line for line in first.splitlines() if not line.startswith("|")]
    assert max(map(len, prose)) <= 100


@pytest.mark.parametrize("name", ["verify.json", "notes.toml"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    """A file that is none of ours ends it, and nothing is written."""
    folder = tmp_path / "performance"
    folder.mkdir()
    (folder / name).write_text("[[")
    with pytest.raises(BenchFileError, match=re.escape(name)):
        write_page(folder)
    assert not (tmp_path / "performance.md").exists()


@pytest.mark.parametrize(
    ("limit", "median", "ratio", "factor"),
    [
        (Limit(10), 5.0, None, 2.0),
        (Limit(10), 20.0, None, 0.5),
        (Limit(10, "at most"), 30.0, None, 3.0),
        (Limit(10, "at most"), -5.0, None, -0.5),
        (Limit(4, is_ratio=True), 5.0, 2.0, 2.0),
        (Limit(4, is_ratio=True), 5.0, None, float("inf")),
    ],
)
def test_shortfall(limit: Limit, median: float, ratio: float | None, factor: float) -> None:
    """A bar is missed by a factor of more than one."""
    result = Result(name="a", unit="s", median=median, min=1, max=9, runs=1, ratio=ratio)
    assert limit.shortfall(result) == factor
    assert shortfalls(Bar("what", (limit,)), result) == ([factor] if factor > 1 else [])


def test_the_picture_is_well_formed() -> None:
    """Each limit of a measured figure has its row, met or missed."""
    results = {"verify.rate": RATE, "restart.seconds": RESTART}
    text = draw_bars(results)
    words = [element.text for element in ET.fromstring(text).iter() if element.text]
    assert "verify.rate (≥ 100,000 records/s)" in words
    assert "0.4x, missed" in words
    assert "2x, met" in words
