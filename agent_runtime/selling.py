"""Sell a service: answer calls, keep places, deliver against vouchers, fetch the money.

The agent brings a `Trade`: what it decides (offers, places) and what it does (deliver, read the
meter). The desk does all the talking; the rules of what may be said are in `negotiation`.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Self

from agent_runtime.aftercare import Aftercare
from agent_runtime.barred import Barred
from agent_runtime.books import Books
from agent_runtime.open_dialogues import open_dialogues
from agent_runtime.runtime import Runtime
from agent_runtime.seller_session import SellerSession
from agent_runtime.session import Step
from agent_runtime.side_by_side import side_by_side
from agent_runtime.toll_session import TollSession
from agent_runtime.trade import Trade, WatchingTrade
from agent_runtime.transport import Listener
from negotiation import (
    Cfp,
    Envelope,
    FrameError,
    Memory,
    Role,
    SellerDialogue,
    Service,
    unseal,
)

DIALOGUES_MAX = 1_000
"""Dialogues that are open at one seller; a city street has fewer cars in reach."""

BUYER_DIALOGUES_MAX = 20
"""Dialogues that one buyer has open here: an honest one has one, and some that are just ending."""

ENDED_KEPT_MAX = 500
"""Ended dialogues that still answer a repeated message with their last word."""

TELEMETRY_S = 1.0
"""Between two pieces of news for whoever watches. [real s]"""

WIND_UP_S = 5.0
"""How long a seller that is told to stop brings its dialogues to their ends; what is open then is
taken up at the next start. [real s]"""


class SellerDesk:
    """All dialogues of one seller, behind one listening socket.

    Args:
        runtime: The ports of the agent.
        trade: What the agent decides and does.
        listener: The socket on which buyers call.
    """

    def __init__(self, runtime: Runtime, trade: Trade, listener: Listener) -> None:
        self._runtime = runtime
        self._trade = trade
        self._listener = listener
        self._open: dict[bytes, SellerSession] = {}
        self._ended: OrderedDict[bytes, SellerSession] = OrderedDict()
        self._is_closing = False
        self._all_ended = asyncio.Event()
        self._aftercare = Aftercare(runtime)
        self._backlog = asyncio.Lock()
        self._barred = Barred(runtime.journal)

    @classmethod
    def open(cls, runtime: Runtime, trade: Trade, endpoint: str) -> Self:
        """Listen on `endpoint` with the agent's identity.

        Raises:
            EndpointInUseError: Something listens there already.
        """
        return cls(runtime, trade, runtime.transport.listen(endpoint, runtime.key_pair))

    @property
    def endpoint(self) -> str:
        """Where buyers call."""
        return self._listener.endpoint

    async def run(self) -> None:
        """Resume what a crash has left open, then serve until cancelled.

        Raises:
            JournalUnavailableError: The journal can not be written.
            JournalDamagedError: The journal is not what was written.
        """
        async with side_by_side() as group:
            group.create_task(self._aftercare.run())
            await self._barred.load()
            for memory, books in await open_dialogues(self._runtime, Role.SELLER):
                session = self._session(memory, books)
                group.create_task(self._serve(session, session.resume))
            while True:
                peer, frame = await self._listener.receive()
                if new := await self._take_in(peer, frame):
                    group.create_task(self._serve_new(new))

    async def wind_up(self) -> None:
        """Bring all dialogues to their ends, and wait for that as long as WIND_UP_S."""
        self._is_closing = True
        for session in self._open.values():
            session.post(session.wind_up)
        with contextlib.suppress(TimeoutError):
            async with self._runtime.clock.timeout(WIND_UP_S):
                while self._open:
                    self._all_ended.clear()
                    await self._all_ended.wait()

    async def _take_in(self, peer: bytes, frame: bytes) -> SellerSession | None:
        """Hand a frame to its dialogue; return the session if the dialogue is new."""
        try:
            envelope = unseal(frame)
        except FrameError as error:
            self._runtime.log.info("a frame is dropped", reason=str(error))
            return None
        known = self._open.get(envelope.dialogue) or self._ended.get(envelope.dialogue)
        if known is not None:
            if envelope.sender == known.memory.partner:
                await known.take_in(envelope, frame, peer=peer)
            return None
        if not isinstance(envelope.body, Cfp) or not self._takes_calls(envelope, peer):
            return None
        session = self._session(self._new_memory(envelope, envelope.body))
        await session.take_in(envelope, frame, peer=peer)
        return session

    def _takes_calls(self, envelope: Envelope, peer: bytes) -> bool:
        """Say whether a call is answered; one that nobody waits for is an echo of an old one.

        A key costs nothing, a connection costs its handshake: who calls under many keys over one
        connection is one buyer.
        """
        partners = [session.memory.partner for session in self._open.values()]
        peers = [session.memory.peer for session in self._open.values()]
        is_late = envelope.reply_by_us < self._runtime.clock.now_us()
        most = max(partners.count(envelope.sender), peers.count(peer))
        is_much = most >= BUYER_DIALOGUES_MAX
        return not (self._is_closing or is_late or is_much or len(partners) >= DIALOGUES_MAX)

    def _new_memory(self, envelope: Envelope, call: Cfp) -> Memory:
        return Memory(
            role=Role.SELLER,
            dialogue=envelope.dialogue,
            partner=envelope.sender,
            service=call.service,
            network=self._runtime.network_number,
        )

    def _session(self, memory: Memory, books: Books | None = None) -> SellerSession:
        kind = SellerSession if memory.service.on_hold else TollSession
        session = kind(
            self._runtime,
            SellerDialogue(self._runtime.key_pair, memory),
            trade=self._trade,
            listener=self._listener,
            books=books,
        )
        session.barred = self._barred
        if isinstance(session, TollSession):
            session.backlog = self._backlog
        self._open[memory.dialogue] = session
        return session

    async def _serve_new(self, session: SellerSession) -> None:
        """Serve a dialogue, unless the journal knows its id: then its call is an old one again."""
        dialogue = session.memory.dialogue
        if await self._runtime.journal.messages(dialogue.hex()):
            self._runtime.log.warning("an old call is not answered", dialogue=dialogue.hex()[:8])
            self._forget(session)
        else:
            await self._serve(session)

    async def _serve(self, session: SellerSession, *first: Step) -> None:
        await session.run(*first)
        self._forget(session)
        self._aftercare.take_on(session.memory)
        self._ended[session.memory.dialogue] = session
        if len(self._ended) > ENDED_KEPT_MAX:
            self._ended.popitem(last=False)

    def _forget(self, session: SellerSession) -> None:
        del self._open[session.memory.dialogue]
        if not self._open:
            self._all_ended.set()


async def sell(
    runtime: Runtime,
    trade: Trade,
    *,
    service: Service,
    position_m: tuple[float, float],
    details: Mapping[str, object],
) -> None:
    """Make a seller known and serve its buyers until cancelled, then wind up.

    Args:
        runtime: The ports of the agent.
        trade: What the agent decides and does.
        service: What it sells.
        position_m: Where it stands on the road map. [m]
        details: What its advert says besides, ready for JSON.

    Raises:
        EndpointInUseError: Something listens there already.
        JournalUnavailableError: The journal can not be written.
        JournalDamagedError: The journal is not what was written.
    """
    await trade.open()
    try:
        desk = SellerDesk.open(runtime, trade, runtime.settings.listen)
        await runtime.discovery.advertise(
            endpoint=desk.endpoint, services=(service,), position_m=position_m, details=details
        )
        await _serve_until_cancelled(runtime, trade, desk)
    finally:
        await trade.close()


async def _serve_until_cancelled(runtime: Runtime, trade: Trade, desk: SellerDesk) -> None:
    """Serve; when cancelled, take no more calls and bring the open dialogues to their ends."""
    tasks = [asyncio.create_task(desk.run()), asyncio.create_task(_report(runtime, trade))]
    if isinstance(trade, WatchingTrade):
        tasks.append(asyncio.create_task(trade.watch()))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except asyncio.CancelledError:
        await runtime.discovery.withdraw()
        winding_up = asyncio.create_task(desk.wind_up())
        await asyncio.wait({winding_up, tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
        winding_up.cancel()
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _report(runtime: Runtime, trade: Trade) -> None:
    while True:
        runtime.telemetry.publish("seller", **trade.status)
        await runtime.clock.sleep(TELEMETRY_S)
