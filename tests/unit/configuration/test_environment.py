"""Environment variables win over the file, and errors say that they came from there."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from configuration import SettingsError, load, variables


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section."""

    url: str = "mqtt://127.0.0.1:1883"
    port_max: Annotated[int, msgspec.Meta(le=65_535)] = 0


class Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    name: str
    speed: float = 1.0
    broker: Broker = Broker()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings file with a name and nothing else."""
    path = tmp_path / "agent.toml"
    path.write_text('name = "ada"\n', encoding="utf-8")
    return path


def test_a_variable_wins(file: Path) -> None:
    """Keys outside and inside a section are set, numbers as numbers, texts as they are."""
    environment = {
        "TANGLEWAY_NAME": "42",
        "TANGLEWAY_SPEED": "60",
        "TANGLEWAY_BROKER_URL": "mqtt://broker:1883",
        "TANGLEWAY_BROKER_PORT_MAX": "9",
        "TANGLEWAY_OTHER": "of another program",
        "HOME": "/root",
    }
    assert load(file, Agent, environment=environment) == Agent(
        name="42", speed=60.0, broker=Broker(url="mqtt://broker:1883", port_max=9)
    )


def test_the_process_environment_counts(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an explicit environment that of the process is used."""
    monkeypatch.setenv("TANGLEWAY_SPEED", "2.5")
    assert load(file, Agent).speed == 2.5


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        (
            "TANGLEWAY_SPEED",
            "fast",
            "speed (from TANGLEWAY_SPEED): must be a number, not a text",
        ),
        (
            "TANGLEWAY_BROKER_PORT_MAX",
            "70000",
            "broker.port_max (from TANGLEWAY_BROKER_PORT_MAX): must be a whole number <= 65535",
        ),
    ],
)
def test_errors_name_the_variable(file: Path, variable: str, value: str, expected: str) -> None:
    """A wrong value is blamed on the variable, not on the file alone."""
    with pytest.raises(SettingsError) as caught:
        load(file, Agent, environment={variable: value})
    assert str(caught.value) == f"{file}: {expected}"


def test_a_section_that_is_no_table_is_blamed_on_the_file(file: Path) -> None:
    """A variable inside a section does not hide that the file has something else there."""
    file.write_text('name = "ada"\nbroker = 3\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="broker: must be a table, not a whole number"):
        load(file, Agent, environment={"TANGLEWAY_BROKER_URL": "mqtt://broker"})


def test_lists_the_variables() -> None:
    """Each key that the environment can set is listed with its variable."""
    assert variables(Agent) == {
        "TANGLEWAY_NAME": ("name",),
        "TANGLEWAY_SPEED": ("speed",),
        "TANGLEWAY_BROKER_URL": ("broker", "url"),
        "TANGLEWAY_BROKER_PORT_MAX": ("broker", "port_max"),
    }
