"""The verb `doctor charger`: look the devices of a charging site over, and say what they can do."""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from agent_runtime import SystemClock
from charger_agent import ChargerSettings, OutletCheckup, Verdict, check_up
from configuration import load
from scenarios import story_files

EXIT_AWAY = 3
"""A device is away."""

EXIT_FAILED = 6
"""A check was made and found false."""

SCHEMA = "tangleway.doctor/1"
"""Name of the document that `--json` prints."""

MARKS = {Verdict.OK: "ok", Verdict.FAILED: "FAILED", Verdict.SKIPPED: "-", Verdict.AWAY: "AWAY"}
"""What stands before each check."""

NO_CHARGER = frozenset({"gate_reconnect", "offline_toll", "ledger_spam", "four_operators"})
"""Stories in which no charger plays a part that a real one could take."""


@dataclass(frozen=True, slots=True)
class ChargerRequest:
    """What was asked for on the command line."""

    config: Path
    """The charging site's settings."""
    as_json: bool
    """One JSON document instead of lines."""


def examine_chargers(request: ChargerRequest) -> int:
    """Look all outlets over and return the exit code.

    Raises:
        SettingsError: The settings are wrong.
        UnknownDriverError: A driver can not be loaded.
    """
    _hush()
    settings = load(request.config, ChargerSettings)
    clock = SystemClock(speed=settings.clock.speed)
    found = asyncio.run(check_up(settings, clock))
    if request.as_json:
        print(json.dumps(_document(settings.name, found), indent=2))
    else:
        for outlet in found:
            _show(outlet)
    if any(outlet.has_failed for outlet in found):
        return EXIT_FAILED
    return EXIT_AWAY if any(outlet.is_away for outlet in found) else 0


def _document(name: str, found: tuple[OutletCheckup, ...]) -> dict[str, Any]:
    outlets = [msgspec.to_builtins(outlet) | {"stories": _stories(outlet)} for outlet in found]
    is_fine = not any(outlet.has_failed or outlet.is_away for outlet in found)
    return {"schema": SCHEMA, "noun": "charger", "name": name, "ok": is_fine, "outlets": outlets}


def _show(outlet: OutletCheckup) -> None:
    print(f"{outlet.outlet} ({outlet.driver})")
    width = max(len(check.name) for check in outlet.checks)
    for check in outlet.checks:
        print(f"  {MARKS[check.verdict]:6}  {check.name:{width}}  {check.text}")
    if outlet.is_away:
        return
    print(f"  can do besides: {', '.join(outlet.capabilities) or 'nothing'}")
    if outlet.fail_safe is not None:
        print(f"  after a power cut it {outlet.fail_safe.after_power_cut}")
    print(f"  can play: {', '.join(_stories(outlet)) or 'no story before the checks hold'}")


def _stories(outlet: OutletCheckup) -> list[str]:
    """Return the stories in which the device can play the charger: none before it obeys."""
    if outlet.has_failed or outlet.is_away:
        return []
    return [story.name for story in story_files() if story.name not in NO_CHARGER]


def _hush() -> None:
    """Keep logs off the terminal: what matters is in the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
