"""The command's manners: help with examples, quick and light, errors in a sentence, exit codes."""

import subprocess
import sys
from importlib.metadata import version
from typing import NoReturn

import pytest

from ledger_core import CheckFailedError, UnavailableError
from tangleway import command
from tangleway.command import run_command

VERBS = (
    ["demo"],
    ["run"],
    ["stories"],
    ["node"],
    ["vehicle"],
    ["charger"],
    ["parking"],
    ["toll"],
    ["validator"],
    ["ledger"],
    ["ledger", "verify"],
    ["ledger", "info"],
    ["receipt"],
    ["receipt", "get"],
    ["receipt", "verify"],
    ["sessions"],
    ["sessions", "export"],
    ["bench"],
    ["bench", "validator"],
    ["bench", "node"],
    ["wallet"],
    ["dashboard"],
    ["watch"],
    ["status"],
)
"""All verbs."""

HEAVY = ("numpy", "zmq", "textual", "rich", "sqlmodel", "scenarios", "aiomqtt", "nacl")
"""What no help needs."""


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_has_an_example(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for help sees a line that can be typed."""
    assert run_command([*verb, "--help"]) == 0
    assert f"Example: tangleway {' '.join(verb)}" in capsys.readouterr().out


def test_help_names_every_verb_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The command alone shows its help."""
    assert run_command([]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {verb[0]} " in shown for verb in VERBS)
    assert "Exit codes: 0 done" in shown
    assert "..." not in shown.partition("Commands:")[2]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is the distribution's."""
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out == f"tangleway {version('tangleway')}\n"


def test_help_loads_nothing_heavy() -> None:
    """Help is quick because it imports what it shows and no more."""
    code = (
        "import sys; from tangleway.command import run_command; run_command(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the verb `stories` fail with an error."""

    def fail(**_: object) -> NoReturn:
        raise error

    monkeypatch.setattr("tangleway.story_commands.list_stories", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [(UnavailableError("the node is away"), 3), (CheckFailedError("the node is away"), 6)],
)
def test_own_errors_are_one_sentence(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error of the project's tree is its sentence, and its class is the exit code."""
    raising(monkeypatch, error)
    assert run_command(["stories"]) == code
    assert capsys.readouterr() == ("", "tangleway: the node is away\n")


def test_faults_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the project itself rises, so that it can be found."""
    raising(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run_command(["stories"])


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted command ends as shells expect it."""
    raising(monkeypatch, KeyboardInterrupt())
    assert run_command(["stories"]) == 130


def test_main_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is that of the command."""
    monkeypatch.setattr(sys, "argv", ["tangleway", "--version"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0


def test_agents_get_their_settings_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every settings file reaches the module that is the process, whose exit code is kept."""
    heard: list[list[str]] = []

    class Process:
        """Stands in for a process's module."""

        @staticmethod
        def main(words: list[str]) -> int:
            """Note the words."""
            heard.append(words)
            return 4

    monkeypatch.setattr("tangleway.agent_commands.import_module", lambda _: Process)
    assert run_command(["charger", "--config", "a.toml", "--config", "b.toml"]) == 4
    assert run_command(["node", "--config", "n.toml"]) == 4
    assert heard == [["--config", "a.toml", "--config", "b.toml"], ["--config", "n.toml"]]


def test_list_of_stories(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has a line for each story, or is one JSON document."""
    assert run_command(["stories"]) == 0
    assert "\nrush_hour " in capsys.readouterr().out
    assert run_command(["stories", "--json"]) == 0
    assert '"schema": "tangleway.stories/1"' in capsys.readouterr().out
    assert run_command(["stories", "commute"]) == 0
    assert 'title = "The commute"' in capsys.readouterr().out
