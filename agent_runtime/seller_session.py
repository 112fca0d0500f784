"""One dialogue of a seller: what the partner sends, what the devices do, what the ledger says.

Messages are heard and devices told one after the other: a voucher whose parents are being looked up
holds back what was sent after it, and no late "go on" overtakes an "end".
"""

import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial

from agent_runtime.arrivals import Arrivals
from agent_runtime.books import Books
from agent_runtime.clock import SECOND_US
from agent_runtime.device_turns import DeviceTurns
from agent_runtime.errors import DeliveryOverError, DeviceFailedError
from agent_runtime.peers import Peers
from agent_runtime.polling import Flow, poll_s
from agent_runtime.runtime import Runtime
from agent_runtime.seller_money import SellerMoney
from agent_runtime.trade import ShowingTrade, SigningTrade, Trade
from agent_runtime.transport import Listener
from negotiation import (
    Command,
    Deliver,
    EndDelivery,
    Ended,
    Envelope,
    Instant,
    LookUpHold,
    Pause,
    Quote,
    Reading,
    Release,
    Reserve,
    SellerDialogue,
    Start,
    State,
    StopReason,
    Submit,
    Terms,
    Voucher,
)

READ_FAILURES_MAX = 3
"""Readings in a row that may fail: a device that is busy for a moment is no reason to stop."""


class SellerSession(SellerMoney):
    """Drive one dialogue of a seller.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue.
        trade: What is sold.
        listener: The socket on which the buyer is heard.
        books: Its books, where the journal knows it already.
    """

    _dialogue: SellerDialogue

    def __init__(
        self,
        runtime: Runtime,
        dialogue: SellerDialogue,
        *,
        trade: Trade,
        listener: Listener,
        books: Books | None = None,
    ) -> None:
        super().__init__(runtime, dialogue, books)
        self._trade = trade
        self._listener = listener
        self._arrivals = Arrivals()
        self._devices = DeviceTurns(runtime.clock)
        self._is_reading = False
        self._peers = Peers(dialogue.memory)
        self._flow = Flow(runtime.clock)
        self._shown = (0, False)

    async def send(self, frame: bytes) -> None:
        """Send to where the buyer was last heard from."""
        for peer in self._peers:
            await self._listener.send(peer, frame)

    def standing_errands(self) -> Iterable[Coroutine[object, object, None]]:
        """Return the hearing of what arrives."""
        return (self._hear_in_turn(),)

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: keep the place that is still promised, then as the dialogue says."""
        self._trade.restore(self.memory)
        return self._dialogue.resume(now)

    def wind_up(self, now: Instant) -> list[Command]:
        """Bring the dialogue to its end, because the seller is told to stop."""
        match self.memory.state:
            case State.CALLED | State.COUNTERED | State.CONFIRMED:
                return self._send_away("the seller closes", self.memory.hold, now)
            case State.DELIVERING:
                return self._dialogue.stop("the seller closes", now)
            case _:
                return []

    async def take_in(self, envelope: Envelope, frame: bytes, *, peer: bytes) -> None:
        """Take a message of the buyer, to be heard in its turn.

        Args:
            envelope: The message.
            frame: Its bytes.
            peer: Where it came from, and where answers go.
        """
        self._peers.note(envelope.number, peer)
        if self.memory.ended:
            await self.answer_late(envelope)
            return
        self._arrivals.put(envelope, frame)

    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""
        match command:
            case Quote():
                self._quote(command)
            case Reserve(terms=terms):
                self._reserve(terms)
            case LookUpHold(hold=hold):
                self.errand(self.look_up(hold))
            case Deliver(demand_w=demand_w):
                self.errand(self.deliver(demand_w))
            case Pause():
                self._flow.pause()
                self.errand(self._pause())
            case EndDelivery():
                self.errand(self._end_delivery())
            case Submit(record=record):
                self.errand(self.submit(record))
            case Release(hold=hold):
                self.errand(self.release(hold))
            case Ended():
                self.errand(self._free())
            case _:
                raise AssertionError(f"a seller is not asked for {command}")

    async def _hear_in_turn(self) -> None:
        """Hear the messages that arrive one after the other, each when it may be believed."""
        while True:
            envelope, frame = await self._arrivals.first()
            if await self._may_be_heard(envelope):
                self.hear(envelope, frame)
            self._arrivals.drop_first()

    async def _may_be_heard(self, envelope: Envelope) -> bool:
        """Say whether a message may be heard; what it says about the ledger is checked before."""
        match envelope.body:
            case Voucher(record=record):
                return await self.may_count(record)
            case Start() if self.memory.state is State.CONFIRMED:
                return await self._is_served(envelope.body)
            case _:
                return True

    async def _is_served(self, start: Start) -> bool:
        """Say whether the place takes the car; if not, withdraw and give its hold back."""
        try:
            await self._devices.call(lambda: self._trade.arrived(self.memory))
        except DeviceFailedError as error:
            await self.do(partial(self._send_away, str(error), start.hold))
            return False
        return True

    def _send_away(self, reason: str, hold: bytes, now: Instant) -> list[Command]:
        """Withdraw from a buyer that has come, or was to; its hold is given back."""
        commands = self._dialogue.declined(reason, now)
        if hold:
            self.errand(self._checks.give_back_own(self._dialogue.terms, hold))
        return commands

    def _quote(self, command: Quote) -> None:
        if reason := self.barred.why(self.memory.partner):
            self.post(partial(self._dialogue.declined, reason))
            return
        try:
            answer = self._trade.quote(self.memory, command.call, command.counter)
        except (ValueError, OverflowError) as error:
            answer = f"nothing can be sold for such a call: {error}"
        if isinstance(answer, str):
            self.post(partial(self._dialogue.declined, answer))
        else:
            self.post(partial(self._dialogue.quoted, answer))

    def _reserve(self, terms: Terms) -> None:
        obstacle = self._trade.reserve(terms)
        left_us = max(0, terms.start_by_us - self._runtime.clock.now_us())
        kept_s = math.ceil(left_us / SECOND_US * self._runtime.clock.speed)
        declined = partial(self._dialogue.declined, obstacle)
        reserved = partial(self._dialogue.reserved, reserved_s=kept_s)
        self.post(declined if obstacle else reserved)

    async def deliver(self, demand_w: int) -> None:
        """Let the devices begin or go on, and read the meter from then on. [W]"""
        terms = self._dialogue.terms
        if not await self._tell_device(lambda: self._trade.deliver(terms, demand_w)):
            return
        self._flow.begin()
        if not self._is_reading:
            self._is_reading = True
            self.errand(self._read_on(), endless=True)

    async def _pause(self) -> None:
        await self._tell_device(lambda: self._trade.pause(self._dialogue.terms))

    async def _tell_device(self, call: Callable[[], Awaitable[None]]) -> bool:
        """Let the device do something in its turn; if it does not, the delivery ends."""
        try:
            await self._devices.call(call)
        except DeviceFailedError as error:
            self._log.error("a device failed", error=str(error))
            self._stop_for_fault(f"the device does not do what it should: {error}")
            return False
        return True

    async def _read_on(self) -> None:
        """Read the meter as long as is delivered."""
        terms, failures = self._dialogue.terms, 0
        wait_s = poll_s(terms, speed=self._runtime.clock.speed)
        while self.memory.state is State.DELIVERING and failures < READ_FAILURES_MAX:
            try:
                reading = await self._devices.call(lambda: self._trade.read(terms))
            except DeliveryOverError as over:
                self.post(partial(self.stop_if_delivering, str(over), why=over.why))
                return
            except DeviceFailedError as error:
                failures += 1
                self._log.warning("a reading failed", error=str(error), in_a_row=failures)
            else:
                failures = 0
                await self.do(partial(self._metered, reading))
            await self._flow.last(wait_s)
        if failures:
            self._stop_for_fault("the device does not answer")

    def _stop_for_fault(self, reason: str) -> None:
        self.post(partial(self.stop_if_delivering, reason, why=StopReason.FAULT))

    def _metered(self, reading: Reading, now: Instant) -> list[Command]:
        if self.memory.state is not State.DELIVERING:
            return []  # It was on its way when the delivery ended; the final reading follows.
        return self.measured(self._dialogue.metered(reading, now))

    async def _end_delivery(self) -> None:
        terms = self._dialogue.terms
        try:
            reading = await self._devices.call(lambda: self._trade.end(terms, self.memory.stopped))
        except DeviceFailedError as error:
            self._log.error("the device does not answer at the end", error=str(error))
            # What can not be read can not be billed: the last reading that was kept counts.
            reading = self.memory.latest or Reading(at_us=self._runtime.clock.now_us())
        await self._keep_signed(terms)
        self.post(partial(self._dialogue.metered, reading, final=True))

    async def _keep_signed(self, terms: Terms) -> None:
        """Keep what the meter has signed, for the receipt; it harms nothing if there is none."""
        trade = self._trade
        if not isinstance(trade, SigningTrade):
            return
        try:
            self._keeping.signed = await self._devices.call(lambda: trade.signed(terms))
        except DeviceFailedError as error:
            self._log.warning("the signed values of the meter are missing", error=str(error))

    def changed(self) -> None:
        """Tell whoever watches, and the device's display."""
        super().changed()
        trade, shown = self._trade, (self.memory.vouched, self.memory.ended)
        if isinstance(trade, ShowingTrade) and shown != self._shown and self.memory.vouched:
            self._shown = shown
            self.errand(self._show(trade))

    async def _show(self, trade: ShowingTrade) -> None:
        try:
            await self._devices.call(lambda: trade.show(self.memory))
        except DeviceFailedError as error:
            self._log.warning("the cost is not shown", error=str(error))

    async def _free(self) -> None:
        if (terms := self.memory.terms) is None:
            return
        try:
            await self._devices.call(lambda: self._trade.free(terms, self.memory.state))
        except DeviceFailedError as error:
            self._log.error("a device failed when the place was given free", error=str(error))
