"""Bad input through the real command: one sentence, an exit code, nothing half-written."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios import find_story
from tests.integration.running_command import run_command

ONE_CHARGE = find_story("one_charge").read_text("utf-8")


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port that somebody else has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def complaint(*arguments: str, code: int) -> str:
    """Run a command that has to be refused, and return its one sentence."""
    done = run_command(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_story_with_an_unknown_key(tmp_path: Path) -> None:
    """The sentence names the file, the key and what is allowed; no folder is made."""
    story = tmp_path / "mine.toml"
    story.write_text(ONE_CHARGE.replace("seed = 1", "sed = 1"))
    line = complaint("run", str(story), "--data", str(tmp_path / "run"), code=2)
    assert line.startswith(f"tangleway: {story}: sed is not known here; allowed: title, about")
    assert line.endswith("(did you mean seed?)")
    assert not (tmp_path / "run").exists()


def test_no_such_story() -> None:
    """A wrong name gets a suggestion."""
    line = complaint("run", "one_charg", code=2)
    assert "did you mean one_charge?" in line


def test_port_in_use(tmp_path: Path, taken_port: int) -> None:
    """A port that the story fixes and somebody else has is named; no folder is made."""
    story = tmp_path / "mine.toml"
    network = f'name = "one-charge"\nledger_port = {taken_port}'
    story.write_text(ONE_CHARGE.replace('name = "one-charge"', network))
    line = complaint("run", str(story), "--data", str(tmp_path / "run"), code=3)
    assert f"port {taken_port} of 127.0.0.1 is in use" in line
    assert not (tmp_path / "run").exists()


def test_broker_away(tmp_path: Path) -> None:
    """A broker that does not answer is told before anything is written or started."""
    target, folder = tmp_path / "result.json", tmp_path / "run"
    line = complaint(
        *("run", "one_charge", "--headless", "--broker", "mqtt://127.0.0.1:1"),
        *("--json", str(target), "--data", str(folder)),
        code=3,
    )
    assert "there is no MQTT broker at 127.0.0.1:1" in line
    assert not target.exists()
    assert not folder.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "mqtt://"])
def test_no_broker_address(url: str) -> None:
    """An address that is no broker's is wrong input."""
    assert "mqtt://host:port" in complaint("run", "one_charge", "--broker", url, code=2)


def test_folder_with_other_data(tmp_path: Path) -> None:
    """Data that is there already is left alone."""
    (tmp_path / "precious").write_text("")
    line = complaint("run", "one_charge", "--data", str(tmp_path), code=2)
    assert "is not empty" in line
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_result_that_can_not_be_written(tmp_path: Path) -> None:
    """A place where no result can go is told before the story has cost a minute."""
    target = tmp_path / "none" / "result.json"
    line = complaint("run", "one_charge", "--json", str(target), code=2)
    assert f"{target.parent} is no folder" in line


@pytest.mark.parametrize("verb", ["vehicle", "charger", "parking", "toll", "node"])
def test_settings_file_that_is_not_there(verb: str, tmp_path: Path) -> None:
    """An agent without its settings says which file it looked for."""
    done = run_command(verb, "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    last_line = done.stderr.splitlines()[-1]
    assert f"{tmp_path / 'none.toml'}: there is no such file" in last_line


@pytest.mark.parametrize(
    "arguments",
    [["runn"], ["run"], ["run", "one_charge", "--sed", "1"], ["node"], ["run", "a", "--seed", "x"]],
)
def test_wrong_usage(arguments: list[str]) -> None:
    """Wrong words on the command line are one sentence and exit code 2."""
    assert complaint(*arguments, code=2).endswith("see tangleway --help")
