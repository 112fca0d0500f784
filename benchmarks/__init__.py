"""Figures of the machine at hand, each beside its building block measured in the same run.

- `report`, `options`: how figures are taken, written down as JSON and shown as a table.
- `catalogue`: every benchmark by its name; `measured()` runs one.
- `machine`, `building_blocks`: the cores, the engines, and what figures stand beside.
- `workload`: accounts and signed records for a ledger whose time stands still; `signatures` and
  `validator` measure with them.
- `traffic`, `load`, `sites` (of `site_process`): payments signed for a node that runs, who sends
  them, and a node with its validators as processes; `node`, `latency`, `growth`, `stored` (audit
  and restart) and `fairness` measure with them, `parts` what the node's time is made of.
- `toll`: what stories with live processes measure; `peers`: the same work done by others.
- `bars`, `page`, `plots`: the page that holds figures against what was promised.
- `crash`: no figure but a trial, see there.

Machines differ and are noisy: quote the median of at least five runs, and the ratio.
"""

from benchmarks.catalogue import CATALOGUE, measured
from benchmarks.options import RUNS, RUNS_QUICK, Options
from benchmarks.page import write_page
from benchmarks.report import (
    SCHEMA,
    Document,
    Machine,
    Peer,
    Result,
    as_json,
    encode,
    measure,
    summarize,
    table,
    this_machine,
)

__all__ = [
    "CATALOGUE",
    "RUNS",
    "RUNS_QUICK",
    "SCHEMA",
    "Document",
    "Machine",
    "Options",
    "Peer",
    "Result",
    "as_json",
    "encode",
    "measure",
    "measured",
    "summarize",
    "table",
    "this_machine",
    "write_page",
]
