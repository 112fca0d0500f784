"""A station, whatever version it speaks: one connection at a time, what it asks, what it is asked.

A version's station says in `answers` what it answers, and in `greeted` what it does when the
station has come (or come back). Answers must not call; what needs a call is left to `greeted`, to a
driver, or to a task of `later`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.dialects import Dialect, Fault
from charger_agent.drivers.ocpp.frames import Call, Payload
from charger_agent.drivers.ocpp.link import CALL_S, LEAVING, REPLACED, StationLink
from charger_agent.errors import (
    CallRefusedError,
    DriverError,
    DriverRefusedError,
    DriverSilentError,
)

Handler = Callable[[Payload], Awaitable[Payload]]
"""Answers one action."""


class Station(ABC):
    """One charging station.

    Args:
        identity: The last part of its address.
        dialect: The version that it speaks.
        clock: Real and story time.
        log: The agent's log.
        passwords: What it may present; empty where it needs none.
    """

    def __init__(
        self,
        identity: str,
        dialect: Dialect,
        *,
        clock: DriverClock,
        log: FilteringBoundLogger,
        passwords: tuple[bytes, ...] = (),
    ) -> None:
        self.identity = identity
        self.dialect = dialect
        self.passwords = passwords
        self.clock = clock
        self.log = log.bind(station=identity)
        self.heard_at_us = 0
        """When it was last heard. [µs since 1970]"""
        self._gone_at_us = 0
        self._link: StationLink | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    @abstractmethod
    def answers(self) -> Mapping[str, Handler]:
        """What is answered, by action."""

    @abstractmethod
    async def greeted(self) -> None:
        """Do what is due after a station has come or come back; its calls are answered meanwhile.

        What raises a `DriverError` or `DriverRefusedError` is noted and harms nothing.
        """

    def lost(self) -> None:  # noqa: B027 (most have nothing to do)
        """Note that the station has gone."""

    def tolerates(self, _action: str, payload: Payload) -> Payload:
        """Return what a station means by a payload, where its model is known to send another."""
        return payload

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._link is not None and self._link.is_open

    @property
    def gone_at_us(self) -> int:
        """When it was last lost. [µs since 1970]"""
        return self._gone_at_us if self._link is None else self._link.ended_at_us

    async def serve(self, link: StationLink) -> None:
        """Take a connection over until it is closed; one that was there before is given up."""
        before, self._link = self._link, link
        if before is not None:
            self.log.info("a newer connection replaces the one before")
            self._cancel_tasks()
            closing = asyncio.create_task(before.close(REPLACED, "a newer connection is here"))
            self._keep(closing)
        link.tolerates = self.tolerates
        self.log.info("the station is here")
        self.later(self.greeted())
        try:
            await link.run(self._answer)
        finally:
            if self._link is link:
                self._link, self._gone_at_us = None, link.ended_at_us
                self._cancel_tasks()
                self.log.warning("the station is gone")
                self.lost()

    async def call(self, action: str, payload: Payload, *, within_s: float = CALL_S) -> Payload:
        """Ask the station for something, see `StationLink.call`.

        Raises:
            DriverSilentError: It is not there, or does not answer.
            DriverRefusedError: It refuses.
        """
        if self._link is None:
            raise DriverSilentError(
                f"station {self.identity!r} is not connected: see to its network and address"
            )
        return await self._link.call(action, payload, within_s=within_s)

    def later(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Let work go on that may call, and return it; it is cancelled when the station goes."""
        task = asyncio.create_task(self._harmless(work))
        self._keep(task)
        return task

    def afterwards(self, act: Callable[[], object]) -> None:
        """Do something once the call that is just answered has its answer."""
        if self._link is not None:
            self._link.afterwards.append(act)

    async def shut(self) -> None:
        """Let go of the station: the agent stops."""
        self._cancel_tasks()
        if self._link is not None:
            await self._link.close(LEAVING, "the central system stops")

    async def _harmless(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except (DriverError, DriverRefusedError) as error:
            self.log.warning("the station does not go along", reason=str(error))
        except Exception:
            self.log.exception("work for the station has failed")

    async def _answer(self, call: Call) -> Payload:
        self.heard_at_us = self.clock.now_us()
        handler = self.answers.get(call.action)
        if handler is None:
            raise CallRefusedError(
                "a central system does not answer this", fault=Fault.UNSUPPORTED_ACTION
            )
        return await handler(call.payload)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
