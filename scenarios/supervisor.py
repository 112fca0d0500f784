"""Start, watch, restart and stop the processes of a run.

Whatever dies when it should not is reported and started again on the same data, after a pause
that doubles from one failure to the next: the node replays its log, an agent its journal. A
process that says its input is wrong, or its data damaged, is not started again: that does not
heal by itself.
"""

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

from scenarios.child import Child, Part, describe_exit, last_line
from scenarios.errors import ProcessFailedError
from scenarios.happenings import (
    AlarmRaised,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
    Tell,
)
from scenarios.roster import NODE

READY_TIMEOUT_S = 30.0
"""Starting takes about half a second; sixty times that means it will not. [s]"""

RESTART_WAIT_MIN_S = 0.5
"""The first pause before a restart: long enough for a port to become free. [s]"""

RESTART_WAIT_MAX_S = 5.0
"""The longest pause: a story lasts a minute, so a longer one would decide it. [s]"""

STOP_GRACE_S = 10.0
"""How long a process may take to end in order; an agent settles its open sessions. [s]"""

HOPELESS_EXIT_CODES = frozenset({2, 5})
"""Wrong input and damaged data: starting again on the same would end the same."""

STARTING_AT_ONCE = max(2, os.cpu_count() or 1)
"""Processes that start side by side: each needs a core while it imports."""


class Keeper:
    """Keeps one process of the cast alive until its work is done or it is told to stop."""

    def __init__(self, part: Part, *, folder: Path, tell: Tell) -> None:
        self.part = part
        self.process_ids: list[int] = []
        self.log_path = folder / "logs" / f"{part.name}.log"
        self._folder = folder
        self._tell = tell
        self._child: Child | None = None
        self._stop = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._away_s: float | None = None

    async def start(self) -> None:
        """Start the process, and keep it from then on.

        Raises:
            ProcessFailedError: It ended, or stayed silent too long, before it was ready.
        """
        child = await self._launch()
        self._watcher = asyncio.create_task(self._keep(child), name=f"keeper of {self.part.name}")

    async def finished(self) -> None:
        """Wait until its work is done, or it can not be kept alive."""
        if self._watcher is not None:
            await asyncio.shield(self._watcher)

    def strike(self, away_s: float) -> None:
        """Kill the process as a story wants it, and start it again later.

        Args:
            away_s: How long it stays away. [s]
        """
        if self._child is not None and self._child.running and not self._stop.is_set():
            self._away_s = away_s
            self._child.strike()

    def kill(self) -> None:
        """End the process at once."""
        self._stop.set()
        if self._child is not None:
            self._child.kill()

    async def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Ask the process to end, and end it when it takes too long.

        Args:
            grace_s: How long it may take. [s]
        """
        self._stop.set()
        if self._child is None:
            return
        self._child.stop()
        try:
            async with asyncio.timeout(grace_s):
                await self._child.ended()
        except TimeoutError:
            self._child.kill()
            await self._child.ended()
        await self.finished()

    async def _launch(self) -> Child:
        """Start the process and wait until it is ready."""
        began_s = time.monotonic()
        child = await Child.start(
            self.part, log_path=self.log_path, folder=self._folder, hear=self._hear
        )
        self._child = child
        self.process_ids.append(child.process_id)
        if self._stop.is_set():
            child.stop()
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await child.ready()
        except TimeoutError:
            child.kill()
        if not child.has_said_ready:
            raise self._failure(await child.ended())
        took_s = time.monotonic() - began_s
        self._tell(ProcessReady(self.part.name, child.process_id, took_s))
        return child

    def _failure(self, code: int) -> ProcessFailedError:
        """Return the error of a start that failed."""
        return ProcessFailedError(
            self.part.name,
            how=describe_exit(code),
            last_line=last_line(self.log_path),
            log_path=self.log_path,
            code=code,
        )

    async def _keep(self, child: Child) -> None:
        """Wait for the process's end, again and again, and start it anew when it died."""
        while True:
            code = await child.ended()
            if self._stop.is_set() or (code == 0 and self.part.ends_by_itself):
                self._tell(ProcessEnded(self.part.name))
                return
            self._tell_death(code)
            again = None if code in HOPELESS_EXIT_CODES else await self._restart()
            if again is None:
                return
            child = again

    async def _restart(self) -> Child | None:
        """Start the process anew until it is ready; none when it is hopeless or not wanted."""
        wait_s, self._away_s = self._away_s or RESTART_WAIT_MIN_S, None
        while not await self._pause(wait_s):
            try:
                return await self._launch()
            except ProcessFailedError as error:
                if self._stop.is_set():
                    return None
                self._tell_death(error.code)
                if error.code in HOPELESS_EXIT_CODES:
                    return None
                wait_s = min(2 * wait_s, RESTART_WAIT_MAX_S)
        return None

    def _hear(self, fields: dict[str, object]) -> None:
        """Pass on an alarm: a validator has found that the node does not tell the truth."""
        if fields["event"] == "alarm":
            position = fields.get("position")
            self._tell(
                AlarmRaised(
                    by=self.part.name,
                    about=NODE,
                    position=position if isinstance(position, int) else 0,
                    reason=str(fields.get("message", "")),
                )
            )

    async def _pause(self, wait_s: float) -> bool:
        """Wait before a restart, and return whether a stop was wanted meanwhile."""
        self._tell(ProcessRestarts(self.part.name, wait_s))
        try:
            async with asyncio.timeout(wait_s):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True

    def _tell_death(self, code: int) -> None:
        """Report an end that nobody wanted."""
        line = last_line(self.log_path)
        self._tell(ProcessDied(self.part.name, describe_exit(code), line))


class Supervisor:
    """The keepers of all processes of a run."""

    def __init__(self, *, folder: Path, tell: Tell) -> None:
        self._folder = folder
        self._tell = tell
        self._keepers: dict[str, Keeper] = {}
        self._starting = asyncio.Semaphore(STARTING_AT_ONCE)
        self._failed = False

    @property
    def keepers(self) -> tuple[Keeper, ...]:
        """The keepers in the order in which they were started."""
        return tuple(self._keepers.values())

    async def start(self, parts: Iterable[Part]) -> None:
        """Start processes, a few side by side, and return when all are ready.

        Raises:
            ProcessFailedError: One of them did not come up; the others may be running.
        """
        outcomes = await asyncio.gather(*(self._start(part) for part in parts))
        for failure in filter(None, outcomes):
            raise failure

    async def finished(self, parts: Iterable[Part]) -> None:
        """Wait until the work of these processes is done, or they can not be kept alive."""
        for part in parts:
            await self._keepers[part.name].finished()

    async def stop(self, parts: Iterable[Part], grace_s: float = STOP_GRACE_S) -> None:
        """Ask these processes to end, all at the same time; end those that take too long."""
        wanted = [self._keepers[part.name] for part in parts if part.name in self._keepers]
        await asyncio.gather(*(keeper.stop(grace_s) for keeper in wanted))

    def strike(self, name: str, away_s: float) -> None:
        """Kill a process as a story wants it, and start it again later.

        Args:
            name: The process.
            away_s: How long it stays away. [s]
        """
        if name in self._keepers:
            self._keepers[name].strike(away_s)

    def kill(self) -> None:
        """End every process at once."""
        for keeper in self._keepers.values():
            keeper.kill()

    async def _start(self, part: Part) -> ProcessFailedError | None:
        """Start one process when it is its turn, unless another has failed, and return why not."""
        async with self._starting:
            if self._failed:
                return None
            keeper = self._keepers[part.name] = Keeper(part, folder=self._folder, tell=self._tell)
            try:
                await keeper.start()
            except ProcessFailedError as failure:
                self._failed = True
                return failure
            return None
