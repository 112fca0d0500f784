"""The announcer: events are numbered without gaps, topic by topic."""

import numpy as np

from ledger_core import Ledger, Verdict, record_ids
from ledger_node.announcer import Announcer
from ledger_node.door import Door
from ledger_node.events import AcceptedHeader, MetricsHeader, RefusedHeader
from ledger_node.log import Entry
from ledger_node.metrics import Counts
from tests.unit.ledger_node.street import GENESIS, SUPPLY, heard, joined, payments

ENTRY = Entry(first=3, at_us=9, records=joined(payments(2)).tobytes())


def test_accepted_records_are_announced_with_their_place() -> None:
    """The event carries position, time and the very bytes."""
    event = Announcer(boot=5).accepted(ENTRY)
    assert heard(event) == AcceptedHeader(boot=5, number=0, first=3, at_us=9)
    assert event[2] == ENTRY.records


def test_refused_records_are_announced_with_issuer_id_and_verdict() -> None:
    """Only the refused ones, column by column; a repeated record is none."""
    records = joined(payments(3))
    codes = np.array([Verdict.EXPIRED, Verdict.ALREADY_ACCEPTED, Verdict.SEQUENCE_GAP], np.uint8)
    event = Announcer(boot=5).refused(records, codes, at_us=9)
    assert heard(event) == RefusedHeader(boot=5, number=0, at_us=9)
    chosen = records[[0, 2]]
    issuers, ids = chosen["issuer"].tobytes(), record_ids(chosen).tobytes()
    assert event[2] == issuers + ids + bytes([Verdict.EXPIRED, Verdict.SEQUENCE_GAP])


def test_metrics_say_where_the_money_is() -> None:
    """Size, supply, sums and queues are those of this moment."""
    door, counts = Door(), Counts()
    counts.count(bytes([Verdict.EXPIRED]))
    header = heard(Announcer(boot=5).metrics(Ledger(GENESIS), door, counts, at_us=1_000_005))
    assert isinstance(header, MetricsHeader)
    assert (header.size, header.supply, header.balances, header.holds) == (1, SUPPLY, SUPPLY, 0)
    assert (header.refused_per_s, header.queue_records, header.queue_lanes) == (1.0, 0, 0)
    assert header.verdicts["EXPIRED"] == 1


def test_each_topic_has_its_own_numbers() -> None:
    """A subscriber of one topic sees no gaps that are none."""
    announcer = Announcer(boot=5)
    ledger, door, counts = Ledger(GENESIS), Door(), Counts()
    events = [
        announcer.accepted(ENTRY),
        announcer.metrics(ledger, door, counts, at_us=6),
        announcer.accepted(ENTRY),
        announcer.metrics(ledger, door, counts, at_us=7),
    ]
    assert [heard(event).number for event in events] == [0, 0, 1, 1]
