"""The node's page has a row for each family of metrics, with its type, and no other."""

import re
from pathlib import Path

from prometheus_client.core import Metric

from ledger_node.exposition import ValidatorExposition, disk_bytes
from ledger_node.metrics import ValidatorCounts
from tests.unit.ledger_node.street import HandClock, notary_of, opened
from tests.unit.ledger_node.street_exposition import exposition_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "node.md").read_text("utf-8")

TABLE = re.compile(
    r"^\| of (a node|a validator|both) \| type .*\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE
)

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| \w", re.MULTILINE)

SUFFIXES = {"counter": "_total", "info": "_info"}


def rows(families: list[Metric]) -> set[tuple[str, str]]:
    """Return name and type of families, as Prometheus shows them."""
    return {(one.name + SUFFIXES.get(one.type, ""), one.type) for one in families}


def shown() -> dict[str, set[tuple[str, str]]]:
    """Return the rows of the page's tables by whose they are."""
    return {whose: set(ROW.findall(table)) for whose, table in TABLE.findall(PAGE)}


async def test_each_metric_has_its_row(tmp_path: Path) -> None:
    """What is gathered and what the page says are the same."""
    clock = HandClock()
    async with opened(tmp_path, clock) as state:
        with notary_of(state, tmp_path, clock=clock) as notary:
            of_node = rows(exposition_of(state, notary, clock=clock).gather())
    of_validator = rows(ValidatorExposition(counts=ValidatorCounts()).gather())
    both = {("tangleway_engine_info", "info")}
    beside = rows([disk_bytes({})]) | {("tangleway_figures_age_seconds", "gauge")}
    assert shown() == {
        "a node": of_node - both,
        "a validator": of_validator - both,
        "both": both | beside,
    }
