"""The Tangle as a viewer remembers it."""

from dashboard.model import Standing
from dashboard.model.tangle import CHECKPOINTS_KEPT, TRANSACTIONS_KEPT
from tests.unit.dashboard.heard import at, final, ledger_state, model_of, records, refused, tx_id


def test_whom_nobody_names_is_a_tip() -> None:
    """A record is a tip until another one stands on it; both count."""
    tangle = model_of(records(1, 0), records(2, 1, parents=(0,))).tangle
    first, second = tangle.transactions.values()
    assert (tangle.standing(first), tangle.standing(second)) == (Standing.ACCEPTED, Standing.TIP)
    assert tangle.tips == 1
    assert [tx.id for tx in tangle.children(first.id)] == [second.id]


def test_final_is_what_a_quorum_covers() -> None:
    """Positions below a final checkpoint are final, at the node's time; the rest is not."""
    tangle = model_of(records(1, 0, 1, 2), final(3, 2)).tangle
    assert [tangle.standing(tx) for tx in tangle.transactions.values()] == [
        Standing.FINAL,
        Standing.FINAL,
        Standing.TIP,
    ]
    assert tangle.transactions[tx_id(1)].final_us == at(3)
    assert tangle.checkpoints[-1].names == ("city", "auditor")


def test_an_older_checkpoint_takes_nothing_back() -> None:
    """Finality never shrinks."""
    tangle = model_of(records(1, 0, 1, 2), final(3, 3), final(4, 1)).tangle
    assert (tangle.final_size, len(tangle.checkpoints)) == (3, 1)


def test_refused_is_refused_until_it_is_accepted() -> None:
    """A record that was refused stands apart; when the ledger takes it later, it is accepted."""
    model = model_of(refused(1, 5))
    assert model.tangle.standing(model.tangle.transactions[tx_id(5)]) is Standing.REFUSED
    assert model.tangle.tips == 0
    again = model_of(refused(1, 5), records(2, 5), refused(3, 5)).tangle
    assert again.standing(again.transactions[tx_id(5)]) is Standing.TIP


def test_the_same_record_twice_is_one() -> None:
    """An event and the answer to a question may tell of the same record."""
    tangle = model_of(records(1, 0), records(2, 0), records(3, 1, parents=(0, 0))).tangle
    assert len(tangle.transactions) == 2
    assert tangle.transactions[tx_id(0)].children == 1


def test_what_was_missed_finds_its_place() -> None:
    """Records that are asked for later stand in order, and count as children of their parents."""
    missed = records(2, 1, parents=(0,))
    answer = ledger_state(4, size=3, records=missed.records, records_at_us=(at(2),))
    tangle = model_of(records(1, 0), records(3, 2, parents=(1,)), answer).tangle
    assert [tx.position for tx in tangle.transactions.values()] == [0, 1, 2]
    assert [tx.children for tx in tangle.transactions.values()] == [1, 1, 0]
    assert tangle.tips == 1


def test_the_oldest_make_room() -> None:
    """The memory is bounded, and says how many it has let go."""
    numbers = range(TRANSACTIONS_KEPT + 10)
    tangle = model_of(*(records(1, n, parents=(n - 1,) if n else ()) for n in numbers)).tangle
    assert len(tangle.transactions) == TRANSACTIONS_KEPT
    assert tangle.evicted == 10
    assert tangle.tips == 1
    assert next(iter(tangle.transactions)) == tx_id(10)


def test_checkpoints_are_bounded() -> None:
    """Only the latest checkpoints are marked."""
    tangle = model_of(*(final(n, n) for n in range(1, CHECKPOINTS_KEPT + 20))).tangle
    assert len(tangle.checkpoints) == CHECKPOINTS_KEPT


def test_a_transaction_is_found_by_its_first_digits() -> None:
    """The latest that begins so; nothing finds nothing."""
    tangle = model_of(records(1, 0, 1)).tangle
    for beginning, name in ((tx_id(1), tx_id(1)), ("000", tx_id(1)), (tx_id(0)[:64], tx_id(0))):
        found = tangle.find(beginning)
        assert found is not None
        assert found.id == name
    assert tangle.find("f") is None
    assert tangle.find("") is None
