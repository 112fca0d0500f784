"""What was found when a charger was looked over."""

from enum import StrEnum

import msgspec

from charger_agent.drivers import DeviceFacts, FailSafe


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    AWAY = "away"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check and what was measured."""

    name: str
    """Which."""
    verdict: Verdict
    """What came of it."""
    text: str
    """What was seen, in a sentence."""
    measured: float | None = None
    """The number that was measured, in the unit of the name."""


class OutletCheckup(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at one outlet."""

    outlet: str
    """Its name."""
    driver: str
    """Its driver."""
    checks: tuple[Check, ...]
    """All checks, in order."""
    capabilities: tuple[str, ...] = ()
    """What it can do besides."""
    fail_safe: FailSafe | None = None
    """What it does by itself when it loses its agent."""
    facts: DeviceFacts | None = None
    """What it tells of itself."""

    @property
    def is_away(self) -> bool:
        """Whether the device could not be reached."""
        return any(check.verdict is Verdict.AWAY for check in self.checks)

    @property
    def has_failed(self) -> bool:
        """Whether a check was found false."""
        return any(check.verdict is Verdict.FAILED for check in self.checks)
