"""The commands of an auditor, on what real processes have left on the disk."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger_core import RECORD_SIZE, record_ids
from ledger_node import write_policy
from tests.integration.node_process import ANN, BEN, END_S, running_node
from tests.integration.validator_processes import policy_of, put_policy, validators

PAYMENTS = 6

START = "from tangleway.command import main; main()"
"""The command, as the Python that runs the tests has it."""


def tangleway(*words: object) -> tuple[int, str, str]:
    """Run the command and return exit code, output and complaints."""
    done = subprocess.run(
        [sys.executable, "-c", START, *(str(word) for word in words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=END_S,
    )
    return done.returncode, done.stdout, done.stderr


def checked(*words: object) -> tuple[int, dict[str, Any]]:
    """Run a check and return exit code and what it found."""
    code, output, complaint = tangleway(*words, "--json")
    assert output, complaint
    found: dict[str, Any] = json.loads(output)
    assert {"ok", "reason", "position"} <= set(found)
    return code, found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which a node and two validators have worked and ended."""
    folder = tmp_path_factory.mktemp("town")
    asyncio.run(worked(folder))
    return folder


async def worked(folder: Path) -> None:
    """Let payments become final, then end everything."""
    policy = policy_of(("city", "auditor"), quorum=2)
    async with (
        running_node(folder, policy_file=put_policy(folder, policy)) as site,
        validators(site, ("city", "auditor")) as running,
        site.client() as client,
    ):
        payments = [site.pay(ANN, BEN, sequence=number) for number in range(PAYMENTS)]
        await client.submit(payments[:2])
        await client.submit(payments[2:])
        await client.final(PAYMENTS, timeout_s=END_S)
        (folder / "id").write_text(record_ids(payments[3]).tobytes().hex())
        for one in running.values():
            await asyncio.to_thread(one.end, signal.SIGTERM)
        await asyncio.to_thread(site.end, signal.SIGTERM)


@pytest.mark.parametrize("place", [".", "data", "city", "auditor/data"])
def test_every_operators_ledger_is_right(town: Path, place: str) -> None:
    """The node's ledger passes, and so does each validator's own."""
    code, found = checked("ledger", "verify", town / place, "--policy", town / "policy.toml")
    assert (code, found["ok"], found["position"]) == (0, True, None)
    assert found["reason"] == f"{PAYMENTS + 1} records are right"


def copied(town: Path, tmp_path: Path) -> Path:
    """Copy the node's data."""
    return Path(shutil.copytree(town / "data", tmp_path / "data"))


@pytest.mark.parametrize("position", [0, 1, 2, 5])
def test_a_flipped_bit_is_found(town: Path, tmp_path: Path, position: int) -> None:
    """The first record that is not what was written is named."""
    data = copied(town, tmp_path)
    with closing(sqlite3.connect(data / "log.sqlite")) as file, file:
        [(first, records)] = file.execute(
            "SELECT first, records FROM batch WHERE first <= ? ORDER BY first DESC LIMIT 1",
            (position,),
        )
        content = bytearray(records)
        content[(position - first) * RECORD_SIZE + 137] ^= 4
        file.execute("UPDATE batch SET records = ? WHERE first = ?", (bytes(content), first))
    code, found = checked("ledger", "verify", data)
    assert (code, found["ok"], found["position"]) == (6, False, position)


def test_a_log_cut_short_is_found(town: Path, tmp_path: Path) -> None:
    """What is missing behind the end shows by what was signed."""
    data = copied(town, tmp_path)
    with closing(sqlite3.connect(data / "log.sqlite")) as file, file:
        file.execute("DELETE FROM batch WHERE first = (SELECT max(first) FROM batch)")
    code, found = checked("ledger", "verify", data)
    assert (code, found["ok"], found["position"]) == (6, False, 3)


@pytest.mark.parametrize("column", ["role", "note", "digest"])
def test_an_altered_checkpoint_is_found(town: Path, tmp_path: Path, column: str) -> None:
    """What was signed is guarded as well as what it was signed over."""
    data = copied(town, tmp_path)
    with closing(sqlite3.connect(data / "checkpoints.sqlite")) as file, file:
        [(value,)] = file.execute(f"SELECT {column} FROM checkpoint WHERE role = 'final'")
        altered = value + ("x" if isinstance(value, str) else b"x")
        file.execute(f"UPDATE checkpoint SET {column} = ? WHERE role = 'final'", (altered,))
    code, found = checked("ledger", "verify", data)
    assert (code, found["ok"]) == (6, False)
    assert "checkpoints.sqlite is not what was written" in found["reason"]


def test_a_receipt_is_carried_elsewhere(town: Path, tmp_path: Path) -> None:
    """The receipt is made from the disk, verified by the policy alone, and small."""
    transaction = (town / "id").read_text()
    file = tmp_path / "payment.receipt"
    assert tangleway("receipt", "get", transaction, "--data", town, "-o", file)[0] == 0
    assert file.stat().st_size < 4_096
    code, found = checked("receipt", "verify", file, "--policy", town / "policy.toml")
    assert (code, found["ok"], found["position"]) == (0, True, 4)
    file.write_bytes(file.read_bytes().replace(b"index 4", b"index 5"))
    code, found = checked("receipt", "verify", file, "--policy", town / "policy.toml")
    assert (code, found["ok"], found["position"]) == (6, False, None)


def test_a_receipt_for_other_judges_is_refused(town: Path, tmp_path: Path) -> None:
    """Who trusts others than those who signed gets no proof."""
    file, policy = tmp_path / "receipt", tmp_path / "policy.toml"
    write_policy(policy, policy_of(("toll", "operator"), quorum=1))
    tangleway("receipt", "get", (town / "id").read_text(), "--data", town / "data", "-o", file)
    code, found = checked("receipt", "verify", file, "--policy", policy)
    assert (code, found["ok"]) == (6, False)


def test_a_ledger_says_what_it_holds(town: Path) -> None:
    """Facts are told as they stand on the disk."""
    code, output, _ = tangleway("ledger", "info", town / "data", "--json")
    facts = json.loads(output)
    assert code == 0
    assert (facts["records"], facts["final"], facts["network"]) == (PAYMENTS + 1, PAYMENTS + 1, 7)
    assert "final        7" in tangleway("ledger", "info", town / "data")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ledger", "verify", "nowhere"), "holds no ledger"),
        (("receipt", "get", "12", "--data", "nowhere", "-o", "x"), "holds no ledger"),
        (("receipt", "verify", "nowhere", "--policy", "nowhere"), "no such file"),
    ],
)
def test_mistakes_are_named(words: tuple[str, ...], said: str) -> None:
    """What is given wrong is said in one sentence, with exit code 2."""
    code, output, complaint = tangleway(*words)
    assert (code, output) == (2, "")
    assert said in complaint


def test_unknown_transactions_have_no_receipt(town: Path, tmp_path: Path) -> None:
    """No file is written for what is not on the ledger."""
    for transaction in ("00" * 32, "12"):
        code, _, complaint = tangleway(
            "receipt", "get", transaction, "--data", town, "-o", tmp_path / "none"
        )
        assert code == 2, complaint
    assert not (tmp_path / "none").exists()
