"""An agent as a process: ready lines, exit codes, signals, and one sentence for what is wrong."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent_runtime import SystemClock, embedded_broker, watch_telemetry
from configuration import write_key
from ledger_core import KeyPair
from tests.integration.servers import NETWORK, PATIENCE_S, LiveNode, free_port, live_node


@dataclass
class Street:
    """A node, a broker and a folder for agents."""

    folder: Path
    node: LiveNode
    broker: str
    processes: list[Process]

    def config(self, name: str, **changes: str) -> Path:
        """Write an agent's key and settings; return the settings file."""
        key_file = self.folder / f"{name}.key"
        if not key_file.exists():
            write_key(key_file, KeyPair.generate())
        keys = {"network": NETWORK, "then": "wait", "broker": self.broker} | changes
        path = self.folder / f"{name}.toml"
        path.write_text(
            f'name = "{name}"\nkey_file = "{name}.key"\njournal = "{name}.db"\n'
            f'network = "{keys["network"]}"\nthen = "{keys["then"]}"\n'
            f'listen = "{keys.get("listen", "tcp://127.0.0.1:*")}"\n'
            f'[ledger]\nendpoint = "{self.node.endpoint}"\n'
            f'node_key = "{self.node.node_key.hex()}"\n'
            f'[broker]\nurl = "{keys["broker"]}"\n',
            encoding="utf-8",
        )
        return path

    async def start(self, *configs: Path) -> Process:
        """Start one process with an agent for each settings file."""
        options = [part for config in configs for part in ("--config", str(config))]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.toy_agent", *options,
            stdin=None, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        self.processes.append(process)
        return process


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    """Yield a node that all tests of this file share: each brings its own keys."""
    with live_node(tmp_path_factory.mktemp("node")) as found:
        yield found


@pytest.fixture
async def street(tmp_path: Path, node: LiveNode) -> AsyncIterator[Street]:
    """Yield a street whose processes all end."""
    async with embedded_broker() as broker:
        street = Street(tmp_path, node, broker, [])
        yield street
        for process in street.processes:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def line(process: Process) -> dict[str, Any]:
    """Return the next line that a process says, as JSON."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        found: dict[str, Any] = json.loads(await process.stdout.readline())
    return found


async def ending(process: Process) -> tuple[int, list[str]]:
    """Return a process's exit code and what it has said on standard error."""
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode().splitlines()


async def test_an_agent_says_that_it_is_ready_and_ends(street: Street) -> None:
    """One line says ready; an agent that ends by itself ends its process with code 0."""
    process = await street.start(street.config("north", then="end"))
    assert await line(process) == {"event": "ready", "name": "north"}
    facts = await line(process)
    assert (facts["boot"], facts["balance"]) == (1, 0)
    code, said = await ending(process)
    assert code == 0
    assert all(json.loads(each)["agent"] == "north" for each in said), said


async def test_each_start_has_another_boot_and_chance(street: Street) -> None:
    """A second start counts on, and does not repeat the names that chance made in the first."""
    found = []
    for _ in range(2):
        process = await street.start(street.config("north", then="end"))
        await line(process)
        found.append(await line(process))
        assert (await ending(process))[0] == 0
    assert [each["boot"] for each in found] == [1, 2]
    assert found[0]["chance"] != found[1]["chance"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_signals_end_it_cleanly(street: Street, number: signal.Signals, code: int) -> None:
    """SIGTERM and Ctrl+C end the agents; whoever watches is told at once that they are offline."""
    process = await street.start(street.config("north"))
    await line(process)
    await line(process)
    states = []
    async with asyncio.timeout(PATIENCE_S):
        watching = watch_telemetry(street.broker, network=NETWORK, clock=SystemClock())
        async for news in watching:
            states.append(news.fields["online"])
            if not news.fields["online"]:
                break
            process.send_signal(number)  # more than once where the broker repeats itself
            process.send_signal(number)
        await watching.aclose()
    assert states[-1] is False
    assert (await ending(process))[0] == code


async def test_several_agents_share_a_process(street: Street) -> None:
    """Each of them is ready, and the process ends when the last has ended."""
    configs = [street.config(name, then="end") for name in ("a", "b", "c")]
    process = await street.start(*configs)
    said = [await line(process) for _ in range(6)]
    ready = {each["name"] for each in said if each["event"] == "ready"}
    assert ready == {"a", "b", "c"}
    assert len({each["endpoint"] for each in said if each["event"] == "facts"}) == 3
    assert (await ending(process))[0] == 0


@pytest.mark.parametrize(
    ("then", "code", "sentence"),
    [
        ("refuse", 4, "nobody wants a toy; build a charger"),
        ("fail", 1, "the toy stopped because of a mistake in the program, see its log: "),
    ],
)
async def test_a_failure_is_told(street: Street, then: str, code: int, sentence: str) -> None:
    """An agent that fails ends its process, others in it too, with a sentence and a code."""
    process = await street.start(street.config("good"), street.config("bad", then=then))
    found, said = await ending(process)
    assert found == code
    assert said[-1].startswith(sentence)
    logged = [json.loads(each) for each in said[:-1]]
    if then == "fail":
        assert any("a toy broke" in each.get("exception", "") for each in logged)


async def test_wrong_input_is_told(street: Street) -> None:
    """A key that is not known, a missing key file, another network: code 2, and the sentence."""
    unknown = street.config("north")
    unknown.write_text(unknown.read_text().replace("[broker]", "[brokr]"))
    keyless = street.config("south")
    (street.folder / "south.key").unlink()
    foreign = street.config("west", network="other")
    found = await asyncio.gather(*(sentence(street, each) for each in (unknown, keyless, foreign)))
    assert found[0].startswith(f"2: {unknown}: brokr is not known here; allowed: name, network, ")
    assert found[1].startswith(f"2: {street.folder}/south.key: there is no such key file")
    assert found[2] == (
        f"2: the node at {street.node.endpoint} keeps the books of 'test', not of 'other'; name "
        "another node, or that network"
    )


async def sentence(street: Street, config: Path) -> str:
    """Return exit code and last sentence of an agent that can not start."""
    code, said = await ending(await street.start(config))
    return f"{code}: {said[-1]}"


async def test_a_port_in_use_is_told(street: Street) -> None:
    """A seller whose port is taken ends with code 3 and names the port."""
    process = await street.start(street.config("first"))
    await line(process)
    endpoint = (await line(process))["endpoint"]
    assert await sentence(street, street.config("second", listen=endpoint)) == (
        f"3: {endpoint} is in use; stop what listens there or choose another port"
    )


async def test_a_broker_away_is_no_reason_not_to_start(street: Street) -> None:
    """Without its broker an agent starts, says so in its log, and works."""
    away = f"mqtt://127.0.0.1:{free_port()}"
    process = await street.start(street.config("north", broker=away))
    assert (await line(process))["event"] == "ready"
    assert (await line(process))["event"] == "facts"
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = json.loads(await process.stderr.readline())
            if told["event"] == "the broker is away; trying again for ever":
                break
    process.send_signal(signal.SIGTERM)
    assert (await ending(process))[0] == 0


async def test_an_agent_without_settings_shows_how(street: Street) -> None:
    """Without `--config` the usage is shown, with code 2."""
    code, said = await ending(await street.start())
    assert code == 2
    assert "--config" in said[-1]
