"""Figures of the machine at hand, each beside its building block measured in the same run.

- `report`: how figures are taken, written down as JSON and shown as a table.
- `workload`: accounts and signed records to measure with.
- `validator`: signatures and rules, `run()` gives its results.

Machines differ and are noisy: quote the median of at least five runs, and the ratio.
"""

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

__all__ = [
    "SCHEMA",
    "Document",
    "Machine",
    "Peer",
    "Result",
    "encode",
    "measure",
    "summarize",
    "table",
    "this_machine",
]
