"""What is checked while a simulation goes on: each thing that can be wrong is seen."""

from collections.abc import Callable
from typing import cast

import pytest
from msgspec.structs import replace

from agent_runtime import Entry
from ledger_core import KeyPair, genesis
from ledger_node.log import Entry as LogEntry
from ledger_node.state import State as LedgerState
from negotiation import Memory, Role, Service
from scenarios.simulation.watch import SessionNews, Watch

PAIR = KeyPair.from_seed(bytes(32))


class BrokenLedger:
    """A ledger and its log as a faulty node would have them."""

    def __init__(self, *, balances: int = 100, issued_at: int = 1) -> None:
        self.supply, self.balances_total, self.holds_total, self.size = 100, balances, 0, 1
        record = genesis(PAIR, network=1, target=PAIR.public_key, amount=100, issued_at=issued_at)
        self._entry = LogEntry(first=0, at_us=1, records=record.tobytes())

    @property
    def ledger(self) -> "BrokenLedger":
        return self

    log = ledger

    def entries(self, first: int = 0) -> list[LogEntry]:
        return [self._entry]


def broken(watch: Watch) -> list[str]:
    """Return the names of what does not hold."""
    return [finding.name for finding in watch.findings() if not finding.ok]


def entry(deadline_us: int) -> Entry:
    """Return an open dialogue with a deadline."""
    memory = Memory(
        role=Role.SELLER, dialogue=bytes(16), partner=bytes(32), service=Service.TOLL, network=1
    )
    memory.deadline_us = deadline_us
    return Entry(
        dialogue="aa",
        role="seller",
        service="toll",
        partner="bb",
        state="offered",
        snapshot=memory.encode(),
        opened_at_us=1,
        changed_at_us=1,
    )


@pytest.mark.parametrize(
    ("ledgers", "names"),
    [
        ([BrokenLedger(), BrokenLedger()], []),
        ([BrokenLedger(balances=99)], ["supply_conserved_always"]),
        ([BrokenLedger(), BrokenLedger(issued_at=2)], ["positions_kept"]),
    ],
)
def test_the_ledger_is_watched(ledgers: list[BrokenLedger], names: list[str]) -> None:
    """A token too few, or another record at a position, is seen behind the batch."""
    watch = Watch()
    for each in ledgers:
        watch.batch(cast("LedgerState", each))
    assert broken(watch) == names
    assert len(watch.announced) == 1


@pytest.mark.parametrize(
    ("second_look", "names"),
    [
        (lambda line: line, ["deadlines_met"]),
        (lambda line: replace(line, snapshot=entry(30).snapshot), []),
    ],
)
def test_a_deadline_that_stays_behind_is_seen(
    second_look: Callable[[Entry], Entry], names: list[str]
) -> None:
    """A deadline that has passed at two looks was missed; one that moved on was not."""
    watch = Watch()
    line = entry(10)
    watch.deadlines([("gate", 20, line)])
    assert broken(watch) == []
    watch.deadlines([("gate", 20, second_look(line))])
    assert broken(watch) == names


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"delivered": 151}, ["one_slice_always"]),
        ({"delivered": 151, "vouched": 51}, []),
        ({"delivered": 151, "role": "buyer"}, []),
        ({"delivered": 151, "service": "toll"}, []),
        ({"delivered": 151, "state": "settled"}, []),
    ],
)
def test_a_seller_that_goes_too_far_is_seen(changes: dict[str, object], names: list[str]) -> None:
    """More than a slice without a voucher is seen at the reading that shows it."""
    watch = Watch()
    news = SessionNews(
        dialogue="aa",
        role="seller",
        service="charge",
        state="delivering",
        delivered=150,
        vouched=50,
        slice=100,
    )
    watch.told("mill", cast("SessionNews", {**news, **changes}))
    assert broken(watch) == names
