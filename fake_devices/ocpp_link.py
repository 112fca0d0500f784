"""A station's end of OCPP-J: one WebSocket, frames of JSON, one open call at a time.

Strict on purpose: what the other end says is checked against the published schemas, and so is all
that the station itself says. What it can be told to do wrong is losing the link, and losing an
answer just when it comes: so repeated messages are tried with a real wire.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from agent_runtime import Clock
from fake_devices.ocpp_schemas import (
    knows,
    read_frame,
    request_fault,
    response_fault,
    write_frame,
)

FRAME_BYTES_MAX = 65_536
"""What the station takes in one frame; small stations take less."""

CALL, RESULT, ERROR = 2, 3, 4
"""Kinds of frames."""

ANSWER_S = 30.0
"""How long the station waits for an answer before it takes the link for dead. [s]"""

RETRY_S = 0.2
"""How long it waits before it dials again; doubled at each failure. Real stations take seconds.
[s]"""

RETRY_DOUBLINGS = 4
"""How often that is doubled."""


class LinkLostError(Exception):
    """The link went before an answer came: nobody knows whether the message arrived."""


class AnsweredWithError(Exception):
    """The other end answered with an error.

    Args:
        code: Its error code.
        text: Its description.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class Refusal(Exception):  # noqa: N818 (an answer, not a failure of this end)
    """The station answers a request with an error.

    Args:
        code: Error code of the protocol.
        text: What is wrong, for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """Where a station dials, and as whom."""

    url: str
    """The central system; the station's name is added to it."""
    name: str
    """The station's name."""
    protocol: str
    """Subprotocol: `ocpp1.6` or `ocpp2.0.1`."""
    password: str = ""
    """For Basic authentication; none if empty."""
    trusts: str = ""
    """File of the certificates that are trusted with `wss://`; the system's own if empty."""


class StationLink:
    """The link of one station.

    Args:
        options: Where it dials.
        clock: For waiting.
        answer: What the station answers a request with: action and payload in, payload out.
        came: What the station does when a link has come; ends before anything else is said.
    """

    def __init__(
        self,
        options: LinkOptions,
        clock: Clock,
        *,
        answer: Callable[[str, dict[str, Any]], dict[str, Any]],
        came: Callable[[], None],
    ) -> None:
        self._options = options
        self._clock = clock
        self._answer = answer
        self._came = came
        self._socket: ClientConnection | None = None
        self._turn = asyncio.Lock()
        self._number = 0
        self._open: tuple[str, asyncio.Future[list[Any]]] | None = None
        self._allowed = asyncio.Event()
        self._allowed.set()
        self._lost_answers: list[str] = []
        self.complaints: list[str] = []
        """What the other end did that the specification does not allow."""
        self.heard: list[list[Any]] = []
        """All frames that came, for whoever looks on."""
        self.said: list[list[Any]] = []
        """All frames that went."""

    @property
    def is_up(self) -> bool:
        """Whether there is a link now."""
        return self._socket is not None

    async def run(self) -> None:
        """Keep a link until cancelled: dial, listen, wait, dial again."""
        failures = 0
        while True:
            await self._allowed.wait()
            try:
                if await self._dial_and_listen():
                    failures = 0
            except (OSError, TimeoutError, WebSocketException, ssl.SSLError):
                failures = min(failures + 1, RETRY_DOUBLINGS)
            await self._clock.sleep(RETRY_S * 2**failures)

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Say something and return the answer; others wait meanwhile.

        Raises:
            LinkLostError: There is no link, or it went before the answer came.
            AnsweredWithError: The answer is an error.
        """
        fault = request_fault(self._options.protocol, action, payload)
        assert fault is None, f"the station would say something wrong: {action}: {fault}"
        async with self._turn:
            frame = await self._exchange(action, payload)
        if frame[0] == ERROR:
            raise AnsweredWithError(str(frame[2]), str(frame[3]))
        self._check(response_fault(self._options.protocol, action, frame[2]), action)
        answer: dict[str, Any] = frame[2]
        return answer

    def cut(self) -> None:
        """Lose the link, as when somebody trips over the cable; `restore` ends it."""
        self._allowed.clear()
        self._drop()

    def drop(self) -> None:
        """Lose the link and dial again."""
        self._drop()

    def restore(self) -> None:
        """Let the station dial again."""
        self._allowed.set()

    def lose_answer(self, action: str) -> None:
        """Lose the link just as the next answer to an action comes: it is not heard."""
        self._lost_answers.append(action)

    async def _dial_and_listen(self) -> bool:
        options = self._options
        async with connect(
            f"{options.url.rstrip('/')}/{quote(options.name, safe='')}",
            subprotocols=[Subprotocol(options.protocol)],
            additional_headers=_credentials(options.name, options.password),
            max_size=FRAME_BYTES_MAX,
            ssl=_context(options),
            proxy=None,
            close_timeout=1,
        ) as socket:
            if socket.subprotocol != options.protocol:
                self.complaints.append(f"the subprotocol is {socket.subprotocol}")
                return False
            self._socket = socket
            try:
                self._came()
                await self._listen(socket)
            finally:
                self._socket = None
                self._give_up()
        return True

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                frame = read_frame(text if isinstance(text, str) else text.decode())
            except ValueError:
                self.complaints.append("a frame is not JSON")
                continue
            self.heard.append(frame)
            if frame[0] == CALL:
                await self._reply(socket, frame)
            else:
                self._take_answer(frame)

    async def _reply(self, socket: ClientConnection, frame: list[Any]) -> None:
        _, number, action, payload = frame
        protocol = self._options.protocol
        try:
            answer = self._answer_to(action, payload)
        except Refusal as refusal:
            reply = [ERROR, number, refusal.code, str(refusal)[:255], {}]
        else:
            fault = response_fault(protocol, action, answer)
            assert fault is None, f"the station would answer wrong: {action}: {fault}"
            reply = [RESULT, number, answer]
        with contextlib.suppress(WebSocketException):
            await self._send(socket, reply)

    def _answer_to(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        protocol = self._options.protocol
        if not knows(protocol, action):
            self.complaints.append(f"nobody knows the action {action}")
            raise Refusal("NotImplemented", f"{action} is not known")
        fault = request_fault(protocol, action, payload)
        if fault is not None:
            self._check(fault, action)
            name = "FormationViolation" if protocol == "ocpp1.6" else "FormatViolation"
            raise Refusal(name, fault.message)
        return self._answer(action, payload)

    async def _exchange(self, action: str, payload: dict[str, Any]) -> list[Any]:
        socket = self._socket
        if socket is None:
            raise LinkLostError("there is no link")
        self._number += 1
        number = f"{self._options.name[:20]}-{self._number}"
        waiting: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._open = (number, waiting)
        try:
            await self._send(socket, [CALL, number, action, payload])
            async with asyncio.timeout(ANSWER_S):
                frame = await waiting
        except (TimeoutError, WebSocketException) as error:
            self._drop()
            raise LinkLostError(str(error) or "no answer came") from error
        finally:
            self._open = None
        if action in self._lost_answers:
            self._lost_answers.remove(action)
            self._drop()
            raise LinkLostError("the answer was lost")
        return frame

    def _take_answer(self, frame: list[Any]) -> None:
        if self._open is None or self._open[0] != frame[1] or self._open[1].done():
            self.complaints.append(f"nobody asked for {write_frame(frame)}")
        elif len(frame) == (3 if frame[0] == RESULT else 5):
            self._open[1].set_result(frame)
        else:
            self.complaints.append(f"an answer has the wrong length: {write_frame(frame)}")

    async def _send(self, socket: ClientConnection, frame: list[Any]) -> None:
        self.said.append(frame)
        await socket.send(write_frame(frame))

    def _give_up(self) -> None:
        if self._open is not None and not self._open[1].done():
            self._open[1].set_exception(LinkLostError("the link went"))

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()

    def _check(self, fault: Exception | None, action: str) -> None:
        if fault is not None:
            self.complaints.append(f"{action}: {str(fault).splitlines()[0]}")


def _credentials(name: str, password: str) -> dict[str, str]:
    if not password:
        return {}
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


def _context(options: LinkOptions) -> ssl.SSLContext | None:
    if not options.url.startswith("wss:"):
        return None
    return ssl.create_default_context(cafile=options.trusts or None)
