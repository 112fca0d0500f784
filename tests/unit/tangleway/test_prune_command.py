"""The verb `ledger prune`: sizes and ages as people write them, and honest words."""

import asyncio
import json
from pathlib import Path

import pytest

from ledger_core import InputError
from ledger_node.policy_files import write_policy
from tangleway.command import run_command
from tangleway.prune_command import BYTES, SECONDS, _amount
from tests.unit.ledger_node.small_street import ALONE, EVERY, POLICY, small_street
from tests.unit.ledger_node.street import payments


@pytest.mark.parametrize(
    ("text", "found"),
    [("200MB", 2e8), ("1.5 GB", 1.5e9), ("500kb", 5e5), ("1000000", 1e6), ("7b", 7)],
)
def test_sizes(text: str, found: float) -> None:
    """Units are those of disks: thousands."""
    assert _amount(text, BYTES, "a size like 200MB") == found


@pytest.mark.parametrize(("text", "found"), [("7d", 604_800), ("12h", 43_200), ("90s", 90)])
def test_ages(text: str, found: float) -> None:
    """Units are those of people."""
    assert _amount(text, SECONDS, "a time like 7d") == found


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1 elephant", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(InputError, match="write a size like 200MB"):
        _amount(text, BYTES, "a size like 200MB")


def filled(path: Path) -> Path:
    """Fill a ledger with a snapshot, and leave its policy beside it."""

    async def fill() -> None:
        async with small_street(path / "data") as street:
            await street.take(payments(EVERY))

    asyncio.run(fill())
    write_policy(path / "policy.toml", ALONE)
    return path


def test_it_prunes_by_the_policy_that_lies_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without limits all goes that may, and JSON has the figures."""
    assert run_command(["ledger", "prune", str(filled(tmp_path)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["first"], found["limit"]) == (EVERY + 1, EVERY + 1)
    assert run_command(["ledger", "prune", str(tmp_path), "--age", "1d"]) == 0
    assert f"from position {EVERY + 1} on" in capsys.readouterr().out


def test_it_says_when_nothing_may_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another policy than the node's may trust nobody here."""
    write_policy(filled(tmp_path) / "other.toml", POLICY)
    arguments = ["ledger", "prune", str(tmp_path), "--policy", str(tmp_path / "other.toml")]
    assert run_command(arguments) == 0
    assert "nothing may go: no quorum stands by a snapshot yet" in capsys.readouterr().out


def test_whom_to_trust_has_to_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any policy nothing is touched."""
    (filled(tmp_path) / "policy.toml").unlink()
    assert run_command(["ledger", "prune", str(tmp_path / "data")]) == 2
    assert "--policy" in capsys.readouterr().err
