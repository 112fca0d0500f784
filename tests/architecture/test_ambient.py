"""Time and chance are arguments in all that a simulation runs."""

from pathlib import PurePath

import pytest

from tests.architecture.ambient import ambient
from tests.architecture.project import ROOT, sources

SIMULATED = (
    "ledger_core",
    "negotiation",
    "agent_runtime",
    "vehicle_agent",
    "charger_agent",
    "parking_agent",
    "fake_devices",
)
"""The packages that run alike live and simulated."""

ALLOWED = {
    "agent_runtime/clock.py": "the clock itself",
}
"""Files that may ask the machine, and why."""


def test_time_and_chance_are_arguments() -> None:
    """No simulated package asks the machine for the time or for chance."""
    findings = [
        str(finding)
        for path in sources(*SIMULATED)
        for finding in ambient(path.relative_to(ROOT), path.read_text("utf-8"))
        if finding.path not in ALLOWED
    ]
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import time\ntime.time()", "time.time"),
        ("from time import monotonic as now\nnow()", "time.monotonic"),
        ("import datetime as dt\ndt.datetime.now(dt.UTC)", "datetime.datetime.now"),
        ("from datetime import datetime\ndatetime.now()", "datetime.datetime.now"),
        ("import random\nrandom.random()", "random.random"),
        ("import numpy as np\nnp.random.default_rng()", "numpy.random.default_rng"),
        ("import secrets\nsecrets.token_bytes(8)", "secrets.token_bytes"),
        ("import os\nfield(default_factory=os.urandom)", "os.urandom"),
        ("import asyncio\nasyncio.sleep(1)", "asyncio.sleep"),
    ],
)
def test_checker_finds(text: str, name: str) -> None:
    """Each way to the machine's time or chance is found, under whatever name it was imported."""
    [finding] = ambient(PurePath("vehicle_agent/agent.py"), text)
    assert (finding.line, finding.what.split(":")[0]) == (2, name)


@pytest.mark.parametrize(
    "text",
    [
        "import random\ndef choose(chance: random.Random) -> float:\n    return chance.random()",
        "def wait(clock):\n    clock.sleep(1)\n    return clock.time()",
        "from datetime import timedelta\ntimedelta(seconds=1)",
        "import time\ntime.strftime",
    ],
)
def test_checker_lets_pass(text: str) -> None:
    """A clock or generator that was handed over is no finding."""
    assert ambient(PurePath("vehicle_agent/agent.py"), text) == []
