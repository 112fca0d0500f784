"""What must hold after every story: pure checks over what the run left behind.

Each check takes all evidence and returns one finding: a name, whether it holds, and a sentence
that a person can act on. The checks do not trust anybody: the journals of both sides are held
against each other and against the ledger's records, and the node's sums against a replay.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import msgspec

from ledger_core import Kind, format_amount
from negotiation import Role, State
from scenarios.evidence import Evidence, Side
from scenarios.faults import (
    balance_faults,
    bill_faults,
    delivery_faults,
    prepaid_faults,
    record_faults,
    repeated_records,
    short,
    side_faults,
    unknown_payments,
    who,
)

EXAMPLES_MAX = 3
"""Faults that a finding tells in full; the rest is counted."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check has found."""

    name: str
    """The invariant's name."""
    ok: bool
    """Whether it holds."""
    detail: str
    """One sentence: what was checked, or what is wrong."""


Check: TypeAlias = Callable[[Evidence], Finding]
"""One invariant."""


def supply_conserved(evidence: Evidence) -> Finding:
    """Check that balances and open holds make up what genesis minted, by the node and by replay."""
    told, replayed = evidence.told, evidence.replayed
    faults = [
        f"{who}: {format_amount(sums.balances)} on accounts and {format_amount(sums.holds)} held"
        f" are not the {format_amount(sums.minted)} minted"
        for who, sums in (("the node says", told), ("a replay gives", replayed))
        if sums.balances + sums.holds != sums.minted
    ]
    if told != replayed:
        faults.append("the node's sums are not those of a replay of its own records")
    faults += [f"record {short(id_)} breaks the rules" for id_ in evidence.refused_by_replay]
    return finding_of(
        "supply_conserved",
        faults,
        f"{format_amount(told.balances)} on accounts + {format_amount(told.holds)} held"
        f" = {format_amount(told.minted)} minted, also when all {len(evidence.records)}"
        " records are applied anew",
    )


def paid_is_billed(evidence: Evidence) -> Finding:
    """Check that both sides know one bill, that its chunks add up, and that it was paid."""
    settled = [side for side in evidence.sides if side.state is State.SETTLED]
    faults = [fault for side in settled for fault in bill_faults(side)]
    for sides in evidence.dialogues.values():
        faults += side_faults(sides, evidence.cheats)
    total = sum(side.paid for side in settled if side.role is Role.SELLER)
    return finding_of(
        "paid_is_billed",
        faults,
        f"{counted({side.dialogue for side in settled}, 'session')} settled, each paid as billed on"
        f" both sides: {format_amount(total)}",
    )


def delivery_within_one_slice(evidence: Evidence) -> Finding:
    """Check that nobody paid for more than was delivered, nor delivered more than a slice unpaid.

    What was delivered is what the seller's meter says, at the agreed tariff. What was paid to an
    adversary beyond what it gave is at most one slice, too.
    """
    sellers = [side for side in evidence.sides if side.role is Role.SELLER]
    fetched = [_as_vouched(side) if side.agent in evidence.absent else side for side in sellers]
    faults = [fault for side in fetched for fault in delivery_faults(side)]
    confessed = {side.dialogue: side for side in evidence.confessed if side.role is Role.SELLER}
    for side in evidence.sides:
        if side.role is Role.BUYER and side.partner in evidence.cheats:
            faults += prepaid_faults(side, confessed.get(side.dialogue))
    delivered = [side for side in sellers if side.quantity]
    lost = max((side.delivered_cost - side.paid for side in sellers), default=0)
    waiting = max((side.open_max for side in sellers), default=0)
    return finding_of(
        "delivery_within_one_slice",
        faults,
        f"{counted(delivered, 'delivery', 'deliveries')}, none paid beyond what was delivered;"
        f" at most {format_amount(max(0, lost))} of one was never paid,"
        f" at most {format_amount(waiting)} of one waited for a voucher",
    )


def every_dialogue_ended(evidence: Evidence) -> Finding:
    """Check that each dialogue came to a named end in each journal that knows of it."""
    faults = [f"{who(side)} is still {side.state}" for side in evidence.sides if not side.ended]
    ends = Counter(str(side.state) for side in evidence.sides if side.role is Role.BUYER)
    by_state = ", ".join(f"{count} {state}" for state, count in ends.most_common())
    return finding_of(
        "every_dialogue_ended",
        faults,
        f"{counted(evidence.dialogues, 'dialogue')} ended: {by_state or 'none was opened'}",
    )


def books_agree_with_ledger(evidence: Evidence) -> Finding:
    """Check each agent's journal against the ledger: records, parties, amounts and its balance."""
    records = {record.id: record for record in evidence.records}
    faults = [fault for side in evidence.sides for fault in record_faults(side, records)]
    faults += [fault for side in evidence.sides for fault in repeated_records(side)]
    faults += balance_faults(evidence)
    faults += unknown_payments(evidence)
    return finding_of(
        "books_agree_with_ledger",
        faults,
        f"{counted(evidence.accounts, 'account')}: each balance is what was given and earned less"
        " what was spent, each payment is known to both",
    )


def no_hold_left_open(evidence: Evidence) -> Finding:
    """Check that no tokens are set aside for ever: the agents that could close a hold are gone."""
    faults = [
        f"hold {short(hold.id)} of {_name(evidence, hold.payer)} keeps {format_amount(hold.amount)}"
        for hold in evidence.open_holds
        if _name(evidence, hold.payer) not in evidence.adversaries
    ]
    made = sum(record.kind is Kind.HOLD for record in evidence.records)
    return finding_of(
        "no_hold_left_open", faults, f"{counted(range(made), 'hold')} made and closed"
    )


def no_verdict_missing(evidence: Evidence) -> Finding:
    """Check that each record which the node announced, or an agent counts on, is on the ledger."""
    known = {record.id for record in evidence.records}
    faults = [
        f"the node announced record {short(id_)}, which is not in its log"
        for id_ in sorted(evidence.heard - known)
    ]
    for side in evidence.sides:
        missing = [id_ for id_ in side.transactions if id_ not in known]
        faults += [f"{who(side)} has no verdict on record {short(id_)}" for id_ in missing]
    return finding_of(
        "no_verdict_missing",
        faults,
        f"{counted(evidence.records, 'record')} accepted;"
        " none that was announced or counted on is missing",
    )


CHECKS: tuple[Check, ...] = (
    supply_conserved,
    paid_is_billed,
    delivery_within_one_slice,
    every_dialogue_ended,
    books_agree_with_ledger,
    no_hold_left_open,
    no_verdict_missing,
)
"""All invariants, in the order in which they are shown."""


def check_all(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what each invariant has found."""
    honest = evidence.told_by_honest
    return tuple(check(honest) for check in CHECKS)


def finding_of(name: str, faults: Sequence[str], good: str) -> Finding:
    """Return a finding: the good sentence, or the first faults and how many more there are.

    Args:
        name: The invariant's.
        faults: A sentence for each fault.
        good: What is said where there is none.
    """
    if not faults:
        return Finding(name=name, ok=True, detail=good)
    more = f"; and {len(faults) - EXAMPLES_MAX} more" if len(faults) > EXAMPLES_MAX else ""
    return Finding(name=name, ok=False, detail="; ".join(faults[:EXAMPLES_MAX]) + more)


def _as_vouched(side: Side) -> Side:
    """Return a seller's side as if it had handed in what was vouched for."""
    return replace(side, paid=max(side.paid, side.billed))


def _name(evidence: Evidence, key: str) -> str:
    """Return the name of an account's agent, or the beginning of its key."""
    return next((a.agent for a in evidence.accounts if a.key == key), short(key))


def counted(things: Iterable[object], one: str, many: str = "") -> str:
    """Return a number with its noun: `1 session`, `2 sessions`.

    Args:
        things: What is counted.
        one: The noun.
        many: Its plural, where that takes more than an s.
    """
    number = sum(1 for _ in things)
    return f"{number} {one if number == 1 else many or one + 's'}"
