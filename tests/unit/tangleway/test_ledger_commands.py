"""The verbs `ledger`: what they print, and where."""

import json
from pathlib import Path

import pytest
import structlog

from tangleway.command import run_command


def test_logs_do_not_pollute_documents(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Standard output is one document, whatever is logged while it is made."""

    def facts(_: object) -> dict[str, int]:
        structlog.get_logger().warning("tree_made_anew", size=5)
        return {"records": 5}

    monkeypatch.setattr("ledger_node.stored_receipts.find_ledger", lambda folder: folder)
    monkeypatch.setattr("ledger_node.stored_facts.stored_facts", facts)
    assert run_command(["ledger", "info", str(tmp_path), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"records": 5}
    assert "tree_made_anew" in told.err
