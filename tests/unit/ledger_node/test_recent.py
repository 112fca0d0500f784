"""The newest records in memory."""

import numpy as np

from ledger_node.recent import Recent
from tests.unit.ledger_node.street import joined, payments


def test_the_newest_are_kept_and_older_ones_forgotten() -> None:
    """A ring of three knows the last three positions, each with its record and time."""
    recent = Recent(capacity=3)
    records = payments(5)
    for position, record in enumerate(records):
        recent.add(joined([record]), first=position, at_us=100 + position)
    found = [recent.stored(position) for position in range(-1, 6)]
    assert [one and (one.position, one.at_us) for one in found] == [
        None, None, None, (2, 102), (3, 103), (4, 104), None,
    ]  # fmt: skip
    assert [one.record for one in found if one] == [record.tobytes() for record in records[2:]]


def test_more_at_once_than_it_keeps() -> None:
    """Of a stretch longer than the ring the end is kept, with each record's own time."""
    recent = Recent(capacity=3)
    records = payments(5)
    recent.add(joined(records), first=10, at_us=np.arange(5, dtype=np.int64))
    found = [recent.stored(position) for position in range(10, 15)]
    assert [one and one.at_us for one in found] == [None, None, 2, 3, 4]
    assert [one.record for one in found if one] == [record.tobytes() for record in records[2:]]
