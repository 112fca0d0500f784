"""An event loop on virtual time: it never waits, and runs the same way each time.

asyncio asks its selector to wait until the next timer is due. Here the selector does not wait, it
moves the time there. So a simulated hour takes as long as the work in it, every `asyncio.sleep`
and `asyncio.timeout` in the agents means virtual time without knowing it, and what runs when
depends on nothing but the program: callbacks run in the order in which they were asked for.

A loop without a socket can not be woken from outside. If nothing is ready and no timer is set,
everybody waits for somebody else, for ever: that is a `DeadlockError`, and ends the simulation.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any, TypeVarTuple

from scenarios.simulation.errors import DeadlockError, LivelockError, PowerLostError

__all__ = ["VirtualLoop"]

_Arguments = TypeVarTuple("_Arguments")


ENDING_TURNS = 1_000
"""How often what is left is asked to end; an honest task does so at the first time."""


TURNS_MAX = 100_000
"""How often the loop turns while time stands still: an honest world needs some hundred turns."""

STANDSTILL_S = 0.001
"""Time that moves less than this in all those turns stands still. [s]"""


class _Nothing(selectors.BaseSelector):
    """A selector over no descriptors: waiting moves the loop's time.

    Args:
        pass_time: Is told how long the loop would wait. [s]
    """

    def __init__(self, pass_time: Callable[[float], None]) -> None:
        self._pass_time = pass_time
        self._turns = 0
        self._passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let time pass instead of waiting. [s]

        Raises:
            DeadlockError: Nothing will ever happen again.
            LivelockError: Something happens again and again, and no time passes.
        """
        if timeout is None:
            raise DeadlockError(
                "Every task waits for another one and no timer is set: nothing will ever happen "
                "again. This is a mistake in the program; run it with --trace to see the last step."
            )
        if timeout > 0:
            self._passed_s += timeout
            self._pass_time(timeout)
        self._count_turn()
        return []

    def _count_turn(self) -> None:
        self._turns += 1
        if self._passed_s >= STANDSTILL_S:
            self._turns, self._passed_s = 0, 0.0
        elif self._turns > TURNS_MAX:
            self._turns = 0
            raise LivelockError(
                f"The loop has turned {TURNS_MAX:,} times while time stood still: something asks "
                "for itself again and again. This is a mistake in the program."
            )

    def register(self, fileobj: object, events: int, data: object = None) -> selectors.SelectorKey:
        """Refuse: a simulation has no descriptors."""
        raise AssertionError("nothing in a simulation reads a real socket or file")

    def unregister(self, fileobj: object) -> selectors.SelectorKey:
        """Refuse: a simulation has no descriptors."""
        raise AssertionError("nothing in a simulation reads a real socket or file")

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Return no descriptors."""
        return {}


class NumberedTask(asyncio.Task[Any]):
    """A task that sets keep in the same place in every run.

    Python keeps a set's members by their hash, and a task's is its address in memory; asyncio's
    groups cancel their tasks in a set's order.
    """

    _last = 0

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 (asyncio's own)
        NumberedTask._last += 1
        self._number = NumberedTask._last
        super().__init__(*args, **options)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(asyncio.BaseEventLoop):
    """Run callbacks and timers on virtual time, beginning at 0.

    What raises in a callback or in a task that nobody awaits ends the run: nothing goes wrong in
    silence.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._selector = _Nothing(self._pass_time)
        self._clock_resolution = 1e-9
        self.failure: BaseException | None = None
        """What went wrong where nobody was waiting for it."""
        self.set_exception_handler(self._note_failure)
        self.set_task_factory(_numbered)

    def time(self) -> float:
        """Return the virtual time. [s]"""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and whatever happens in it. [s]"""
        self.run_until_complete(asyncio.sleep(seconds))

    def call_soon_threadsafe(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run a callback next; there is one thread only."""
        return self.call_soon(callback, *args, context=context)

    def end(self) -> None:
        """End all tasks that are left, and close."""
        self.failure = None
        for _ in range(ENDING_TURNS):
            left = asyncio.all_tasks(self)
            if not left:
                break
            for task in left:
                task.cancel()
            self.run_until_complete(asyncio.sleep(0))
        self.close()

    def _pass_time(self, wait_s: float) -> None:
        self._now_s += wait_s

    def _process_events(self, event_list: list[object]) -> None:
        """Do nothing: there are no descriptors."""

    def _write_to_self(self) -> None:
        """Do nothing: nobody sleeps."""

    def _note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep the first failure that nobody took, and stop."""
        cause = context.get("exception")
        if isinstance(cause, PowerLostError):
            return  # of a program that is not there any more
        if self.failure is None:
            self.failure = cause or AssertionError(context.get("message", "something failed"))
        self.stop()


def _numbered(
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,  # noqa: ANN401 (asyncio's own)
    **options: Any,  # noqa: ANN401
) -> NumberedTask:
    """Make a task for a loop."""
    return NumberedTask(coroutine, loop=loop, **options)
