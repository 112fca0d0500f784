"""Imports follow the house's arrows, stop at a package's front door, and stay light."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, sources

SIDE_DOORS = {
    "benchmarks.crash",
    "dashboard.headless",
    "dashboard.terminal",
    "ledger_node.checkpoint_store",
    "ledger_node.codec",
    "ledger_node.connection",
    "ledger_node.database_log",
    "ledger_node.door",
    "ledger_node.index",
    "ledger_node.log",
    "ledger_node.lookups",
    "ledger_node.tree",
    "ledger_node.validator_settings",
    "ledger_node.node",
    "ledger_node.notary",
    "ledger_node.opening",
    "ledger_node.payees",
    "ledger_node.protocol",
    "ledger_node.state",
    "ledger_node.stores",
    "charger_agent.agent",
    "parking_agent.agent",
    "parking_agent.drivers.simulated",
    "parking_agent.toll",
    "scenarios.reporting",
    "scenarios.simulation",
    "vehicle_agent.agent",
    "ledger_node.client",
    "ledger_core.rules",
    "ledger_node.audit",
    "ledger_node.data_directory",
    "ledger_node.engine_start",
    "ledger_node.importing",
    "ledger_node.judge",
    "ledger_node.known_policies",
    "ledger_node.local_log",
    "ledger_node.policy_files",
    "ledger_node.process",
    "ledger_node.stored_facts",
    "ledger_node.stored_pruning",
    "ledger_node.stored_receipts",
    "ledger_node.validator_process",
}
"""Modules that other packages may name: the client without the node, the readable rules, for
whoever audits a stored ledger what reads it, for a story's liar what a validator is made of, and
for simulations what a node and the agents are made of. They load the database's libraries, so the
front door, through which every agent goes to the client, does not. The dashboard has two more
doors, so that a runner loads neither sockets nor screens for it, and `watch` no screens."""

HEAVY = {
    "ledger_core": {"asyncio", "sqlite3", "zmq"},
    "negotiation": {"asyncio", "sqlite3", "zmq"},
    "configuration": {"asyncio", "sqlite3", "zmq"},
    "ledger_node.client": {"sqlite3"},
    "agent_runtime": set(),
    "vehicle_agent.agent": set(),
    "charger_agent.agent": set(),
    "parking_agent.agent": set(),
    "tangleway.command": {"sqlite3", "zmq"},
    "dashboard": {"asyncio", "sqlite3", "zmq"},
    "dashboard.headless": {"sqlite3"},
}
"""What must not be loaded with a module, besides NOWHERE."""

NOWHERE = {"numba", "textual", "pytest", "hypothesis"}
"""Slow or foreign to all of these modules."""

DATABASE = {"sqlmodel", "sqlalchemy"}
"""Half a second and 30 MB, for those alone who keep something."""

KEEPERS = {"agent_runtime", "vehicle_agent.agent", "charger_agent.agent", "parking_agent.agent"}
"""They keep a journal, and so load the database's libraries."""


def test_arrows_point_down() -> None:
    """All import contracts of pyproject.toml hold."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each module that a text imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def around_the_front_door(package: str, text: str) -> list[tuple[int, str]]:
    """Return the imports in a text of some package that reach into another package."""
    return [
        (line, name)
        for line, name in imported(text)
        if "." in name
        and name.split(".")[0] in set(PACKAGES) - {package}
        and name not in SIDE_DOORS
    ]


def test_packages_are_entered_by_the_front_door() -> None:
    """A package imports from others what their `__init__` offers, not from their modules."""
    findings = [
        f"{path.relative_to(ROOT)}:{line}: import from {name.split('.')[0]}, not from {name}"
        for path in sources(*PACKAGES)
        for line, name in around_the_front_door(
            path.relative_to(ROOT).parts[0], path.read_text("utf-8")
        )
    ]
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def test_checker_finds_side_entries() -> None:
    """The checker names an import past the front door, and no other."""
    text = (
        "import zmq.asyncio\nfrom ledger_core import RECORD\nfrom ledger_core.keys import KeyPair"
    )
    assert around_the_front_door("negotiation", text) == [(3, "ledger_core.keys")]
    assert around_the_front_door("ledger_core", text) == []


def loaded_by(module: str) -> set[str]:
    """Return the top-level modules that a fresh Python has loaded after importing one."""
    code = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("module", HEAVY)
def test_imports_stay_light(module: str) -> None:
    """Importing a module loads nothing that its users do not need."""
    unwanted = HEAVY[module] | NOWHERE | (set() if module in KEEPERS else DATABASE)
    assert loaded_by(module) & unwanted == set()


def test_checker_sees_what_is_loaded() -> None:
    """The measure itself notices a heavy library."""
    assert "sqlite3" in loaded_by("sqlite3")
    assert "sqlite3" not in loaded_by("json")
