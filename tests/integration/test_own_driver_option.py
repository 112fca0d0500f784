"""`pytest --driver` runs the suite on a driver of one's own, or says what is missing."""

import subprocess
import sys

import pytest

from tests.architecture.project import ROOT

EXAMPLE = "examples.serial_charger.serial_charger:SerialCharger"
"""The driver of the guide."""


def run_pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in the project's folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_the_example_passes_the_suite() -> None:
    """The fictional serial charger passes with its bench, all tests of the suite and no others."""
    done = run_pytest("--driver", EXAMPLE, "--driver-rig", "examples.serial_charger.rig:Rig")
    assert done.returncode == 0, done.stdout
    assert "19 passed" in done.stdout


def test_a_gate_passes_the_suite() -> None:
    """The suite of gates runs on a gate's driver, named as a pilot names its own."""
    done = run_pytest(
        *("--driver", "parking_agent.drivers.tasmota:TasmotaGate"),
        *("--driver-rig", "tests.conformance.relay_rig:TasmotaBench"),
    )
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--driver", "no.such:Driver"), "no.such:Driver can not be loaded"),
        (("--driver", "tests.own_driver:POWER_W_MAX"), "is no class: write package.module:Class"),
        (("--driver", EXAMPLE, "--driver-options", "/no/file.toml"), "can not be read"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    """A driver or a file that is not there ends the run in one sentence."""
    done = run_pytest(*arguments)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr


def test_without_hands_it_is_skipped_with_the_reason() -> None:
    """A real device wants a car plugged in; where nobody can be asked that test does not pass."""
    done = run_pytest("--driver", "simulated", "-k", "pulling_the_cable", "-rs")
    assert done.returncode == 0
    assert "somebody has to plug a car in that takes 11000 W" in done.stdout
    assert "passed" not in done.stdout
