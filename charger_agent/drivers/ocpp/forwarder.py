"""A link to a pilot's own back end, which sees a station as if that called there.

Everything goes out in order and one at a time. Messages about transactions wait while the back end
is away; all others are dropped then, as old news. The link is there while the station is, and is
dialled again with growing pauses.
"""

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from structlog.typing import FilteringBoundLogger
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.dialects import Dialect
from charger_agent.drivers.ocpp.frames import FRAME_SIZE_MAX, Payload
from charger_agent.drivers.ocpp.link import Answer, StationLink
from charger_agent.drivers.ocpp.listener import PING_S, PONG_S, Socket
from charger_agent.errors import DriverRefusedError, DriverSilentError

DIAL_AGAIN_S = 5.0
"""Pause before the back end is dialled again; doubled at each failure. [real s]"""

DIAL_AGAIN_MAX_S = 300.0
"""The longest such pause. [real s]"""

ASK_S = 5.0
"""How long a station's answer waits for the back end's word: half of what it may take. [real s]"""

QUEUE_MAX = 1_000
"""Messages about transactions that wait for a back end that is away; the oldest go first then. A
day of one session every ten minutes has fewer, without its meter values."""


@dataclass(eq=False)
class Message:
    """Something that the back end is told."""

    action: str
    """What it is."""
    payload: Payload
    """As the station has said it."""
    lasts: bool
    """Whether it waits for a back end that is away."""
    local: int = 0
    """Our id of the transaction that it begins, 0 for none."""
    answer: asyncio.Future[Payload | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """What the back end answers; None where it refuses."""


@dataclass(frozen=True, kw_only=True)
class BackEnd:
    """Where a pilot's own back end is."""

    url: str
    """Its address, without the station's identity."""
    identity: str
    """The station."""
    password: str = field(default="", repr=False)
    """What the station presents there."""


class Forwarder:
    """The link of one station to a back end.

    Args:
        back_end: Where.
        dialect: The version that is spoken.
        clock: Real time.
        log: With the station's name.
        translate: Makes of what the station has said what the back end is told; None for nothing.
        heard: Is told what the back end has answered to a message.
        greet: Returns what the back end is told first after each dialling.
    """

    def __init__(
        self,
        back_end: BackEnd,
        *,
        dialect: Dialect,
        clock: DriverClock,
        log: FilteringBoundLogger,
        translate: Callable[[Message], Payload | None],
        heard: Callable[[Message, Payload], None],
        greet: Callable[[], list[tuple[str, Payload]]],
    ) -> None:
        self._back_end = back_end
        self._dialect = dialect
        self._clock = clock
        self._log = log.bind(back_end=back_end.url)
        self._translate = translate
        self._heard = heard
        self._greet = greet
        self._queue: deque[Message] = deque()
        self._news = asyncio.Event()
        self._link: StationLink | None = None

    def tell(self, message: Message) -> Message:
        """Tell the back end something in its turn, and return it."""
        if self._link is None and not message.lasts:
            message.answer.set_result(None)
            return message
        if len(self._queue) >= QUEUE_MAX:
            lost = self._queue.popleft()
            self._log.warning("the back end is away too long", lost=lost.action)
        self._queue.append(message)
        self._news.set()
        return message

    async def ask(self, message: Message) -> Payload | None:
        """Tell the back end something and return its answer; None where none comes in time."""
        waiting = self.tell(message).answer
        if self._link is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(ASK_S):
                return await asyncio.shield(waiting)
        return None

    async def run(self, answer: Answer) -> None:
        """Keep a link until cancelled.

        Args:
            answer: Answers what the back end asks.
        """
        pause_s = DIAL_AGAIN_S
        while True:
            try:
                async with self._dial() as socket:
                    pause_s = DIAL_AGAIN_S
                    await self._serve(socket, answer)
            except (OSError, TimeoutError, WebSocketException, InvalidHandshake) as error:
                self._log.warning("the back end is not there", reason=str(error))
            await self._clock.sleep(pause_s)
            pause_s = min(DIAL_AGAIN_MAX_S, pause_s * 2)

    def _dial(self) -> connect:
        back_end = self._back_end
        coded = base64.b64encode(f"{back_end.identity}:{back_end.password}".encode()).decode()
        return connect(
            f"{back_end.url.rstrip('/')}/{quote(back_end.identity, safe='')}",
            subprotocols=[Subprotocol(self._dialect.subprotocol)],
            additional_headers=({"Authorization": f"Basic {coded}"} if back_end.password else {}),
            max_size=FRAME_SIZE_MAX,
            ping_interval=PING_S,
            ping_timeout=PONG_S,
            proxy=None,
        )

    async def _serve(self, socket: ClientConnection, answer: Answer) -> None:
        self._log.info("the back end is there")
        link = StationLink(Socket(socket), dialect=self._dialect, clock=self._clock, log=self._log)
        sending = asyncio.create_task(self._send_all(link))
        try:
            await link.run(answer)
        finally:
            self._link = None
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            self._log.warning("the back end is gone")

    async def _send_all(self, link: StationLink) -> None:
        """Greet the back end, then tell it what there is to tell, until it is gone."""
        with contextlib.suppress(DriverSilentError):
            for action, payload in self._greet():
                await self._said(link, Message(action, payload, lasts=False))
            self._link = link
            while True:
                while self._queue:
                    await self._said(link, self._queue[0])
                    self._queue.popleft()
                self._news.clear()
                await self._news.wait()
        await link.close(1001, "the back end does not answer")

    async def _said(self, link: StationLink, message: Message) -> None:
        """Tell one message; what is refused is done with, what is lost comes again."""
        payload = self._translate(message)
        result: Payload | None = None
        if payload is not None:
            try:
                result = await link.call(message.action, payload)
            except DriverRefusedError as error:
                self._log.warning("the back end refuses", what=message.action, reason=str(error))
            else:
                self._heard(message, result)
        if not message.answer.done():
            message.answer.set_result(result)
