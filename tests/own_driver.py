"""`pytest --driver my.module:Driver`: the conformance suite on a driver of one's own.

- `--driver-options FILE` is a TOML file with what the driver is made from: `power_w_max`,
  `fallback_w`, and a table `options` (for a gate `name` and `options`).
- `--driver-rig my.module:Rig` is a bench that plugs the car in and breaks the device by itself, for
  a fake device: a subclass of `ChargerRig` or `GateRig`, made with the driver's class and the
  options, and used as `async with Rig(...) as rig`.

Without a rig it is a real device: time passes in earnest, and whoever sits before it is asked on
the terminal to plug and unplug (`-s` lets pytest ask). Where nobody can be asked, the tests that
need hands are skipped and say so.
"""

import asyncio
import importlib
import random
import sys
import tomllib
from pathlib import Path
from typing import Any, Self

import pytest

from agent_runtime import SystemClock
from charger_agent import ChargerDriver, DriverSetup, load_driver
from tests.conformance.charger_suite import ChargerRig

POWER_W_MAX = 11_000
"""Rated power where the options say none. [W]"""


def add_options(parser: pytest.Parser) -> None:
    """Let pytest know the options."""
    group = parser.getgroup("driver", "a driver of your own")
    group.addoption("--driver", metavar="MODULE:CLASS", help="run the conformance suite on it")
    group.addoption("--driver-options", metavar="FILE", help="TOML file: what it is made from")
    group.addoption("--driver-rig", metavar="MODULE:CLASS", help="bench that moves its fake device")


def is_gate(driver: type) -> bool:
    """Say whether a driver is one of a gate."""
    return hasattr(driver, "pulse_open")


def find_class(name: str) -> type[Any]:
    """Return a class by `module:Class`; what is wrong with the name ends the run in a sentence."""
    module, colon, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute) if colon else None
    except (ImportError, AttributeError) as error:
        raise pytest.UsageError(f"{name} can not be loaded: {error}") from error
    if not isinstance(found, type):
        raise pytest.UsageError(f"{name} is no class: write package.module:Class")
    return found


def read_options(config: pytest.Config) -> dict[str, Any]:
    """Return what the driver is made from, as the options file says."""
    file = config.getoption("--driver-options")
    if file is None:
        return {}
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise pytest.UsageError(f"{file} can not be read: {error}") from error


def is_beside(config: pytest.Config, path: Path) -> bool:
    """Say whether a file need not even be read, because a driver is named and it is another's."""
    is_named = config.getoption("--driver") is not None
    return is_named and path.suffix == ".py" and path.name != "test_own_driver.py"


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the suite of the driver alone, and leave it out where no driver is named."""
    name = config.getoption("--driver")
    wanted = ""
    if name is not None:
        read_options(config)
        driver = load_driver(name) if ":" not in name else find_class(name)
        wanted = "TestOwnGate" if is_gate(driver) else "TestOwnCharger"
    kept = [item for item in items if _own(item) == wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _own(item: pytest.Item) -> str:
    """Return the class of a test of this suite, nothing for all others."""
    is_own = item.nodeid.split("::")[0].endswith("conformance/test_own_driver.py")
    return item.nodeid.split("::")[1] if is_own else ""


class HandRig(ChargerRig):
    """A real charger, real time, and somebody's hands.

    Args:
        driver: The driver's class.
        options: What it is made from.
        request: The test, for asking.
    """

    def __init__(
        self, driver: type[ChargerDriver], options: dict[str, Any], request: pytest.FixtureRequest
    ) -> None:
        self._request = request
        self._clock = SystemClock()
        self.power_w_max = options.get("power_w_max", POWER_W_MAX)
        self.fallback_w = options.get("fallback_w", 0)
        self.driver = driver(
            DriverSetup(
                outlet=options.get("name", "bench"),
                power_w_max=self.power_w_max,
                fallback_w=self.fallback_w,
                options=options.get("options", {}),
                clock=self._clock,
                random=random.Random(),
            )
        )

    async def __aenter__(self) -> Self:
        await self.driver.open()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.driver.close()

    async def wait(self, story_s: float) -> None:
        await self._clock.sleep(story_s)

    async def plug_in(self, demand_w: int) -> None:
        await self._ask(f"plug a car in that takes {demand_w} W or more")

    async def unplug(self) -> None:
        await self._ask("pull the cable")

    async def break_down(self) -> None:
        await self._ask("let the device find a fault (test button of its residual current device)")

    async def _ask(self, what: str) -> None:
        """Ask whoever sits there, and wait for the enter key; skip where nobody does."""
        capture = self._request.config.pluginmanager.getplugin("capturemanager")
        if capture is None or not sys.__stdin__ or not sys.__stdin__.isatty():
            pytest.skip(f"somebody has to {what}: run pytest -s on a terminal, or give a rig")
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\nPlease {what}, then press enter: ")
            sys.stdout.flush()
            await asyncio.to_thread(sys.__stdin__.readline)
