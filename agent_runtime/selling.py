"""Sell a service: answer calls, keep places, deliver against vouchers, fetch the money.

The agent brings a `Trade`: what it decides (offers, places) and what it does (deliver, read the
meter). The desk does all the talking; the rules of what may be said are in `negotiation`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol, Self

from agent_runtime.ledger_checks import KnownParents, Outcome, collect, find_hold, give_back
from agent_runtime.runtime import Runtime
from agent_runtime.session import Session, Step, open_memories
from agent_runtime.transport import Listener
from ledger_core import TanglewayError
from negotiation import (
    Cfp,
    Command,
    Counter,
    Deliver,
    EndDelivery,
    Ended,
    Envelope,
    FrameError,
    ImplausibleError,
    Instant,
    LookUpHold,
    Memory,
    Pause,
    Quote,
    Reading,
    Release,
    Reserve,
    Role,
    SellerDialogue,
    Service,
    Start,
    State,
    Submit,
    Terms,
    Voucher,
    unseal,
)

DIALOGUES_MAX = 1_000
"""Dialogues that are open at one seller; a city street has fewer cars in reach."""

ENDED_KEPT_MAX = 500
"""Ended dialogues that still answer a repeated message with their last word."""

POLL_S = 0.25
"""Time between two readings: shorter than a slice takes at any usual price. [real s]"""


TELEMETRY_S = 1.0
"""Between two pieces of news for whoever watches. [real s]"""


class Trade(Protocol):
    """What a seller's agent decides and does."""

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""

    async def open(self) -> None:
        """Connect to the devices."""

    async def close(self) -> None:
        """Bring the devices to rest and let go of them."""

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for `call`, or in one sentence why there are none; keeps nothing free."""

    def reserve(self, terms: Terms) -> str:
        """Keep the place of `terms`; return in one sentence why not, or an empty string."""

    async def arrived(self, memory: Memory) -> None:
        """Note that the car is there and has asked to start."""

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Begin or go on delivering at most `demand_w` [W]; for a gate: open it."""

    async def pause(self, terms: Terms) -> None:
        """Stop delivering until a voucher comes, where the device can."""

    async def read(self, terms: Terms) -> Reading:
        """Return the registers."""

    async def end(self, terms: Terms) -> Reading:
        """End the delivery and return the last registers."""

    async def free(self, terms: Terms, state: State) -> None:
        """Give the place free, and let the car go; the dialogue has ended in `state`."""


class SellerSession(Session):
    """One dialogue of a seller."""

    _dialogue: SellerDialogue

    def __init__(
        self, runtime: Runtime, dialogue: SellerDialogue, *, trade: Trade, listener: Listener
    ) -> None:
        super().__init__(runtime, dialogue)
        self._trade = trade
        self._listener = listener
        self._reader: asyncio.Task[None] | None = None
        self._parents = KnownParents(runtime.ledger)
        self.peer = b""

    async def send(self, frame: bytes) -> None:
        """Send to where the buyer was last heard from."""
        if self.peer:
            await self._listener.send(self.peer, frame)

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: keep the place that is still promised, then as the dialogue says."""
        if self.memory.state in {State.CONFIRMED, State.STARTED, State.DELIVERING, State.STOPPING}:
            self._trade.reserve(self._dialogue.terms)
        return self._dialogue.resume(now)

    def take_in(self, envelope: Envelope, frame: bytes) -> None:
        """Check what a payment says about the ledger, then hear the message."""
        if self.memory.ended:
            self.answer_late(envelope)
            return
        match envelope.body:
            case Voucher():
                self.errand(self._take_in_voucher(envelope, frame, envelope.body))
            case Start():
                self.books.begin("gate", self._runtime.clock.now_us())
                self.errand(self._take_in_start(envelope, frame, envelope.body))
            case _:
                self.hear(envelope, frame)

    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""
        match command:
            case Quote():
                self._quote(command)
            case Reserve():
                self._reserve(command.terms)
            case LookUpHold():
                self.errand(self._look_up(command.hold))
            case Deliver():
                await self._deliver(command.demand_w)
            case Pause():
                await self._trade.pause(self._dialogue.terms)
            case EndDelivery():
                self.errand(self._end_delivery())
            case Submit():
                self.errand(self._submit(command.record))
            case Release():
                self.errand(self._release(command.hold))
            case Ended():
                await self._free()
            case _:
                raise AssertionError(f"a seller is not asked for {command}")

    def _quote(self, command: Quote) -> None:
        answer = self._trade.quote(self.memory, command.call, command.counter)
        if isinstance(answer, str):
            self.post(lambda now: self._dialogue.declined(answer, now))
        else:
            self.post(lambda now: self._dialogue.quoted(answer, now))

    def _reserve(self, terms: Terms) -> None:
        if obstacle := self._trade.reserve(terms):
            self.post(lambda now: self._dialogue.declined(obstacle, now))
        else:
            self.post(self._dialogue.reserved)

    async def _take_in_start(self, envelope: Envelope, frame: bytes, start: Start) -> None:
        if self.memory.state is State.CONFIRMED:
            await self._trade.arrived(self.memory)
            try:
                self._dialogue.check_start(start, self.now())
            except ImplausibleError as error:
                reason = str(error)
                self.post(lambda now: self._dialogue.declined(reason, now))
                return
        self.hear(envelope, frame)

    async def _take_in_voucher(self, envelope: Envelope, frame: bytes, voucher: Voucher) -> None:
        try:
            known = await self._parents.are_known(voucher.record)
        except TanglewayError:
            return  # The node is away; the meter is repeated, and so the voucher will be.
        if known:
            self.hear(envelope, frame)
        elif self.memory.state is State.DELIVERING:
            self.post(lambda now: self._stop("the voucher names parents nobody knows", now))

    async def _deliver(self, demand_w: int) -> None:
        await self._trade.deliver(self._dialogue.terms, demand_w)
        self.books.finish("gate", self._runtime.clock.now_us())
        if self.memory.service.on_hold and self._reader is None:
            self._reader = asyncio.create_task(self._read_on())

    async def _read_on(self) -> None:
        terms = self._dialogue.terms
        while self.memory.state is State.DELIVERING:
            try:
                reading = await self._trade.read(terms)
            except (OSError, TanglewayError) as error:
                reason = f"the device does not answer: {error}"
                self.post(lambda now, reason=reason: self._stop(reason, now))
                return
            self.post(lambda now, reading=reading: self._metered(reading, now))
            await self._runtime.clock.sleep(POLL_S)

    def _metered(self, reading: Reading, now: Instant) -> list[Command]:
        if self.memory.state is not State.DELIVERING:
            return []  # It was on its way when the delivery ended; the final reading follows.
        return self._dialogue.metered(reading, now)

    def _stop(self, reason: str, now: Instant) -> list[Command]:
        if self.memory.state is not State.DELIVERING:
            return []
        return self._dialogue.stop(reason, now)

    async def _end_delivery(self) -> None:
        try:
            reading = await self._trade.end(self._dialogue.terms)
        except (OSError, TanglewayError) as error:
            self._log.error("the device does not answer at the end", error=str(error))
            # What cannot be read can not be billed: the last reading that was heard counts.
            reading = self.memory.latest or Reading(at_us=self._runtime.clock.now_us())
        self.post(lambda now: self._dialogue.metered(reading, now, final=True))

    async def _look_up(self, hold: bytes) -> None:
        found = await find_hold(self._runtime, hold)
        self.post(lambda now: self._dialogue.hold_seen(found, now))

    async def _submit(self, record: bytes) -> None:
        self.books.begin("settle", self._runtime.clock.now_us())
        until_us = self.memory.hold_until_us or self._dialogue.terms.hold_until_us
        outcome = await collect(self._runtime, record, until_us)
        self.books.finish("settle", self._runtime.clock.now_us())
        self.post(lambda now: self._submitted(outcome, now))

    async def _release(self, hold: bytes) -> None:
        until_us = self.memory.hold_until_us or self._dialogue.terms.hold_until_us
        outcome = await give_back(self._runtime, hold, until_us)
        if self.memory.state is State.CLOSING:
            self.post(lambda now: self._submitted(outcome, now))

    def _submitted(self, outcome: Outcome, now: Instant) -> list[Command]:
        return self._dialogue.submitted(
            outcome.transaction, outcome.position, now, refusal=outcome.refusal
        )

    async def _free(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self.memory.terms is not None:
            await self._trade.free(self.memory.terms, self.memory.state)


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
        """Resume what a crash has left open, then serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            for memory in await open_memories(self._runtime, Role.SELLER):
                session = self._session(memory)
                group.create_task(self._serve(session, session.resume))
            while True:
                peer, frame = await self._listener.receive()
                if session := self._take_in(peer, frame):
                    group.create_task(self._serve(session))

    def _take_in(self, peer: bytes, frame: bytes) -> SellerSession | None:
        """Hand a frame to its dialogue; return the session if the dialogue is new."""
        try:
            envelope = unseal(frame)
        except FrameError as error:
            self._runtime.log.info("a frame is dropped", reason=str(error))
            return None
        session = self._open.get(envelope.dialogue) or self._ended.get(envelope.dialogue)
        is_new = session is None
        if session is None:
            if not isinstance(envelope.body, Cfp) or len(self._open) >= DIALOGUES_MAX:
                return None
            session = self._session(self._new_memory(envelope, envelope.body))
        if envelope.sender == session.memory.partner:
            session.peer = peer
            session.take_in(envelope, frame)
        return session if is_new else None

    def _new_memory(self, envelope: Envelope, call: Cfp) -> Memory:
        return Memory(
            role=Role.SELLER,
            dialogue=envelope.dialogue,
            partner=envelope.sender,
            service=call.service,
            network=self._runtime.network_number,
        )

    def _session(self, memory: Memory) -> SellerSession:
        dialogue = SellerDialogue(self._runtime.key_pair, memory)
        session = SellerSession(self._runtime, dialogue, trade=self._trade, listener=self._listener)
        self._open[memory.dialogue] = session
        return session

    async def _serve(self, session: SellerSession, *first: Step) -> None:
        await session.run(*first)
        dialogue = session.memory.dialogue
        del self._open[dialogue]
        self._ended[dialogue] = session
        if len(self._ended) > ENDED_KEPT_MAX:
            self._ended.popitem(last=False)


async def sell(
    runtime: Runtime,
    trade: Trade,
    *,
    service: Service,
    position_m: tuple[float, float],
    details: Mapping[str, object],
) -> None:
    """Make a seller known and serve its buyers until cancelled.

    Args:
        runtime: The ports of the agent.
        trade: What the agent decides and does.
        service: What it sells.
        position_m: Where it stands on the road map. [m]
        details: What its advert says besides, ready for JSON.
    """
    await trade.open()
    try:
        desk = SellerDesk.open(runtime, trade, runtime.settings.listen)
        await runtime.discovery.advertise(
            endpoint=desk.endpoint, services=(service,), position_m=position_m, details=details
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(desk.run())
            group.create_task(_report(runtime, trade))
    finally:
        await trade.close()


async def _report(runtime: Runtime, trade: Trade) -> None:
    while True:
        runtime.telemetry.publish("seller", **trade.status)
        await runtime.clock.sleep(TELEMETRY_S)
