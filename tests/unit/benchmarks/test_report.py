"""The report of a benchmark: figures summed up, written as JSON, shown as a table."""

from pathlib import Path

import msgspec
import pytest

from benchmarks import (
    SCHEMA,
    Document,
    Machine,
    Peer,
    Result,
    encode,
    measure,
    summarize,
    table,
    this_machine,
)
from benchmarks.report import _cpu_name

MACHINE = Machine(cpu="Abacus 3", cores=2, python="CPython 3.11.7", os="Linux 6.1")


def test_measure_runs_as_often_as_told() -> None:
    """Each run gives one figure, in order."""
    figures = iter([5.0, 7.0, 6.0])
    assert measure(lambda: next(figures), runs=2) == [5.0, 7.0]
    assert next(figures) == 6.0


def test_summary_without_a_peer() -> None:
    """Median and extremes stand alone where there is nothing to compare with."""
    result = summarize("node.transfers", [3.0, 1.0, 2.0], unit="transfers/s")
    assert result == Result(
        name="node.transfers", unit="transfers/s", median=2.0, min=1.0, max=3.0, runs=3
    )
    assert result.peer is None
    assert result.ratio is None


def test_ratio_is_taken_run_by_run() -> None:
    """A run in which the whole machine was slow does not change the ratio."""
    result = summarize(
        "x", [20.0, 2.0, 22.0], unit="1/s", peer_name="peer", peer_figures=[10.0, 1.0, 11.0]
    )
    assert result.peer == Peer(name="peer", median=10.0)
    assert result.ratio == 2.0


def test_each_figure_needs_one_of_the_peer() -> None:
    """Figures that were not taken in the same runs can not be compared."""
    with pytest.raises(ValueError, match="shorter"):
        summarize("x", [1.0, 2.0], unit="1/s", peer_name="peer", peer_figures=[1.0])


def test_document_is_the_documented_json() -> None:
    """The keys are those that readers rely on, the schema first."""
    results = [
        summarize("a", [1.0], unit="s"),
        summarize("b", [4.0], unit="1/s", peer_name="c", peer_figures=[2.0]),
    ]
    written = encode(Document(machine=MACHINE, results=results))
    assert written.startswith(b'{\n  "schema": "tangleway.bench/1",')
    assert msgspec.json.decode(written) == {
        "schema": SCHEMA,
        "machine": {"cpu": "Abacus 3", "cores": 2, "python": "CPython 3.11.7", "os": "Linux 6.1"},
        "results": [
            {
                "name": "a",
                "unit": "s",
                "median": 1.0,
                "min": 1.0,
                "max": 1.0,
                "runs": 1,
                "peer": None,
                "ratio": None,
            },
            {
                "name": "b",
                "unit": "1/s",
                "median": 4.0,
                "min": 4.0,
                "max": 4.0,
                "runs": 1,
                "peer": {"name": "c", "median": 2.0},
                "ratio": 2.0,
            },
        ],
    }
    assert msgspec.json.decode(written, type=Document).results == results


def test_table_is_aligned_plain_text() -> None:
    """Numbers stand below each other, and the machine is named."""
    results = [
        summarize("validator.rules", [800_123.4], unit="records/s"),
        summarize("toll", [0.1234], unit="ms", peer_name="echo", peer_figures=[0.0617]),
    ]
    assert table(Document(machine=MACHINE, results=results)).splitlines() == [
        "what              median      min      max  unit       runs  peer         ratio",
        "validator.rules  800,123  800,123  800,123  records/s     1  -                -",
        "toll               0.123    0.123    0.123  ms            1  echo 0.0617  2.00x",
        "Abacus 3, 2 cores, CPython 3.11.7, Linux 6.1",
    ]


def test_machine_is_described() -> None:
    """Every fact about the machine at hand is known."""
    machine = this_machine()
    assert machine.cores >= 1
    assert all([machine.cpu, machine.python, machine.os])


def test_processor_name_is_read_from_the_system(tmp_path: Path) -> None:
    """The first processor's name is taken; a system without such facts gives none."""
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nmodel name\t: Abacus 3\nmodel name\t: Abacus 4\n")
    assert _cpu_name(facts) == "Abacus 3"
    facts.write_text("processor\t: 0\n")
    assert _cpu_name(facts) == ""
    assert _cpu_name(tmp_path / "missing") == ""
