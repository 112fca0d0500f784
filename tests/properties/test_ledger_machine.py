"""The ledger as a state machine: whatever people hand in, in whatever order, a plain model agrees.

The model knows balances, numbers and holds, and nothing of columns, windows or signatures. Both
implementations of the rules are asked; supply is counted behind every step.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from ledger_core import (
    MICROSECONDS,
    KeyPair,
    Ledger,
    Records,
    State,
    Verdict,
    apply_one,
    genesis,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)

NETWORK = 7
SUPPLY = 1_000
START_US = 1_800_000_000 * MICROSECONDS
VALID_S = 86_400
"""Records do not expire here; holds do, after `HOLD_S`."""

HOLD_S = 60
PEOPLE = tuple(KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
GENESIS = genesis(
    KeyPair.from_seed(bytes([9]) * 32),
    network=NETWORK,
    target=PEOPLE[0].public_key,
    amount=SUPPLY,
    issued_at=START_US,
)
ORIGIN = record_ids(GENESIS)[0].tobytes()
PARENTS = (ORIGIN, ORIGIN)

people = st.sampled_from(range(len(PEOPLE)))
amounts = st.integers(1, 400)


@dataclass
class Held:
    """A hold, as the model knows it."""

    id: bytes
    payer: int
    payee: int
    amount: int
    ends_us: int
    is_open: bool = True


class LedgerMachine(RuleBasedStateMachine):
    """People who transfer, hold, settle, release, reclaim, and hand in again what they did."""

    holds: ClassVar[Bundle[Held]] = Bundle("holds")
    accepted: ClassVar[Bundle[Records]] = Bundle("accepted")

    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.state = Ledger(GENESIS), State(GENESIS)
        self.at_us, self.signed = START_US, 0
        self.balances = {0: SUPPLY}
        self.sequences = dict.fromkeys(range(len(PEOPLE)), 0)
        self.held: list[Held] = []

    def now_us(self) -> int:
        """Return the time, no two records' the same: a record that is signed anew is another."""
        self.signed += 1
        return self.at_us + self.signed

    def submit(self, record: Records) -> Verdict:
        """Hand a record to both implementations, which agree."""
        (code,) = self.ledger.apply(np.atleast_1d(record), at=self.at_us)
        assert apply_one(self.state, record, self.at_us) == code
        return Verdict(int(code))

    @rule(target=accepted, payer=people, payee=people, amount=amounts)
    def transfers(self, payer: int, payee: int, amount: int) -> Records | MultipleResults[Records]:
        """Somebody pays somebody."""
        record = transfer(
            PEOPLE[payer],
            network=NETWORK,
            parents=PARENTS,
            target=PEOPLE[payee].public_key,
            amount=amount,
            sequence=self.sequences[payer],
            issued_at=self.now_us(),
            valid_for=VALID_S,
        )
        verdict = self.submit(record)
        assert verdict is self.can_spend(payer, amount)
        if verdict is not Verdict.ACCEPTED:
            return multiple()
        self.spend(payer, amount)
        self.balances[payee] = self.balances.get(payee, 0) + amount
        return record

    @rule(target=holds, payer=people, payee=people, amount=amounts)
    def holds_back(self, payer: int, payee: int, amount: int) -> Held | MultipleResults[Held]:
        """Somebody sets money aside for somebody."""
        record = hold(
            PEOPLE[payer],
            network=NETWORK,
            parents=PARENTS,
            target=PEOPLE[payee].public_key,
            amount=amount,
            sequence=self.sequences[payer],
            issued_at=self.now_us(),
            valid_for=HOLD_S,
            digest=bytes(32),
        )
        verdict = self.submit(record)
        assert verdict is self.can_spend(payer, amount)
        if verdict is not Verdict.ACCEPTED:
            return multiple()
        self.spend(payer, amount)
        self.balances.setdefault(payee, 0)
        ends_us = int(record["issued_at"]) + HOLD_S * MICROSECONDS
        made = Held(record_ids(record)[0].tobytes(), payer, payee, amount, ends_us)
        self.held.append(made)
        return made

    @rule(target=accepted, held=holds, signer=people, amount=amounts)
    def settles(self, held: Held, signer: int, amount: int) -> Records | MultipleResults[Records]:
        """Somebody signs a voucher over a hold, and it is handed in."""
        record = settle(
            PEOPLE[signer],
            network=NETWORK,
            parents=PARENTS,
            hold_id=held.id,
            amount=amount,
            number=0,
            issued_at=self.now_us(),
            valid_for=VALID_S,
        )
        wanted = self.can_close(held, signer, by=held.payer, is_over=False)
        if wanted is Verdict.ACCEPTED and amount > held.amount:
            wanted = Verdict.EXCEEDS_HOLD
        verdict = self.submit(record)
        assert verdict is wanted
        if verdict is not Verdict.ACCEPTED:
            return multiple()
        self.close(held, paid=amount)
        return record

    @rule(held=holds, signer=people)
    def releases(self, held: Held, signer: int) -> None:
        """Somebody gives a hold back."""
        record = release(
            PEOPLE[signer],
            network=NETWORK,
            parents=PARENTS,
            hold_id=held.id,
            issued_at=self.now_us(),
            valid_for=VALID_S,
        )
        verdict = self.submit(record)
        assert verdict is self.can_close(held, signer, by=held.payee, is_over=False)
        if verdict is Verdict.ACCEPTED:
            self.close(held, paid=0)

    @rule(held=holds, signer=people)
    def reclaims(self, held: Held, signer: int) -> None:
        """Somebody takes a hold back."""
        record = reclaim(
            PEOPLE[signer],
            network=NETWORK,
            parents=PARENTS,
            hold_id=held.id,
            issued_at=self.now_us(),
            valid_for=VALID_S,
        )
        verdict = self.submit(record)
        assert verdict is self.can_close(held, signer, by=held.payer, is_over=True)
        if verdict is Verdict.ACCEPTED:
            self.close(held, paid=0)

    @rule(record=accepted)
    def hands_in_again(self, record: Records) -> None:
        """What was accepted is handed in again: it is known, and moves nothing."""
        assert self.submit(record) is Verdict.ALREADY_ACCEPTED

    @rule(seconds=st.sampled_from([1, HOLD_S - 1, HOLD_S]))
    def time_passes(self, seconds: int) -> None:
        """Holds end by themselves."""
        self.at_us += seconds * MICROSECONDS

    @invariant()
    def the_model_agrees(self) -> None:
        """Balances, numbers, open holds and supply are those of the model."""
        for number, person in enumerate(PEOPLE):
            key = person.public_key
            assert self.ledger.balance(key) == self.balances.get(number, 0)
            assert self.ledger.next_sequence(key) == self.sequences[number]
        for held in self.held:
            assert (self.ledger.hold(held.id) is not None) == held.is_open
        held_total = sum(each.amount for each in self.held if each.is_open)
        assert self.ledger.holds_total == held_total
        assert self.ledger.balances_total + held_total == SUPPLY
        assert self.state.balances_total + held_total == SUPPLY

    def can_spend(self, payer: int, amount: int) -> Verdict:
        """Return the verdict on spending."""
        if payer not in self.balances:
            return Verdict.UNKNOWN_ISSUER
        enough = self.balances[payer] >= amount
        return Verdict.ACCEPTED if enough else Verdict.INSUFFICIENT_FUNDS

    def can_close(self, held: Held, signer: int, *, by: int, is_over: bool) -> Verdict:
        """Return the verdict on closing a hold, as far as amounts do not matter."""
        if signer not in self.balances:
            return Verdict.UNKNOWN_ISSUER
        if signer != by:
            return Verdict.WRONG_PARTY
        if not held.is_open:
            return Verdict.HOLD_CLOSED
        if (self.at_us >= held.ends_us) == is_over:
            return Verdict.ACCEPTED
        return Verdict.HOLD_NOT_EXPIRED if is_over else Verdict.HOLD_EXPIRED

    def spend(self, payer: int, amount: int) -> None:
        """Take money from an account, under its next number."""
        self.balances[payer] -= amount
        self.sequences[payer] += 1

    def close(self, held: Held, *, paid: int) -> None:
        """Close a hold, paying some of it."""
        held.is_open = False
        self.balances[held.payee] += paid
        self.balances[held.payer] += held.amount - paid


LedgerMachine.TestCase.settings = settings(stateful_step_count=30)
TestLedgerMachine = LedgerMachine.TestCase
