"""Figures of the machine at hand, each beside its building block measured in the same run.

- `report`: how figures are taken, written down as JSON and shown as a table.
- `workload`: accounts and signed records to measure with.
- `validator`: signatures and rules, `run_validator()` gives its results.
- `traffic`, `load`: payments signed for a node that runs, and who sends them.
- `node`: a node as a process, `run_node()` gives its results.

Machines differ and are noisy: quote the median of at least five runs, and the ratio.
"""

from benchmarks.node import run as run_node
from benchmarks.report import (
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
from benchmarks.validator import run as run_validator

__all__ = [
    "SCHEMA",
    "Document",
    "Machine",
    "Peer",
    "Result",
    "encode",
    "measure",
    "run_node",
    "run_validator",
    "summarize",
    "table",
    "this_machine",
]
