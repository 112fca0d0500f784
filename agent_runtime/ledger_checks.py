"""What a dialogue must know from the ledger, asked until it is known.

A node that is away is no reason to lose a session, and no answer is no refusal: these functions ask
again until the node has said what is true. Handing the same record in again tells what became of
it, at any later time, so money is never given up for a lost answer.
"""

import contextlib
from dataclasses import dataclass, replace

from agent_runtime.clock import SECOND_US, Clock, physics_s
from agent_runtime.ledger_port import LedgerPort, Transaction
from agent_runtime.wallet import Wallet
from ledger_core import (
    CLOCK_SKEW_MAX_US,
    Hold,
    Kind,
    Records,
    RefusedError,
    UnavailableError,
    Verdict,
    parse_records,
    record_ids,
)
from negotiation import Fact, Terms, is_credit_note, is_hold_of

UNSEEN_S = 5.0
"""A record that the node does not know may still be on its way there for so long: ten times what
a busy node takes. [real s]"""

ASK_AGAIN_S = 0.5
"""Between two questions about something that may still come. [real s]"""

ACCEPTED = frozenset({Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED})
"""Verdicts that say: it is on the ledger."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submitted record."""

    transaction: bytes
    """The record's id."""
    position: int | None
    """Its position on the ledger, None when it was refused."""
    refusal: str = ""
    """Why it was refused, one sentence."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of money that was set aside or sent."""

    fact: Fact
    """Settled, released, reclaimed, or unpaid."""
    transaction: bytes = b""
    """Id of the transaction that decided it."""
    amount: int = 0
    """What was paid. [base units]"""
    credited: int = 0
    """What was given back by a credit note. [base units]"""


@dataclass(frozen=True, slots=True)
class LedgerChecks:
    """Questions to the ledger that wait for their answer."""

    ledger: LedgerPort
    """The node."""
    wallet: Wallet
    """The account that asks."""
    clock: Clock
    """Real time, for the waits."""

    async def open_hold(self, hold: bytes, until_us: int) -> Hold | None:
        """Return the open hold of that id; None if there is none, and none will come.

        Args:
            hold: The hold's id.
            until_us: When it would have ended in any case. [µs since the Unix epoch]
        """
        waits = _Waits(self.clock)
        while self.clock.now_us() < until_us:
            try:
                status = await self.ledger.hold(hold)
            except UnavailableError:
                pass
            else:
                if status is not None:
                    return status.hold if status.open else None
                if waits.is_unseen_for(UNSEEN_S):
                    return None
            await self.clock.sleep(ASK_AGAIN_S)
        return None

    async def is_closed(self, hold: bytes) -> bool:
        """Say whether the ledger shows that a hold is closed; a node that is away shows nothing."""
        with contextlib.suppress(RefusedError, UnavailableError):
            status = await self.ledger.hold(hold)
            return status is not None and not status.open
        return False

    async def settle_that_closed(self, hold: bytes) -> Transaction | None:
        """Return the SETTLE that closed a hold; None where something else did, or nothing yet."""
        waits = _Waits(self.clock)
        while not waits.is_unseen_for(UNSEEN_S):
            with contextlib.suppress(UnavailableError):
                try:
                    status = await self.ledger.hold(hold)
                    if status is None or status.open:
                        return None
                    if status.closed_by and (
                        closing := await self.ledger.transaction(status.closed_by)
                    ):
                        is_settle = closing.record["kind"] == Kind.SETTLE
                        return closing if is_settle else None
                except RefusedError:
                    return None
            await self.clock.sleep(ASK_AGAIN_S)
        return None

    async def collect(self, signed: bytes) -> Outcome:
        """Submit a signed record until the ledger has judged it, and return what became of it."""
        (record,) = parse_records(signed)
        answer = await self.wallet.submit(record)
        transaction = record_ids(record)[0].tobytes()
        if answer.verdict in ACCEPTED:
            return Outcome(transaction, answer.position)
        return Outcome(transaction, None, f"the ledger refused the payment: {answer.verdict.name}")

    async def give_back(self, hold: bytes) -> Outcome:
        """Release a hold; one that nobody has is released already or was never there."""
        while True:
            try:
                answer, transaction = await self.wallet.release(hold)
            except UnavailableError:
                await self.clock.sleep(ASK_AGAIN_S)
                continue
            if answer.verdict in ACCEPTED:
                return Outcome(transaction, answer.position)
            refusal = f"the ledger refused the release: {answer.verdict.name}"
            return Outcome(transaction, None, refusal)

    async def give_back_own(self, terms: Terms, hold: bytes) -> None:
        """Release the hold of a buyer that came and could not be served, if it is ours.

        Args:
            terms: What was agreed.
            hold: The id that the buyer has named.
        """
        found = await self.open_hold(hold, terms.hold_until_us)
        if found is not None and is_hold_of(terms, found):
            await self.give_back(hold)

    async def fate_of_hold(self, hold: bytes, until_us: int) -> Fate:
        """Wait until the hold is closed; reclaim it when it has expired.

        Args:
            hold: The hold's id.
            until_us: When the hold ends. [µs since the Unix epoch]
        """
        waits = _Waits(self.clock)
        while True:
            try:
                status = await self.ledger.hold(hold)
                if status is None and waits.is_unseen_for(UNSEEN_S):
                    return Fate(Fact.UNPAID)  # It never came to the ledger.
                if status is not None and not status.open and status.closed_by is not None:
                    return await self._closing_fate(status.closed_by)
                is_due = self.clock.now_us() >= until_us
                if is_due and status is not None and status.open and await self._reclaim(hold):
                    continue
            except (RefusedError, UnavailableError):
                pass
            await self.clock.sleep(ASK_AGAIN_S)

    async def _reclaim(self, hold: bytes) -> bool:
        """Take back what is left in a hold that has expired; say whether the ledger agrees."""
        answer = await self.wallet.reclaim(hold)
        return answer.verdict in ACCEPTED

    async def fate_of_transfer(self, signed: bytes) -> Fate:
        """Wait until the signed transfer is on the ledger, or can no longer come there."""
        (record,) = parse_records(signed)
        transaction = record_ids(record)[0].tobytes()
        waits = _Waits(self.clock)
        while True:
            try:
                await self._void_if_early(record)
                is_dead = await self._is_dead(record)
                found = await self._found(record)
            except UnavailableError:
                pass
            else:
                if found is not None:
                    return Fate(Fact.SETTLED, transaction, int(found.record["amount"]))
                if is_dead and waits.is_unseen_for(UNSEEN_S):
                    return Fate(Fact.UNPAID)
            await self.clock.sleep(ASK_AGAIN_S)

    async def credited(self, terms: Terms, fate: Fate, credit: bytes) -> Fate:
        """Return a toll's fate with what a credit note gave back, if it is on the ledger.

        Args:
            terms: What was agreed.
            fate: What became of the payment.
            credit: Id of the credit note, as the gate names it.
        """
        waits = _Waits(self.clock)
        while True:
            try:
                found = await self.ledger.transaction(credit)
            except RefusedError:
                return fate
            except UnavailableError:
                found = None
            else:
                if found is None and waits.is_unseen_for(UNSEEN_S):
                    return fate  # The gate only says so.
            if found is not None:
                is_note = is_credit_note(terms, found.record, paid_by=fate.transaction)
                amount = int(found.record["amount"]) if is_note else 0
                return replace(fate, credited=amount)
            await self.clock.sleep(ASK_AGAIN_S)

    async def _found(self, record: Records) -> Transaction | None:
        """Return a record if it is on the ledger; one that was pruned can not be told from none."""
        issued_at_us = int(record["issued_at"])
        with contextlib.suppress(RefusedError):
            return await self.ledger.transaction(
                record_ids(record)[0].tobytes(), issued_at_us=issued_at_us
            )
        return None

    async def _void_if_early(self, record: Records) -> None:
        """Take the number of a record that was signed by a clock too far ahead.

        Nobody can apply it for now, but anybody could when its time has come.
        """
        early_us = int(record["issued_at"]) - self.clock.now_us()
        if early_us > CLOCK_SKEW_MAX_US:
            await self.wallet.void(int(record["sequence"]))

    async def _is_dead(self, record: Records) -> bool:
        """Say whether a numbered record that is not on the ledger can not come there any more."""
        if self.clock.now_us() >= ends_us(record):
            return True
        account = await self.ledger.account(record["issuer"].tobytes())
        return account.next_sequence > int(record["sequence"])

    async def _closing_fate(self, transaction: bytes) -> Fate:
        """Return what the transaction that closed a hold did."""
        closing = await self.ledger.transaction(transaction)
        if closing is None:
            raise UnavailableError("the node does not show what closed the hold yet: ask again")
        kind = Kind(int(closing.record["kind"]))
        return Fate(CLOSING_FACTS[kind], transaction, int(closing.record["amount"]))


CLOSING_FACTS = {
    Kind.SETTLE: Fact.SETTLED,
    Kind.RELEASE: Fact.RELEASED,
    Kind.RECLAIM: Fact.RECLAIMED,
}
"""What each kind of record that closes a hold means for its dialogue."""


def ends_us(record: Records) -> int:
    """Return when a record can no longer be applied. [µs since the Unix epoch]

    Args:
        record: The record, shape ().
    """
    return int(record["issued_at"]) + int(record["valid_for"]) * SECOND_US


class _Waits:
    """For how long a node that answers has not known a record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s: float | None = None

    def is_unseen_for(self, seconds: float) -> bool:
        """Note that the node answered and does not know it; say whether that is long enough."""
        now_s = physics_s(self._clock)
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= seconds
