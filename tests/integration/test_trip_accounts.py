"""A car of a story pays each trip from a fresh account, in processes of their own."""

import json
from pathlib import Path

import pytest

from scenarios.loading import STORIES
from tests.integration.running_command import run_command


@pytest.mark.timeout(120)
def test_a_story_on_fresh_accounts(tmp_path: Path) -> None:
    """The charger sees a stranger, all money is back at the end, and everybody's books agree."""
    told = (STORIES / "one_charge.toml").read_text("utf-8")
    story, target = tmp_path / "fresh.toml", tmp_path / "result.json"
    story.write_text(
        told.replace("charge_percent = 22", "charge_percent = 22\nfresh_account = true")
    )
    arguments = ("--headless", "--json", str(target), "--data", str(tmp_path / "run"))
    done = run_command("run", str(story), *arguments, timeout_s=110)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(target.read_text())
    assert all(finding["ok"] for finding in result["invariants"])
    [session] = result["sessions"]
    assert (session["buyer"], session["state"]) == ("anna", "settled")
    file = tmp_path / "run" / session["seller"] / "receipts" / f"{session['dialogue']}.json"
    policy = tmp_path / "run" / "policy.toml"
    proved = run_command("receipt", "verify", str(file), "--policy", str(policy))
    assert proved.returncode == 0, proved.stdout + proved.stderr
