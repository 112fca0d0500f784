"""The command: help without a database, and one sentence for what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger_node.__main__ import main

HEAVY = "sqlalchemy"
"""What a help text needs nothing of."""


def test_help_shows_an_example_and_loads_nothing_heavy() -> None:
    """Asking for help costs no database, and says how to start and which exit codes there are."""
    program = (
        "import sys; from ledger_node.__main__ import main\n"
        "try: main(['--help'])\n"
        f"finally: assert {HEAVY!r} not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Example: python -m ledger_node --config node.toml" in done.stdout
    assert "Exit codes" in done.stdout


def test_without_settings_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing argument is a usage error."""
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "--config" in capsys.readouterr().err


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """The sentence names the file; the exit code says that the input is wrong."""
    command = [sys.executable, "-m", "ledger_node", "--config", str(tmp_path / "none.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line, sentence = done.stderr.splitlines()
    said = json.loads(line)
    assert (done.returncode, done.stdout) == (2, "")
    assert said["error"] == "SettingsError"
    assert "none.toml" in said["message"]
    assert sentence == said["message"]
