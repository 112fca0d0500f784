"""What goes wrong on purpose in a story, at its times: processes are killed, validators lie."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from scenarios.cast import US_PER_S, Cast
from scenarios.happenings import LieBegan, ProcessStruck, Tell
from scenarios.operators import Operator
from scenarios.supervisor import Supervisor
from scenarios.trust_tables import FaultTable


class Mishaps:
    """Does the harm that a story wants.

    Args:
        cast: Whom it may strike.
        supervisor: Who keeps their processes.
        tell: Is told what is done.
    """

    def __init__(self, cast: Cast, supervisor: Supervisor, tell: Tell) -> None:
        self._story = cast.story
        self._operators = cast.operators
        self._supervisor = supervisor
        self._tell = tell

    async def strike(self, epoch_us: int) -> None:
        """Do everything in its order, each thing when it is due.

        Args:
            epoch_us: The real time at which the story's clock shows midnight. [µs]
        """
        for at_s, act in self.due():
            due_s = epoch_us / US_PER_S + (self._story.begins_s + at_s) / self._story.speed
            await asyncio.sleep(max(0.0, due_s - time.time()))
            act()

    def due(self) -> list[tuple[float, Callable[[], None]]]:
        """Return what is to be done, in order, with times since the beginning. [story s]"""
        kills = [
            (fault.at_s, partial(self._kill, fault)) for fault in self._story.fault if fault.kill
        ]
        lies = [
            (operator.table.lies_from_s, partial(self._lie, operator))
            for operator in self._operators
            if operator.table.lies
        ]
        return sorted([*kills, *lies], key=lambda act: act[0])

    def _kill(self, fault: FaultTable) -> None:
        """Kill a process, and let it come back later."""
        away_s = fault.away_s / self._story.speed
        self._tell(ProcessStruck(fault.whom, away_s))
        self._supervisor.strike(fault.whom, away_s)

    def _lie(self, operator: Operator) -> None:
        """Let a validator begin to lie."""
        operator.begin_to_lie()
        self._tell(LieBegan(operator.name))
