"""libsodium looks over the lanes' shoulder: wrong combs are found, and reported."""

from random import Random

import numpy as np
import pytest

from ledger_core.lanes.engine import LanesEngine
from ledger_core.lanes.key_tables import COMBS
from ledger_core.lanes.layout import KEY_ENTRIES
from ledger_core.sodium import verify_by_sodium
from tests.unit.ledger_core.lanes.cases import PAIRS, Case, arrays, forged, signed

pytestmark = pytest.mark.timeout(300)

VICTIM, LIAR = PAIRS[0], PAIRS[1]


def engine(said: list[str], *, recheck_every: int) -> LanesEngine:
    """Return lanes that report to a list."""
    return LanesEngine(
        on_disagreement=said.append, recheck_every=recheck_every, table_bytes=1 << 20
    )


def good_case(number: int, pair_number: int = 0) -> Case:
    """Return a good signature."""
    pair, message = PAIRS[pair_number], bytes([number]) * 192
    return pair.public_key, message, pair.sign(message)


def plant(lanes: LanesEngine) -> None:
    """Give the victim's slot the liar's combs."""
    batch = arrays([good_case(1), good_case(1, 1)])
    for _ in range(2):
        assert lanes.verify(*batch).all()
    keys = batch[0].copy().view(np.uint64)
    tables = lanes.verifier.key_tables
    with tables.borrowed(keys) as slots:
        victim, liar = (
            slice(slot * COMBS * KEY_ENTRIES, (slot + 1) * COMBS * KEY_ENTRIES)
            for slot in slots.tolist()
        )
        tables.tables.keys[victim] = tables.tables.keys[liar]


def forgery(number: int) -> Case:
    """Return what the liar signed in the victim's name."""
    message = bytes([number]) * 192
    return VICTIM.public_key, message, forged(LIAR, VICTIM.public_key, message)


def test_a_recheck_finds_a_wrong_table_that_accepts() -> None:
    """With wrong combs lanes accept a forgery; the recheck sees it, says so, and refuses it."""
    said: list[str] = []
    lanes = engine(said, recheck_every=1)
    plant(lanes)
    batch = arrays([forgery(1), good_case(2, 2), forgery(3)])
    assert lanes.verifier.verify(*batch).tolist() == [True, True, True]
    assert lanes.verify(*batch).tolist() == [False, True, False]
    [sentence] = said
    assert "found a signature good that libsodium finds bad" in sentence
    assert VICTIM.public_key.hex() in sentence


def test_a_share_of_rechecks_finds_it_before_long() -> None:
    """With one recheck in ten, a wrong table is found long before a hundred forgeries are in."""
    said: list[str] = []
    lanes = engine(said, recheck_every=10)
    plant(lanes)
    for number in range(20):
        lanes.verify(*arrays([forgery(number)]))
    assert said


def test_a_wrong_table_refuses_nobody() -> None:
    """Wrong combs reject the victim's good signature; libsodium is asked, accepts, and says so."""
    said: list[str] = []
    lanes = engine(said, recheck_every=1_000_000)
    plant(lanes)
    batch = arrays([good_case(2), good_case(3, 2)])
    assert lanes.verifier.verify(*batch).tolist() == [False, True]
    assert lanes.verify(*batch).tolist() == [True, True]
    [sentence] = said
    assert "found a signature bad that libsodium finds good" in sentence


def test_rejections_are_confirmed_without_a_word() -> None:
    """Where libsodium rejects too, nobody is alarmed."""
    said: list[str] = []
    lanes = engine(said, recheck_every=8)
    keys, messages, signatures = arrays([good_case(number, number % 5) for number in range(200)])
    spoilt = signatures.copy()
    spoilt[::3, 35] ^= 1
    for _ in range(3):
        good = lanes.verify(keys, messages, spoilt)
        assert good.tolist() == [row % 3 != 0 for row in range(200)]
    assert said == []


@pytest.mark.parametrize("size", [1, 7, 300])
def test_the_share_that_is_rechecked(size: int) -> None:
    """Whatever batches they come in, about one acceptance in so many is checked again."""
    lanes = engine([], recheck_every=20)
    random = Random(size)
    cases = [signed(random, 10) for _ in range(size)]
    for _ in range(900 // size):
        assert lanes.verify(*arrays(cases)).all()
    assert 20 <= lanes.rechecked <= 90


def test_every_acceptance_can_be_rechecked() -> None:
    """With a share of one, libsodium sees all of them."""
    lanes = engine([], recheck_every=1)
    batch = arrays([signed(Random(1), 10) for _ in range(30)])
    assert (lanes.verify(*batch) == verify_by_sodium(*batch)).all()
    assert lanes.rechecked == 30
