"""The commands about devices, as a person types them: `fake` and `doctor charger`."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tangleway.command import run_command
from tests.integration.running_command import COMMAND
from tests.integration.servers import free_port
from tests.mosquitto_server import MosquittoServer


@pytest.fixture
def server(server_program: Callable[[str], Path]) -> Iterator[MosquittoServer]:
    """Return a mosquitto."""
    with MosquittoServer(server_program("mosquitto")) as server:
        yield server


SITE = """
name = "site"
network = "pilot"
key_file = "site.key"
position_m = [0, 0]
site_power_w = 22_000
ledger = {{ endpoint = "tcp://127.0.0.1:9", node_key = "{key}" }}
pricing = {{ tariff = {{ elements = [ {{ kind = "energy", price = 300_000 }} ] }} }}

[[outlets]]
name = "left"
power_w_max = 7_360
driver = "{driver}"
options = {options}
"""


def write_site(folder: Path, *, driver: str = "simulated", options: str = "{}") -> Path:
    """Write the settings of a site with one outlet."""
    file = folder / "site.toml"
    file.write_text(SITE.format(key="0" * 64, driver=driver, options=options), "utf-8")
    return file


def test_a_simulated_site_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table says so, the document too, and the exit code is 0."""
    site = str(write_site(tmp_path))
    assert run_command(["doctor", "charger", "--config", site]) == 0
    assert "ok      meter" in capsys.readouterr().out
    assert run_command(["doctor", "charger", "--config", site, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["noun"], document["ok"]) == (
        "tangleway.doctor/1",
        "charger",
        True,
    )
    [outlet] = document["outlets"]
    assert outlet["outlet"] == "left"
    assert "one_charge" in outlet["stories"]


def test_a_charger_that_is_away_ends_with_3(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line says what is away, and no story can be played."""
    monkeypatch.setattr("charger_agent.drivers.mqtt_device.OPEN_S", 0.2)
    broker = f"mqtt://127.0.0.1:{free_port()}"
    site = write_site(
        tmp_path, driver="goe", options=f'{{ broker = "{broker}", serial = "012345" }}'
    )
    assert run_command(["doctor", "charger", "--config", str(site), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert not document["ok"]
    assert document["outlets"][0]["stories"] == []
    assert "is away" in document["outlets"][0]["checks"][0]["text"]


def test_fakes_are_listed_and_unknown_ones_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name all are listed; a wrong name or option is answered with the right ones."""
    assert run_command(["fake"]) == 0
    assert "openevse" in capsys.readouterr().out
    assert run_command(["fake", "toaster"]) == 2
    assert "there is no fake 'toaster': name one of ocpp16, ocpp201" in capsys.readouterr().err
    assert run_command(["fake", "goe", "--set", "colour=red"]) == 2
    assert "has no option 'colour'" in capsys.readouterr().err


@pytest.mark.parametrize("device", ["openevse", "goe", "everest"])
def test_a_fake_says_where_it_is_and_obeys(device: str, server: MosquittoServer) -> None:
    """It prints one line with where it is, takes lines, and ends by SIGTERM."""
    command = [COMMAND, "fake", device, "--broker", server.url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert f"at {server.url}: topics" in line
        assert f"(driver {device}," in line
        assert process.stderr.readline().startswith("type plug [WATTS")
        process.stdin.write("plug 11000\nexplode\n")
        process.stdin.flush()
        assert process.stderr.readline().startswith("'explode' is nothing to do: type plug")
        process.terminate()
        assert process.wait() == 143
