"""Stories through the real command: real processes, real sockets, a real ledger."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ledger_core import RECEIPT_SIZE, KeyPair, Policy, log_key
from ledger_node import write_policy
from tests.integration.running_command import (
    all_gone,
    processes,
    read_until,
    run_command,
    running_command,
)

SESSION_KEYS = {
    "dialogue",
    "service",
    "buyer",
    "seller",
    "state",
    "agreed",
    "delivered",
    "billed",
    "paid",
    "transactions",
}
"""What everybody may rely on in a session's row."""


def played(story: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Run a story that holds, and return its result and what it printed."""
    target = folder / "result.json"
    done = run_command(
        *("run", story, "--headless", "--report", str(target.with_suffix(".html"))),
        *("--data", str(folder / "run")),
        timeout_s=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(target.read_text())
    return result, done.stdout


@pytest.mark.timeout(120)
def test_one_charge(tmp_path: Path) -> None:
    """One car hears two chargers, charges at one of them, and everybody's books agree."""
    result, printed = played("one_charge", tmp_path)
    assert result["schema"] == "tangleway.run/1"
    assert result["ok"] is True
    [session] = result["sessions"]
    assert set(session) >= SESSION_KEYS
    assert (session["buyer"], session["service"], session["state"]) == ("anna", "charge", "settled")
    assert session["delivered"]["unit"] == "Wh"
    assert 4000 <= session["delivered"]["quantity"] < 5000
    assert session["paid"] == session["billed"] > 0
    assert len(session["transactions"]) == 2  # its hold and its settlement
    other = next(row for row in result["dialogues"] if row["seller"] != session["seller"])
    assert other["state"] == "rejected"
    supply = result["supply"]
    assert supply["minted"] == supply["balances"] + supply["holds"] == 10**12
    assert "every_dialogue_ended" in printed
    assert f"data and logs: {tmp_path / 'run'}" in printed
    check_receipt(session["transactions"][-1], tmp_path)
    page = (tmp_path / "result.html").read_text("utf-8")
    for title in ("checks hold", "Who served when", "Power delivered", "one slice", "Records on"):
        assert title in page, title
    for agent in ("anna", session["seller"]):
        check_session_receipt(tmp_path / "run", agent, session["dialogue"])


def check_receipt(transaction: str, folder: Path) -> None:
    """Prove a payment with what the run has left, and see that another policy does not."""
    target, policy = folder / "payment.receipt", folder / "run" / "policy.toml"
    arguments = ("receipt", "get", transaction, "--data", str(folder / "run"), "-o", str(target))
    assert run_command(*arguments).returncode == 0
    verify = ("receipt", "verify", str(target), "--json", "--policy")
    proved = run_command(*verify, str(policy))
    assert (proved.returncode, json.loads(proved.stdout)["ok"]) == (0, True)
    stranger = folder / "stranger.toml"
    write_policy(stranger, Policy(log=log_key("one-charge", KeyPair.generate().public_key)))
    refused = run_command(*verify, str(stranger))
    assert (refused.returncode, json.loads(refused.stdout)["ok"]) == (6, False)


def check_session_receipt(run: Path, agent: str, dialogue: str) -> None:
    """See that an agent has kept what proves a session: its payment, terms and bill."""
    file = run / agent / "receipts" / f"{dialogue}.json"
    verify = ("receipt", "verify", str(file), "--json", "--policy", str(run / "policy.toml"))
    proved = run_command(*verify)
    assert (proved.returncode, json.loads(proved.stdout)["ok"]) == (0, True)
    assert len(json.loads(file.read_bytes())["ledger"].encode()) < RECEIPT_SIZE
    file.write_bytes(file.read_bytes().replace(b"meters", b"Meters"))
    refused = run_command(*verify)
    assert (refused.returncode, json.loads(refused.stdout)["ok"]) == (6, False)


@pytest.mark.timeout(120)
def test_commute(tmp_path: Path) -> None:
    """The demo charges, parks and pays tolls, each agent in a process of its own."""
    result, printed = played("commute", tmp_path)
    assert {row["service"] for row in result["sessions"]} == {"charge", "park", "toll"}
    assert all(finding["ok"] for finding in result["invariants"])
    numbers = [row["pid"] for row in result["processes"]]
    assert len(numbers) == len(set(numbers)) == 9
    assert {row["role"] for row in result["processes"]} == {
        "node",
        "charger",
        "car_park",
        "toll",
        "vehicle",
    }
    assert result["latency_ms"]["toll_p50"] > 0
    assert result["latency_ms"]["settle_p50"] > 0
    assert "north-gate" in printed
    assert sorted(path.stem for path in (tmp_path / "run" / "logs").iterdir()) == sorted(
        row["name"] for row in result["processes"]
    )


@pytest.mark.timeout(120)
def test_node_killed_in_the_middle(tmp_path: Path) -> None:
    """The node is killed while a car charges; it comes back, and no token is lost or doubled."""
    target, folder = tmp_path / "result.json", tmp_path / "run"
    arguments = ("--headless", "--json", str(target), "--data", str(folder))
    with running_command("run", "one_charge", *arguments) as process:
        read_until(process, "anna agrees with")
        first = processes(folder)["node"]
        os.kill(first, signal.SIGKILL)
        assert "signal SIGKILL" in read_until(process, "node died")
        read_until(process, "node is ready")
        process.communicate(timeout=60)
    assert process.returncode == 0
    result = json.loads(target.read_text())
    assert result["processes"][0]["earlier_pids"] == [first]
    assert [row["state"] for row in result["sessions"]] == ["settled"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl+C", "SIGTERM"]
)
def test_stopped_from_outside(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """A signal stops everything in order, leaves no process behind and no result."""
    target, folder = tmp_path / "result.json", tmp_path / "run"
    arguments = ("--headless", "--json", str(target), "--data", str(folder))
    with running_command("run", "one_charge", *arguments) as process:
        read_until(process, "anna is ready")
        with all_gone(list(processes(folder).values())):
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert f"stopped; data and logs: {folder}" in errors
    assert not target.exists()


def test_killed_from_outside(tmp_path: Path) -> None:
    """Even a runner that is killed, and can stop nothing, leaves no process behind."""
    folder = tmp_path / "run"
    with running_command("run", "one_charge", "--headless", "--data", str(folder)) as process:
        read_until(process, "anna is ready")
        numbers = processes(folder)
        assert len(numbers) == 4
        with all_gone(list(numbers.values())):
            process.kill()
            process.wait()
