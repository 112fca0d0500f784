"""A charger or a gate in `dialogue_world`."""

from collections.abc import Callable

from ledger_core import Hold, Verdict, release, transfer
from negotiation import (
    Command,
    Credit,
    Deliver,
    EndDelivery,
    LookUpHold,
    Pause,
    Quote,
    Release,
    Reserve,
    SellerDialogue,
    State,
    Submit,
    Terms,
)
from tests.properties.dialogue_shells import Shell
from tests.properties.dialogue_world import SPEED, US_PER_S, Device, record_id
from tests.transcripts.cast import BUYER, NETWORK, SELLER

JAMS = 0.1
"""How often a gate breaks when it is to open."""


class SellerShell(Shell[SellerDialogue]):
    """A charger, or a gate.

    Its device stops by itself when the process dies: limits live only as long as they are renewed.
    """

    device: Device
    offer: Terms
    exposure_max = 0
    opened = 0

    def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""
        match command:
            case Quote():
                self._soon(self._quote)
            case Reserve():
                self._soon(self._reserve)
            case LookUpHold():
                self._look_up(command.hold)
            case Deliver():
                self._deliver()
            case Pause():
                self.device.switch(on=False)
            case EndDelivery():
                self.device.switch(on=False)
                self._soon(self._last_reading, 3)
            case Submit():
                self._submit(command.record)
            case Credit():
                self._soon(lambda: self._credit(command))
            case Release():
                self._submit(self._release(command.hold))

    def crashed(self) -> None:
        """Stop the power."""
        self.device.switch(on=False)

    def _soon(self, happening: Callable[[], object], seconds: float = 0.3) -> None:
        alive = self.alive()
        delay_s = self.clock.chance.uniform(0, seconds)
        self.clock.after(delay_s, lambda: (happening(), None)[1] if alive() else None)

    def _quote(self) -> None:
        if self.clock.chance.random() < 0.05:
            self.step(lambda now: self.dialogue.declined("all outlets are taken", now))
        else:
            self.step(lambda now: self.dialogue.quoted(self.offer, now))

    def _reserve(self) -> None:
        left_us = max(0, self.dialogue.terms.start_by_us - self.clock.now_us)
        kept_s = -(-left_us * SPEED // US_PER_S)
        self.step(lambda now: self.dialogue.reserved(now, reserved_s=kept_s))

    def _look_up(self, hold_id: bytes) -> None:
        def answer(found: Hold | None) -> None:
            self.step(lambda now: self.dialogue.hold_seen(found, now))

        self.ledger.ask(lambda: self.ledger.open_hold(hold_id), self.alive(), answer)

    def _deliver(self) -> None:
        if not self.memory.service.on_hold:
            self._soon(self._open)
            return
        self.device.switch(on=True)
        if self.memory.latest is None:
            self._read_on()

    def _open(self) -> None:
        """Open the gate, or break."""
        if self.clock.chance.random() < JAMS:
            self.step(lambda now: self.dialogue.gate_jammed("motor failure", now))
            return
        self.opened += 1
        self.step(self.dialogue.gate_opened)

    def _credit(self, command: Credit) -> None:
        """Give a toll back, by the note that was signed before or a fresh one."""
        note = command.note
        if not note:
            note = transfer(
                SELLER,
                network=NETWORK,
                parents=self.ledger.parents,
                target=BUYER.public_key,
                amount=command.amount,
                sequence=self.ledger.state.next_sequence(SELLER.public_key),
                issued_at=self.clock.now_us,
                valid_for=86_400,
                digest=command.paid_by,
            ).tobytes()
            self.step(lambda _: self.dialogue.credit_signed(note))

        def answer(verdict: Verdict, position: int) -> None:
            assert verdict in {Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED}, verdict
            self.step(lambda now: self.dialogue.credited(record_id(note), command.amount, now))

        self.ledger.submit(note, self.alive(), answer)

    def _read_on(self) -> None:
        if self.memory.state is not State.DELIVERING:
            return
        reading = self.device.read()
        in_the_open = self.device.worth() - self.memory.vouched_amount
        self.exposure_max = max(self.exposure_max, in_the_open)
        if self.step(lambda now: self.dialogue.metered(reading, now)):
            alive = self.alive()
            interval_s = self.clock.chance.uniform(0.3, 0.6)
            self.clock.after(interval_s, lambda: self._read_on() if alive() else None)

    def _last_reading(self) -> None:
        reading = self.device.read()
        self.step(lambda now: self.dialogue.metered(reading, now, final=True))

    def _release(self, hold_id: bytes) -> bytes:
        return release(
            SELLER,
            network=NETWORK,
            parents=self.ledger.parents,
            hold_id=hold_id,
            issued_at=self.clock.now_us,
            valid_for=60,
        ).tobytes()

    def _submit(self, record: bytes) -> None:
        def answer(verdict: Verdict, position: int) -> None:
            taken = verdict in {Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED}
            self.step(
                lambda now: self.dialogue.submitted(
                    record_id(record),
                    position if taken else None,
                    now,
                    refusal=f"the ledger said {verdict.name}",
                )
            )

        self.ledger.submit(record, self.alive(), answer)
