"""Operators who share a ledger without trust: the story through the real command, and by hand."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger_node import read_policy, write_policy
from scenarios import TRUST_CHECKS, find_story
from tests.integration.running_command import run_command

OPERATORS = ("city", "charge-point-operator", "toll-operator", "auditor")

TRUST_NAMES = {check.__name__ for check in TRUST_CHECKS}

TWO_MUST_AGREE = """
[policy]
quorum = 2
final_within_s = 1

[[validator]]
name = "city"

[[validator]]
name = "auditor"

[[fault]]
kill = "city"
at_s = 60
away_s = 600
"""
"""Two who must both sign stand no death: finality waits until the dead one is back."""


def played(story: str, folder: Path, *, code: int) -> tuple[dict[str, Any], str]:
    """Run a story to its end, and return its result and all that it wrote."""
    target = folder / "result.json"
    arguments = ("--headless", "--json", str(target), "--data", str(folder / "run"))
    done = run_command("run", story, *arguments, timeout_s=110)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return json.loads(target.read_text()), said


def judged(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a verb that checks something, and return its exit code and what it found."""
    done = run_command(*arguments, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.timeout(120)
def test_four_operators(tmp_path: Path) -> None:
    """One is killed, one lies, finality goes on with three, and each can prove it alone."""
    result, said = played("four_operators", tmp_path, code=0)
    checks = {row["name"]: row for row in result["invariants"]}
    assert set(checks) >= TRUST_NAMES
    assert all(row["ok"] for row in checks.values())
    assert "while charge-point-operator was away" in checks["finality_went_on"]["detail"]
    assert "while toll-operator lied" in checks["finality_went_on"]["detail"]
    roles = {row["name"]: row for row in result["processes"]}
    assert [name for name, row in roles.items() if row["role"] == "validator"] == list(OPERATORS)
    assert len(roles["charge-point-operator"]["earlier_pids"]) == 1
    assert len({row["pid"] for row in roles.values() if row["role"] in {"node", "validator"}}) == 5
    [alarm] = result["alarms"]
    assert (alarm["by"], alarm["about"]) == ("node", "toll-operator")
    assert "ALARM by node about toll-operator" in said
    refused = {row["name"]: row["refused"] for row in result["validators"]}
    assert refused.pop("toll-operator") == alarm["count"] > 0
    assert set(refused.values()) == {0}
    finality = result["finality"]
    assert finality["final_size"] == finality["size"] > 40
    assert set(finality["signers"]) == set(OPERATORS) - {"toll-operator"}
    assert 0 < result["latency_ms"]["final_p50"] <= result["latency_ms"]["final_p99"]
    check_stores(tmp_path / "run", tmp_path / "copy")
    check_receipt(result["sessions"][-1]["transactions"][-1], tmp_path / "run", tmp_path / "else")


def check_stores(folder: Path, copy: Path) -> None:
    """Judge each operator's own store by hand, and a copy in which one bit is flipped."""
    policy = str(folder / "policy.toml")
    for store in (folder, *(folder / "validators" / name for name in OPERATORS)):
        code, found = judged("ledger", "verify", str(store), "--policy", policy)
        assert (code, found["ok"], found["position"]) == (0, True, None), found
    shutil.copytree(folder / "validators" / "auditor" / "data", copy)
    with closing(sqlite3.connect(copy / "log.sqlite")) as file, file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(first, records)] = file.execute("SELECT first, records FROM batch WHERE first = 1")
        spoilt = bytes([records[0] ^ 1]) + records[1:]
        file.execute("UPDATE batch SET records = ? WHERE first = ?", (spoilt, first))
    code, found = judged("ledger", "verify", str(copy), "--policy", policy)
    assert (code, found["ok"], found["position"]) == (6, False, 1), found


def check_receipt(transaction: str, folder: Path, elsewhere: Path) -> None:
    """Prove a payment in another folder; altered, or for who asks for more, it proves nothing."""
    elsewhere.mkdir()
    receipt, policy = elsewhere / "payment.receipt", elsewhere / "policy.toml"
    got = run_command("receipt", "get", transaction, "--data", str(folder), "-o", str(receipt))
    assert got.returncode == 0, got.stderr
    assert receipt.stat().st_size <= 4096
    shutil.copy(folder / "policy.toml", policy)
    verify = ("receipt", "verify", str(receipt), "--policy", str(policy))
    code, found = judged(*verify)
    assert (code, found["ok"]) == (0, True), found
    content = receipt.read_bytes()
    receipt.write_bytes(content[:400] + bytes([content[400] ^ 1]) + content[401:])
    code, found = judged(*verify)
    assert (code, found["ok"]) == (6, False), found
    receipt.write_bytes(content)
    trusted = read_policy(policy)
    write_policy(policy, type(trusted)(log=trusted.log, validators=trusted.validators, quorum=4))
    code, found = judged(*verify)
    assert (code, found["ok"]) == (6, False), found
    assert "toll-operator" in found["reason"]


@pytest.mark.timeout(120)
def test_a_quorum_that_stands_no_death(tmp_path: Path) -> None:
    """Where both have to agree, one that is dead stops finality; the run says so, and ends."""
    story = tmp_path / "both.toml"
    story.write_text(find_story("one_charge").read_text("utf-8") + TWO_MUST_AGREE)
    result, said = played(str(story), tmp_path, code=6)
    broken = {row["name"]: row["detail"] for row in result["invariants"] if not row["ok"]}
    assert set(broken) == {"finality_went_on"}
    assert "s for its quorum, more than 1 s" in broken["finality_went_on"]
    assert "BROKEN: 1 of" in said
