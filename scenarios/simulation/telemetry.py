"""What agents tell in a simulated world: only the checks listen, and they need no JSON."""

import logging
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock, Link, Presence, Telemetry

__all__ = ["SILENT", "SimulatedTelemetry"]

SILENT: FilteringBoundLogger = structlog.wrap_logger(
    None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)
"""What agents log nowhere: journals and traces tell the same, and thousands of seeds are played."""


class SimulatedTelemetry(Telemetry):
    """An agent's voice, to who is in the same process.

    Args:
        link: The way to the broker, on which it says what it does.
        presence: The agent's own topics.
        clock: The agent's clock.
        told: Is told what becomes of its dialogues.
    """

    tells_messages = False
    """The checks read the messages in the journals."""

    def __init__(
        self, link: Link, *, presence: Presence, clock: Clock, told: Callable[[Any], None]
    ) -> None:
        super().__init__(link, presence=presence, clock=clock, log=SILENT)
        self._told = told

    def publish(self, kind: str, /, **fields: object) -> None:
        """Tell something about a dialogue; anything else nobody wants to know."""
        if kind == "session":
            self._told(fields)
