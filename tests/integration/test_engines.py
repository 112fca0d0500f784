"""A node verifies with the engine that its settings name, and says which one that is."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger_core import EngineError, Verdict
from ledger_core.lanes.support import check_machine
from tests.integration.node_process import ANN, BEN, NodeSite, running_node

pytestmark = pytest.mark.timeout(300)  # the first test on a machine waits for the compiler


@pytest.fixture(scope="module")
def compiled() -> None:
    """Compile lanes, or wait until another worker has; skip where they can not run."""
    try:
        check_machine()
    except EngineError as error:
        pytest.skip(str(error))
    subprocess.run([sys.executable, "-m", "ledger_node.compiled_code"], check=True)


def engine_line(site: NodeSite) -> dict[str, str]:
    """Return what the node has logged about its engine."""
    lines = [json.loads(line) for line in site.log.splitlines()]
    [found] = [line for line in lines if line["event"] == "engine"]
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("engine", ["auto", "lanes"])
async def test_a_node_verifies_in_lanes(tmp_path: Path, engine: str) -> None:
    """What is compiled is loaded before the node serves; it takes good signatures, and no bad."""
    async with running_node(tmp_path, engine=engine) as site, site.client() as client:
        assert engine_line(site)["name"] == "lanes"
        forged = site.pay(ANN, BEN, sequence=0).copy()
        forged["signature"][..., 40] ^= 1
        refused, paid = await client.submit([forged, site.pay(ANN, BEN, sequence=0)])
        assert (refused.verdict, paid.verdict) == (Verdict.BAD_SIGNATURE, Verdict.ACCEPTED)


async def test_a_node_serves_while_lanes_are_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is compiled yet libsodium verifies, and the node's end is not put off."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    async with running_node(tmp_path, engine="auto") as site, site.client() as client:
        [paid] = await client.submit(site.pay(ANN, BEN, sequence=0))
        assert paid.verdict == Verdict.ACCEPTED
        assert '"event": "engine"' not in site.log


async def test_a_node_that_can_not_have_its_engine_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lanes by name, and no private place for compiled code: exit code 2, and what to do."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "tangleway").mkdir()
    (cache / "tangleway").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    site = NodeSite(tmp_path)
    site.prepare(engine="lanes")
    code, sentence = await asyncio.to_thread(site.fail)
    assert code == 2
    assert "others can write to" in sentence
