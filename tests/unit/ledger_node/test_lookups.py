"""Look-ups: found is what is the same, not what looks alike."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import Records, record_ids, transfer
from ledger_node.index import Index
from ledger_node.log import Entry
from ledger_node.lookups import VISITS_MAX, Lookups
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    NETWORK,
    ORIGIN,
    START_US,
    STRANGER,
    id_of,
    joined,
    pay,
)
from tests.unit.ledger_node.test_index_entries import closed, held


class Shelves:
    """A log, its index and its look-ups, to which records are added one by one."""

    def __init__(self, folder: Path) -> None:
        self.log = MemoryLog()
        self.index = Index(folder / "index.sqlite")
        self.lookups = Lookups(self.log, self.index)

    async def add(self, *records: Records) -> None:
        """Accept records, as the node does."""
        batch, first = joined(records), self.log.size
        await self.log.append(Entry(first=first, at_us=first, records=batch.tobytes()))
        self.lookups.add(batch, record_ids(batch), first=first, at_us=first)


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[Shelves]:
    """Give empty shelves."""
    shelves = Shelves(tmp_path)
    with closing(shelves.index):
        yield shelves


async def test_ids_are_looked_up_many_at_once(shelves: Shelves) -> None:
    """Known ids get their position, others -1, in the order of the question."""
    records = [GENESIS, pay(ANN, BEN), pay(ANN, BEN, sequence=1)]
    await shelves.add(*records)
    asked = record_ids(joined([records[2], pay(BEN, ANN), records[0], records[2]]))
    assert shelves.lookups.positions(asked).tolist() == [2, -1, 0, 2]
    assert shelves.lookups.positions(asked).tolist() == [2, -1, 0, 2]


async def test_an_id_that_only_begins_alike_is_unknown(shelves: Shelves) -> None:
    """The index compares eight bytes; the record decides."""
    await shelves.add(GENESIS)
    likeness = ORIGIN[:8] + bytes(24)
    assert shelves.lookups.position(likeness) is None
    assert shelves.lookups.position(ORIGIN) == 0


async def test_history_is_in_order_and_by_pages(shelves: Shelves) -> None:
    """An account's transactions rise from where they are asked for, as many as asked for."""
    await shelves.add(GENESIS, *(pay(ANN, BEN, sequence=number) for number in range(4)))
    await shelves.add(pay(ANN, CLEO, sequence=4))

    def history(key: bytes, after: int, limit: int) -> list[int]:
        found = shelves.lookups.history(key, after=after, limit=limit)
        return [one.position for one in found]

    assert history(BEN.public_key, -1, 100) == [1, 2, 3, 4]
    assert history(BEN.public_key, 2, 1) == [3]
    assert history(ANN.public_key, 3, 100) == [4, 5]
    assert history(STRANGER.public_key, -1, 100) == []
    assert history(BEN.public_key[:8] + bytes(24), -1, 100) == []


@pytest.mark.parametrize("how", ["settle", "release", "reclaim"])
async def test_both_parties_see_a_hold_close(shelves: Shelves, how: str) -> None:
    """Whatever closes a hold stands in the payer's and in the payee's history."""
    opening = held(0)
    closing_record = closed(id_of(opening), how)
    await shelves.add(GENESIS, opening)
    assert shelves.lookups.closer(id_of(opening)) is None
    await shelves.add(closing_record)
    for pair in (ANN, BEN):
        found = shelves.lookups.history(pair.public_key, after=0, limit=9)
        assert [one.record for one in found] == [opening.tobytes(), closing_record.tobytes()]
    assert shelves.lookups.closer(id_of(opening)) == id_of(closing_record)


async def test_payments_to_something_named_like_a_hold_do_not_close_it(shelves: Shelves) -> None:
    """Only a record that closes holds counts as a closer."""
    opening = held(0)
    odd = transfer(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        target=id_of(opening),
        amount=1,
        sequence=1,
        issued_at=START_US,
        valid_for=600,
    )
    await shelves.add(GENESIS, opening, odd)
    assert shelves.lookups.closer(id_of(opening)) is None


async def test_those_who_vouch_are_counted_once_and_over_generations(shelves: Shelves) -> None:
    """Children and their children vouch, each issuer once, and nobody for himself."""
    root = pay(ANN, BEN)
    child = pay(BEN, ANN, parents=(ORIGIN, id_of(root)))
    own = pay(ANN, BEN, sequence=1, parents=(id_of(root), ORIGIN))
    grandchild = pay(CLEO, ANN, parents=(id_of(child), id_of(own)))
    again = pay(BEN, ANN, sequence=1, parents=(id_of(grandchild), id_of(child)))
    await shelves.add(GENESIS, root, child, own, grandchild, again)

    def vouchers(record: Records) -> tuple[int, bool]:
        return shelves.lookups.vouchers(id_of(record), record["issuer"].tobytes())

    assert vouchers(root) == (2, True)
    assert vouchers(grandchild) == (1, True)
    assert vouchers(again) == (0, True)


async def test_the_count_of_those_who_vouch_ends(shelves: Shelves) -> None:
    """A popular record is not counted to the end, and says so."""
    root = pay(ANN, BEN)
    children = [
        pay(BEN, ANN, sequence=number, parents=(ORIGIN, id_of(root)))
        for number in range(VISITS_MAX + 10)
    ]
    await shelves.add(GENESIS, root, *children)
    assert shelves.lookups.vouchers(id_of(root), ANN.public_key) == (1, False)
