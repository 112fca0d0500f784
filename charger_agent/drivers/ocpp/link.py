"""One connection of a station: calls out and in, each answered, whatever comes.

Out goes one call at a time, and the next when it is answered or given up. In come calls that are
answered one after the other, in the order in which they came; answers to our own calls are taken
meanwhile, so that whoever answers a call may not call itself: it would wait for ever.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.dialects import Dialect, Fault
from charger_agent.drivers.ocpp.frames import (
    UNREADABLE_ID,
    Call,
    Payload,
    Refusal,
    Result,
    as_decimals,
    call_frame,
    error_frame,
    parse,
    result_frame,
)
from charger_agent.drivers.ocpp.schemas import check_request, check_response
from charger_agent.errors import CallRefusedError, DriverRefusedError, DriverSilentError

CALL_S = 10.0
"""How long a station may take to answer: half of what a call on a device may take. [real s]"""

CALLS_WAITING_MAX = 64
"""Calls that wait to be answered. A station has one on the way, one that empties its queue after an
absence perhaps some; beyond, nothing more is read until there is room."""

SEND_S = 10.0
"""How long a frame may take to leave: a peer that does not read is gone. [real s]"""

CLOSE_S = 5.0
"""How long the other side may take to say good-bye. [real s]"""

REPLACED, UNWANTED, LEAVING = 1008, 1002, 1001
"""Codes with which connections are closed: replaced, no protocol in common, the agent stops."""

Answer = Callable[[Call], Awaitable[Payload]]
"""Answers a call whose payload is as its schema asks."""


class WireClosedError(Exception):
    """The connection is closed; never leaves this package."""


class Wire(Protocol):
    """What carries frames: a WebSocket."""

    async def receive(self) -> str | bytes:
        """Return the next frame; raise `WireClosedError` when there will be none."""
        ...

    async def send(self, frame: str) -> None:
        """Send a frame; raise `WireClosedError` when it can not be sent."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close, in order if the other side goes along."""
        ...


class StationLink:
    """A connection to one station.

    Args:
        wire: What carries the frames.
        dialect: The version that both speak.
        clock: Real time.
        log: With the station's name.
    """

    def __init__(
        self, wire: Wire, *, dialect: Dialect, clock: DriverClock, log: FilteringBoundLogger
    ) -> None:
        self.dialect = dialect
        self.tolerates: Callable[[str, Payload], Payload] = lambda _action, payload: payload
        """Makes of what a station is known to send what it should have sent."""
        self._wire = wire
        self._clock = clock
        self._log = log
        self._turn = asyncio.Lock()
        self._pending: dict[str, asyncio.Future[Result | Refusal]] = {}
        self._last_number = 0
        self._calls: asyncio.Queue[Call] = asyncio.Queue(CALLS_WAITING_MAX)
        self.is_open = True
        """Whether calls can be made."""
        self.ended_at_us = 0
        """When it was closed. [µs since 1970]"""
        self.afterwards: list[Callable[[], object]] = []
        """What is to be done once the call that is just answered has its answer: a station must
        know a transaction before it is told more about it."""

    async def run(self, answer: Answer) -> None:
        """Take frames and answer calls until the connection is closed.

        Args:
            answer: Answers calls; it must not make any.
        """
        answering = asyncio.create_task(self._answer_calls(answer))
        try:
            while True:
                await self._take(await self._wire.receive())
        except WireClosedError:
            pass
        finally:
            self._shut()
            answering.cancel()
            for waiting in self._pending.values():
                waiting.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def call(self, action: str, payload: Payload, *, within_s: float = CALL_S) -> Payload:
        """Ask the station for something and return its answer, as its schema promises.

        Args:
            action: One of the version's actions.
            payload: What is asked, fractions as numbers.
            within_s: How long it may take once its turn has come. [real s]

        Raises:
            DriverSilentError: No answer came in time, or the connection was closed.
            DriverRefusedError: The answer is a refusal, or none that can be read.
        """
        check_request(self.dialect, action, as_decimals(payload))
        async with self._turn:
            if not self.is_open:
                raise DriverSilentError(f"the station is gone, it was not asked for {action}")
            self._last_number += 1
            answer = await self._ask(str(self._last_number), action, payload, within_s=within_s)
        if isinstance(answer, Refusal):
            why = " ".join(each for each in (answer.code, answer.text) if each)
            raise DriverRefusedError(f"the station refuses {action}: {why or 'without a reason'}")
        try:
            check_response(self.dialect, action, answer.payload)
        except CallRefusedError as error:
            raise DriverRefusedError(f"the station's answer to {action}: {error}") from error
        return answer.payload

    async def close(self, code: int, reason: str) -> None:
        """Close the connection; calls that wait for an answer get none."""
        self._shut()
        with contextlib.suppress(TimeoutError, WireClosedError):
            async with self._clock.timeout(CLOSE_S):
                await self._wire.close(code, reason)

    def _shut(self) -> None:
        if self.is_open:
            self.is_open, self.ended_at_us = False, self._clock.now_us()

    async def _ask(
        self, message: str, action: str, payload: Payload, *, within_s: float
    ) -> Result | Refusal:
        waiting: asyncio.Future[Result | Refusal] = asyncio.get_running_loop().create_future()
        self._pending[message] = waiting
        try:
            async with self._clock.timeout(within_s):
                await self._wire.send(call_frame(message, action, payload))
                await asyncio.wait({waiting})
        except TimeoutError as error:
            raise DriverSilentError(
                f"the station did not answer {action} within {within_s:g} s"
            ) from error
        except WireClosedError as error:
            raise DriverSilentError(f"the station is gone, {action} did not reach it") from error
        finally:
            del self._pending[message]
        if waiting.cancelled():
            raise DriverSilentError(f"the station has gone before it answered {action}")
        return waiting.result()

    async def _take(self, frame: str | bytes) -> None:
        try:
            match parse(frame):
                case Call() as call:
                    await self._calls.put(call)
                case Result() | Refusal() as answer:
                    self._resolve(answer)
                case None:
                    self._log.info("an answer without an id is ignored")
        except CallRefusedError as error:
            if error.fault not in self.dialect.codes:
                self._log.info("a frame of an unknown kind is ignored")
                return
            await self._refuse(error.message or UNREADABLE_ID, Fault(error.fault), str(error))

    def _resolve(self, answer: Result | Refusal) -> None:
        waiting = self._pending.get(answer.id)
        if waiting is None or waiting.done():
            self._log.info("an answer that nobody waits for is ignored", message=answer.id[:36])
        else:
            waiting.set_result(answer)

    async def _answer_calls(self, answer: Answer) -> None:
        with contextlib.suppress(WireClosedError, TimeoutError):
            while True:
                await self._answer_one(await self._calls.get(), answer)
        await self.close(LEAVING, "the peer does not read")

    async def _answer_one(self, call: Call, answer: Answer) -> None:
        try:
            result = await self._result(call, answer)
        except CallRefusedError as error:
            await self._refuse(call.id, Fault(error.fault), str(error), action=call.action)
        except Exception:  # noqa: BLE001 (the specification: an error of ours is an answer too)
            self._log.exception("a call could not be answered", action=call.action[:50])
            await self._refuse(call.id, Fault.INTERNAL, "the central system could not do it")
        else:
            await self._send(result_frame(call.id, result))
            for act in self.afterwards:
                act()
        finally:
            self.afterwards.clear()

    async def _result(self, call: Call, answer: Answer) -> Payload:
        if call.action not in self.dialect.actions:
            raise CallRefusedError("no action has this name", fault=Fault.UNKNOWN_ACTION)
        payload = self.tolerates(call.action, call.payload)
        check_request(self.dialect, call.action, payload)
        return await answer(Call(call.id, call.action, payload))

    async def _refuse(self, message: str, fault: Fault, text: str, *, action: str = "") -> None:
        code = self.dialect.codes[fault]
        self._log.warning("a frame is refused", code=code, reason=text, action=action[:50])
        await self._send(error_frame(message, code, text))

    async def _send(self, frame: str) -> None:
        async with self._clock.timeout(SEND_S):
            await self._wire.send(frame)
