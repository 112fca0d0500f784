"""`tangleway receipt verify` takes the receipt of a whole session as well as one of the ledger."""

import json
from pathlib import Path

import pytest

from ledger_node import write_policy
from negotiation import SessionReceipt
from tangleway.command import run_command
from tests.unit.ledger_core.operators import POLICY
from tests.unit.negotiation.finished_sessions import PASSED, SETTLED


def verified(
    folder: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, object]]:
    """Return the exit code and the answer of the command."""
    file, policy = folder / "session.json", folder / "policy.toml"
    file.write_bytes(content)
    write_policy(policy, POLICY)
    code = run_command(["receipt", "verify", str(file), "--policy", str(policy), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("receipt", [SETTLED, PASSED], ids=["charge", "toll"])
def test_a_good_receipt_of_a_session(
    receipt: SessionReceipt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is valid offline, and so is its ledger part alone."""
    code, told = verified(tmp_path, receipt.encode(), capsys)
    assert (code, told["ok"], told["position"]) == (0, True, 1)
    assert str(told["reason"]).startswith("the payment of a session of ")
    code, told = verified(tmp_path, receipt.ledger.encode(), capsys)
    assert (code, told["ok"]) == (0, True)
    assert str(told["reason"]).startswith("the record stands at position 1")


def test_an_altered_receipt_of_a_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is invalid with exit code 6, and the reason is said."""
    code, told = verified(tmp_path, SETTLED.encode().replace(b'"accept"', b'"Accept"'), capsys)
    assert (code, told["ok"], told["position"]) == (6, False, None)
    assert "no receipt of a session" in str(told["reason"])
