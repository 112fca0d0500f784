"""Receipts under attack: whatever is changed, and however much, nothing false is ever proved."""

from dataclasses import fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger_core import CheckFailedError, Receipt, verify_receipt
from tests.unit.ledger_core.operators import POLICY
from tests.unit.ledger_core.sessions import BILL, HOLD, RECORDS, TERMS, TREE, receipt_of

GOOD = [
    receipt_of("SETTLE", hold=HOLD, terms=TERMS, bill=BILL),
    receipt_of("RELEASE", hold=HOLD),
    receipt_of("TRANSFER", terms=TERMS),
    receipt_of("DATA"),
]

receipts = st.sampled_from(GOOD)


@given(receipts, st.data())
def test_no_bit_can_be_flipped(receipt: Receipt, data: st.DataObject) -> None:
    """A receipt with one flipped bit is refused."""
    good = receipt.encode()
    bit = data.draw(st.integers(0, 8 * len(good) - 1))
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CheckFailedError):
        verify_receipt(bytes(bad), POLICY)


@given(receipts, st.data())
def test_no_piece_can_be_replaced(receipt: Receipt, data: st.DataObject) -> None:
    """A receipt with some bytes replaced by others is refused."""
    good = receipt.encode()
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, len(good)))
    bad = good[:start] + data.draw(st.binary(max_size=50)) + good[stop:]
    assume(bad != good)
    with pytest.raises(CheckFailedError):
        verify_receipt(bad, POLICY)


@given(st.tuples(receipts, receipts), st.sets(st.sampled_from([f.name for f in fields(Receipt)])))
def test_parts_of_others_prove_nothing_false(
    pair: tuple[Receipt, Receipt], names: set[str]
) -> None:
    """A forger who mixes good receipts, and seals the mixture, proves at most what is true."""
    one, other = pair
    mixed = replace(one, **{name: getattr(other, name) for name in names})
    try:
        found = verify_receipt(mixed.encode(), POLICY)
    except CheckFailedError:
        return
    assert found.record.tobytes() == list(RECORDS.values())[found.position].tobytes()
    assert found.cosigned.checkpoint.root == TREE.frontier.root()
    assert not mixed.terms or mixed.binds_terms(TERMS)
    assert not mixed.bill or mixed.binds_bill(BILL)


@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    """Arbitrary bytes get a named refusal and never another error."""
    for bad in (data, GOOD[0].encode()[:200] + data, b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + data):
        with pytest.raises(CheckFailedError):
            verify_receipt(bad, POLICY)
