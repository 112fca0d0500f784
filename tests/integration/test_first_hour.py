"""`tangleway charger --with-ledger`: one command, and stations are served whatever is away."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from agent_runtime import SystemClock
from configuration import write_key
from ledger_core import KeyPair
from tests.integration.running_command import COMMAND, END_S
from tests.integration.servers import free_port

EXAMPLE = Path(__file__).parents[2] / "examples" / "ocpp16" / "charger.toml"

WAIT_S = 30.0
"""How long a start may take on a busy machine. [s]"""


def config(folder: Path) -> Path:
    """Write the example with ports of this test's own."""
    text = EXAMPLE.read_text("utf-8")
    for port in (9016, 19016, 19017, 19018):
        text = text.replace(f":{port}", f":{free_port()}")
    file = folder / "charger.toml"
    file.write_text(text, "utf-8")
    return file


@contextmanager
def site(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command for the length of a block, and end it in order."""
    process = subprocess.Popen(
        [COMMAND, "charger", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_S) == 0
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """Return what a process says of an event, and skip what it says before."""
    assert process.stdout is not None
    for line in process.stdout:
        facts: dict[str, Any] = json.loads(line)
        if facts["event"] == event:
            return facts
    raise AssertionError(f"it ended and never said {event}")


async def beat(url: str) -> Any:  # noqa: ANN401 (an answer)
    """Call as a station, and return what a heartbeat is answered."""
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        await socket.send('[2,"1","Heartbeat",{}]')
        return json.loads(await socket.recv())


def node_of(folder: Path) -> int:
    """Return the process of the node whose settings are in a folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.exists() else []
            if os.fsencode(folder / "node.toml") in words and b"ledger_node" in words:
                return int(entry.name)
    raise AssertionError("there is no node")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
async def test_one_command_serves_stations_while_the_node_is_killed(tmp_path: Path) -> None:
    """It says where they call, answers them, and goes on when the node dies; then it ends."""
    folder = tmp_path / "data"
    with site("--config", str(config(tmp_path)), "--with-ledger", "--data", str(folder)) as process:
        ledger = said(process, "ledger")
        assert ledger["data"] == str(folder)
        listening = said(process, "listening")
        assert listening["accepts"] == ["CP1", "CP2", "CP3", "CP4"]
        url = listening["stations"].replace("<station>", "CP3")
        assert (await beat(url))[0] == 3
        said(process, "ready")
        first = node_of(folder)
        os.kill(first, signal.SIGKILL)
        assert (await beat(url))[0] == 3
        async with asyncio.timeout(WAIT_S):
            while not (again := _other_node(folder, first)):
                await SystemClock().sleep(0.1)
        assert again != first
        assert (await beat(url))[0] == 3
    with pytest.raises(AssertionError, match="no node"):
        node_of(folder)


def _other_node(folder: Path, first: int) -> int:
    try:
        found = node_of(folder)
    except (AssertionError, OSError):
        return 0
    return 0 if found == first else found


async def test_a_site_without_any_node_serves_its_stations(tmp_path: Path) -> None:
    """It waits for the node as long as it takes, and answers stations meanwhile."""
    file = config(tmp_path)
    write_key(tmp_path / "charger.key", KeyPair.generate())
    with site("--config", str(file)) as process:
        url = said(process, "listening")["stations"].replace("<station>", "CP1")
        assert (await beat(url))[0] == 3


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 3, and nothing is left running."""
    file = config(tmp_path)
    port = int(file.read_text("utf-8").split("ws://127.0.0.1:")[1].split("/")[0])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [COMMAND, "charger", "--config", str(file), "--with-ledger", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 3
    assert "choose another port" in done.stderr.splitlines()[-1]
