"""The receipt as committed and as shown in the documents: ours to make, anybody's to verify."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger_core import RECEIPT_SIZE, Receipt, VerifierKey, verify_receipt
from tests.golden.stranger import verify
from tests.unit.ledger_core.operators import POLICY
from tests.unit.ledger_core.sessions import BILL, HOLD, RECORDS, TERMS, receipt_of

HERE = Path(__file__).parent
RECEIPT = (HERE / "session.tlog-proof").read_text("utf-8")
POLICY_TEXT = (HERE / "session.tlog-policy").read_text("utf-8")

PAGE = (HERE.parents[1] / "docs" / "trust.md").read_text("utf-8")


def session() -> Receipt:
    """Build the receipt from fixed seeds."""
    return receipt_of("SETTLE", hold=HOLD, terms=TERMS, bill=BILL)


def test_receipt_is_as_committed() -> None:
    """What is built today has the same bytes: old receipts stay good."""
    assert session().encode().decode() == RECEIPT
    assert len(RECEIPT.encode()) <= RECEIPT_SIZE / 2


def test_policy_is_as_committed() -> None:
    """The policy is written as it was, and its keys are read back."""
    assert POLICY.encode() == POLICY_TEXT
    keys = [line.split(" ")[-1] for line in POLICY_TEXT.splitlines()[:-2]]
    assert [VerifierKey.parse(key) for key in keys] == [POLICY.log, *POLICY.validators]


def test_committed_receipt_is_good() -> None:
    """The committed receipt proves position, record, terms and bill."""
    found = verify_receipt(RECEIPT.encode(), POLICY)
    assert found.position == 3
    assert found.record.tobytes() == RECORDS["SETTLE"].tobytes()
    assert found.receipt == session()


def test_strangers_accept_it() -> None:
    """A verifier that knows the specifications alone comes to the same position and record."""
    for name, record in RECORDS.items():
        receipt = receipt_of(name).encode().decode()
        position = list(RECORDS).index(name)
        assert verify(receipt, POLICY_TEXT) == (position, record.tobytes())
    assert verify(RECEIPT, POLICY_TEXT) == (3, RECORDS["SETTLE"].tobytes())


def test_strangers_refuse_what_we_refuse() -> None:
    """The stranger's verifier is one: another position, path or quorum does not pass."""
    good = session()
    for bad in (
        replace(good, position=4),
        replace(good, path=good.path[::-1]),
        replace(good, note=replace(good.note, signatures=good.note.signatures[:3])),
    ):
        with pytest.raises(AssertionError):
            verify(bad.encode().decode(), POLICY_TEXT)


def test_the_page_shows_this_very_receipt() -> None:
    """The example of the documents is the committed file, letter by letter."""
    assert f"```\n{RECEIPT}```" in PAGE
    assert f"```\n{POLICY_TEXT}```" in PAGE
