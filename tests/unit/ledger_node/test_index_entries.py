"""What records are found by: issuers, targets, and the other party of a hold."""

import numpy as np

from ledger_core import ZERO, Records, hold, reclaim, record_ids, release, settle
from ledger_node.index_entries import EntrySource
from ledger_node.index_pages import IndexKind, key_of
from tests.unit.ledger_node.street import ANN, BEN, NETWORK, ORIGIN, START_US, joined, pay
from tests.unit.ledger_node.test_submission import told

PARENTS = (ORIGIN, ORIGIN)


def held(sequence: int) -> Records:
    """Sign a hold of Ann for Ben."""
    return hold(
        ANN,
        network=NETWORK,
        parents=PARENTS,
        target=BEN.public_key,
        amount=9,
        sequence=sequence,
        issued_at=START_US,
        valid_for=600,
    )


def closed(hold_id: bytes, how: str) -> Records:
    """Sign the record that closes a hold of Ann for Ben."""
    if how == "settle":
        return settle(
            ANN,
            network=NETWORK,
            parents=PARENTS,
            hold_id=hold_id,
            amount=3,
            number=1,
            issued_at=START_US,
            valid_for=600,
        )
    closing, by = (release, BEN) if how == "release" else (reclaim, ANN)
    return closing(
        by,
        network=NETWORK,
        parents=PARENTS,
        hold_id=hold_id,
        issued_at=START_US,
        valid_for=600,
    )


def accounts(source: EntrySource, records: list[Records], *, first: int) -> set[tuple[int, int]]:
    """Return the account entries of records as pairs of key and position."""
    batch = joined(records)
    positions = np.arange(first, first + len(records), dtype=np.int64)
    found = source.entries(batch, record_ids(batch), positions)
    keys, places = found[IndexKind.ACCOUNT]
    return set(zip(keys.tolist(), places.tolist(), strict=True))


def test_a_transfer_is_part_of_both_histories() -> None:
    """Payer and payee, and nobody else."""
    ann, ben = key_of(ANN.public_key), key_of(BEN.public_key)
    assert accounts(EntrySource(), [pay(ANN, BEN)], first=4) == {(ann, 4), (ben, 4)}


def test_a_target_of_zeros_is_nobody() -> None:
    """DATA without a channel belongs to its issuer alone."""
    found = accounts(EntrySource(), [told(b"")], first=0)
    assert found == {(key_of(ANN.public_key), 0)}
    assert key_of(ZERO) not in {key for key, _ in found}


def test_whoever_closes_a_hold_the_other_party_has_it_in_its_history() -> None:
    """SETTLE, RELEASE and RECLAIM name the hold only; payer and payee both find them."""
    holds = [held(number) for number in range(3)]
    ids = [row.tobytes() for row in record_ids(joined(holds))]
    ends = [
        closed(one, how) for one, how in zip(ids, ("settle", "release", "reclaim"), strict=True)
    ]
    source = EntrySource()
    accounts(source, holds[:2], first=0)
    found = accounts(source, [holds[2], *ends], first=2)
    ann, ben = key_of(ANN.public_key), key_of(BEN.public_key)
    expected = {(ann, position) for position in range(2, 6)}
    expected |= {(ben, position) for position in range(2, 6)}
    expected |= {(key_of(one), 3 + number) for number, one in enumerate(ids)}
    assert found == expected


def test_a_closed_hold_is_forgotten() -> None:
    """What is remembered of holds is bounded by those that are open."""
    source = EntrySource()
    one = held(0)
    hold_id = record_ids(one).tobytes()
    accounts(source, [one], first=0)
    accounts(source, [closed(hold_id, "settle")], first=1)
    assert source.holds == 0
