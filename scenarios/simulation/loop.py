"""An event loop on virtual time: it never waits, and runs the same way each time.

asyncio asks its selector to wait until the next timer is due. Here nothing is waited for, the time
is moved there. So a simulated hour takes as long as the work in it, every `asyncio.sleep` and
`asyncio.timeout` in the agents means virtual time without knowing it, and what runs when depends
on nothing but the program: callbacks run in the order in which they were asked for, and so do
timers of one moment.

A loop without a socket can not be woken from outside. If nothing is ready and no timer is set,
everybody waits for somebody else, for ever: that is a `DeadlockError`, and ends the simulation.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from typing import Any, TypeVarTuple

from scenarios.simulation.errors import DeadlockError, LivelockError, PowerLostError

__all__ = ["VirtualLoop"]

_Arguments = TypeVarTuple("_Arguments")

_Timer = tuple[float, int, "_Call"]
"""When it is due [s], its number, and what is called then."""


ENDING_TURNS = 1_000
"""How often what is left is asked to end; an honest task does so at the first time."""


TURNS_MAX = 100_000
"""How often the loop turns while time stands still: an honest world needs some hundred turns."""

STANDSTILL_S = 0.001
"""Time that moves less than this in all those turns stands still. [s]"""

CANCELLED_MAX = 1_000
"""Timers that nobody wants any more are cleared away when they are so many, and half of all."""


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


class _Call:
    """A callback that is to run: what asyncio's handles are, without looking for a debugger."""

    __slots__ = ("_when", "args", "callback", "context", "is_cancelled", "loop")

    def __init__(
        self,
        loop: "VirtualLoop | None",
        callback: Callable[..., object],
        args: tuple[object, ...],
        context: Context | None,
        when: float = 0.0,
    ) -> None:
        self.loop = loop
        self.callback = callback
        self.args = args
        self.context = copy_context() if context is None else context
        self.is_cancelled = False
        self._when = when

    def cancel(self) -> None:
        """Do not run."""
        if not self.is_cancelled:
            self.is_cancelled = True
            self.callback, self.args = _nothing, ()
            if self.loop is not None:
                self.loop.count_cancelled()

    def cancelled(self) -> bool:
        """Return whether it will not run."""
        return self.is_cancelled

    def when(self) -> float:
        """Return when it is due. [s]"""
        return self._when


def _nothing() -> None:
    """Do nothing."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Run callbacks and timers on virtual time, beginning at 0.

    What raises in a callback or in a task that nobody awaits ends the run: nothing goes wrong in
    silence.
    """

    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._ready: deque[_Call] = deque()
        self._timers: list[_Timer] = []
        self._timers_set = 0
        self._timers_cancelled = 0
        self._turns = 0
        self._turned_s = 0.0
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

    def call_soon(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run a callback next."""
        call = _Call(None, callback, args, context)
        self._ready.append(call)
        return call  # type: ignore[return-value]  # it has all that is used of a handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run a callback next; there is one thread only."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback after some time. [s]"""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a time. [s]"""
        call = _Call(self, callback, args, context, when)
        self._timers_set += 1
        heappush(self._timers, (when, self._timers_set, call))
        return call  # type: ignore[return-value]  # it has all that is used of a handle

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

    def close(self) -> None:
        """Forget what is left."""
        self._timers.clear()
        super().close()

    def _run_once(self) -> None:
        """Let time pass where nothing is ready, then run what is, but nothing that comes of it."""
        ready, timers = self._ready, self._timers
        if not ready and not self._stopping:
            self._pass_time()
        while timers and timers[0][0] <= self._now_s:
            ready.append(heappop(timers)[2])
        self._count_turn()
        for _ in range(len(ready)):
            call = ready.popleft()
            if not call.is_cancelled:
                try:
                    call.context.run(call.callback, *call.args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 (what a loop does with it)
                    self.call_exception_handler({"message": "a callback", "exception": error})

    def _pass_time(self) -> None:
        """Move the time to the next timer.

        Raises:
            DeadlockError: Nothing will ever happen again.
        """
        timers = self._timers
        while timers and timers[0][2].is_cancelled:
            heappop(timers)
        if not timers:
            raise DeadlockError(
                "Every task waits for another one and no timer is set: nothing will ever happen "
                "again. This is a mistake in the program; run it with --trace to see the last step."
            )
        self._now_s = max(self._now_s, timers[0][0])

    def _count_turn(self) -> None:
        """Look whether time goes on.

        Raises:
            LivelockError: Something happens again and again, and no time passes.
        """
        self._turns += 1
        if self._now_s - self._turned_s >= STANDSTILL_S:
            self._turns, self._turned_s = 0, self._now_s
        elif self._turns > TURNS_MAX:
            self._turns = 0  # Who takes the error may go on.
            raise LivelockError(
                f"The loop has turned {TURNS_MAX:,} times while time stood still: something asks "
                "for itself again and again. This is a mistake in the program."
            )

    def count_cancelled(self) -> None:
        """Clear timers away that nobody wants, before they are most of all."""
        self._timers_cancelled += 1
        is_much = self._timers_cancelled > CANCELLED_MAX
        if is_much and self._timers_cancelled * 2 > len(self._timers):
            self._timers[:] = [each for each in self._timers if not each[2].is_cancelled]
            heapify(self._timers)
            self._timers_cancelled = 0

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
