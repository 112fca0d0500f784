"""What must hold after every story: pure checks over what the run left behind.

Each check takes all evidence and returns one finding: a name, whether it holds, and a sentence
that a person can act on. The checks do not trust anybody: the journals of both sides are held
against each other and against the ledger's records, and the node's sums against a replay.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from ledger_core import Kind, format_amount
from negotiation import Role, State
from scenarios.evidence import Evidence, LedgerRecord, Side

EXAMPLES_MAX = 3
"""Faults that a finding tells in full; the rest is counted."""

ID_LENGTH = 8
"""Characters of an id that are enough to find it."""

PAYMENTS = frozenset({Kind.TRANSFER, Kind.SETTLE})
"""The kinds of records that pay."""


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
    faults += [f"record {_short(id_)} breaks the rules" for id_ in evidence.refused_by_replay]
    return _finding(
        "supply_conserved",
        faults,
        f"{format_amount(told.balances)} on accounts + {format_amount(told.holds)} held"
        f" = {format_amount(told.minted)} minted, also when all {len(evidence.records)}"
        " records are applied anew",
    )


def paid_is_billed(evidence: Evidence) -> Finding:
    """Check that both sides know one bill, that its chunks add up, and that it was paid."""
    settled = [side for side in evidence.sides if side.state is State.SETTLED]
    faults = [fault for side in settled for fault in _bill_faults(side)]
    for sides in evidence.dialogues.values():
        faults += _side_faults(sides)
    total = sum(side.paid for side in settled if side.role is Role.SELLER)
    return _finding(
        "paid_is_billed",
        faults,
        f"{_count({side.dialogue for side in settled}, 'session')} settled, each paid as billed on"
        f" both sides: {format_amount(total)}",
    )


def delivery_within_one_slice(evidence: Evidence) -> Finding:
    """Check that nobody paid for more than was delivered, nor delivered more than a slice unpaid.

    What was delivered is what the seller's meter says, at the agreed tariff.
    """
    sellers = [side for side in evidence.sides if side.role is Role.SELLER]
    faults = [fault for side in sellers for fault in _delivery_faults(side)]
    delivered = [side for side in sellers if side.quantity]
    lost = max((side.delivered_cost - side.paid for side in sellers), default=0)
    waiting = max((side.open_max for side in sellers), default=0)
    return _finding(
        "delivery_within_one_slice",
        faults,
        f"{_count(delivered, 'delivery', 'deliveries')}, none paid beyond what was delivered;"
        f" at most {format_amount(max(0, lost))} of one was never paid,"
        f" at most {format_amount(waiting)} of one waited for a voucher",
    )


def every_dialogue_ended(evidence: Evidence) -> Finding:
    """Check that each dialogue came to a named end in each journal that knows of it."""
    faults = [f"{_who(side)} is still {side.state}" for side in evidence.sides if not side.ended]
    ends = Counter(str(side.state) for side in evidence.sides if side.role is Role.BUYER)
    counted = ", ".join(f"{count} {state}" for state, count in ends.most_common())
    return _finding(
        "every_dialogue_ended",
        faults,
        f"{_count(evidence.dialogues, 'dialogue')} ended: {counted or 'none was opened'}",
    )


def books_agree_with_ledger(evidence: Evidence) -> Finding:
    """Check each agent's journal against the ledger: records, parties, amounts and its balance."""
    records = {record.id: record for record in evidence.records}
    faults = [fault for side in evidence.sides for fault in _record_faults(side, records)]
    faults += _balance_faults(evidence)
    faults += _unknown_payments(evidence)
    return _finding(
        "books_agree_with_ledger",
        faults,
        f"{_count(evidence.accounts, 'account')}: each balance is what was given and earned less"
        " what was spent, each payment is known to both",
    )


def no_hold_left_open(evidence: Evidence) -> Finding:
    """Check that no tokens are set aside for ever: the agents that could close a hold are gone."""
    faults = [
        f"hold {_short(hold.id)} of {_name(evidence, hold.payer)} keeps"
        f" {format_amount(hold.amount)}"
        for hold in evidence.open_holds
    ]
    made = sum(record.kind is Kind.HOLD for record in evidence.records)
    return _finding("no_hold_left_open", faults, f"{_count(range(made), 'hold')} made and closed")


def no_verdict_missing(evidence: Evidence) -> Finding:
    """Check that each record which the node announced, or an agent counts on, is on the ledger."""
    known = {record.id for record in evidence.records}
    faults = [
        f"the node announced record {_short(id_)}, which is not in its log"
        for id_ in sorted(evidence.heard - known)
    ]
    for side in evidence.sides:
        missing = [id_ for id_ in side.transactions if id_ not in known]
        faults += [f"{_who(side)} has no verdict on record {_short(id_)}" for id_ in missing]
    return _finding(
        "no_verdict_missing",
        faults,
        f"{_count(evidence.records, 'record')} accepted;"
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
    return tuple(check(evidence) for check in CHECKS)


def _finding(name: str, faults: list[str], good: str) -> Finding:
    """Return the finding: the good sentence, or the first faults and how many more there are."""
    if not faults:
        return Finding(name=name, ok=True, detail=good)
    more = f"; and {len(faults) - EXAMPLES_MAX} more" if len(faults) > EXAMPLES_MAX else ""
    return Finding(name=name, ok=False, detail="; ".join(faults[:EXAMPLES_MAX]) + more)


def _bill_faults(side: Side) -> Iterator[str]:
    """Yield what is wrong with a settled side's bill by itself."""
    if side.paid != side.billed:
        yield (
            f"{_who(side)} has {format_amount(side.paid)} paid of"
            f" {format_amount(side.billed)} billed"
        )
    if side.chunk_costs and sum(side.chunk_costs) != side.billed:
        yield (
            f"{_who(side)} has chunks of {format_amount(sum(side.chunk_costs))} in a bill of"
            f" {format_amount(side.billed)}"
        )


def _delivery_faults(side: Side) -> Iterator[str]:
    """Yield where a seller's delivery and its money are too far apart."""
    if side.paid > side.delivered_cost or (side.paid and not side.quantity):
        yield (
            f"{_who(side)} was paid {format_amount(side.paid)} for"
            f" {format_amount(side.delivered_cost)} ({side.quantity} {side.unit})"
        )
    if side.delivered_cost - side.paid > side.slice_amount:
        yield (
            f"{_who(side)} delivered {format_amount(side.delivered_cost - side.paid)} unpaid,"
            f" more than one slice of {format_amount(side.slice_amount)}"
        )


def _side_faults(sides: dict[Role, Side]) -> Iterator[str]:
    """Yield where the two sides of a dialogue tell different stories about money."""
    buyer, seller = sides.get(Role.BUYER), sides.get(Role.SELLER)
    if buyer is None or seller is None:
        lone = buyer or seller
        if lone is not None and lone.paid:
            yield f"{_who(lone)} has a payment that no partner's journal knows"
        return
    if buyer.paid != seller.paid:
        yield (
            f"{_who(buyer)} paid {format_amount(buyer.paid)} where {seller.agent} received"
            f" {format_amount(seller.paid)}"
        )
    if State.SETTLED in {buyer.state, seller.state} and buyer.billed != seller.billed:
        yield (
            f"{_who(buyer)} knows a bill of {format_amount(buyer.billed)} where {seller.agent}"
            f" knows {format_amount(seller.billed)}"
        )


def _record_faults(side: Side, records: dict[str, LedgerRecord]) -> Iterator[str]:
    """Yield what is wrong with the records that a side counts on."""
    payer, payee = side.account, side.partner
    if side.role is Role.SELLER:
        payer, payee = payee, payer
    own = [records[id_] for id_ in side.transactions if id_ in records]
    holds = {record.id for record in own if record.kind is Kind.HOLD}
    for record in own:
        issuer = payee if record.kind is Kind.RELEASE else payer
        targets = {payee} if record.kind in {Kind.HOLD, Kind.TRANSFER} else holds
        if record.issuer != issuer or (targets and record.target not in targets):
            yield f"{_who(side)} counts on record {_short(record.id)} of other parties"
    moved = sum(record.amount for record in own if record.kind in PAYMENTS)
    if moved != side.paid:
        yield (
            f"{_who(side)} says {format_amount(side.paid)} was paid, its records on the ledger"
            f" moved {format_amount(moved)}"
        )


def _balance_faults(evidence: Evidence) -> Iterator[str]:
    """Yield the accounts whose balance is not what their agent's journal explains."""
    earned: Counter[str] = Counter()
    for side in evidence.sides:
        earned[side.account] += side.paid if side.role is Role.SELLER else -side.paid
    keys = {account.key for account in evidence.accounts}
    given: Counter[str] = Counter()
    for record in evidence.records:
        if record.kind is Kind.TRANSFER and record.issuer not in keys:
            given[record.target] += record.amount
    held: Counter[str] = Counter()
    for hold in evidence.open_holds:
        held[hold.payer] += hold.amount
    for account in evidence.accounts:
        expected = given[account.key] + earned[account.key] - held[account.key]
        if account.balance != expected:
            yield (
                f"{account.agent} has {format_amount(account.balance)} where its books explain"
                f" {format_amount(expected)}"
            )


def _unknown_payments(evidence: Evidence) -> Iterator[str]:
    """Yield the payments between agents that no journal, or only one side's, counts on."""
    names = {account.key: account.agent for account in evidence.accounts}
    known = Counter(id_ for side in evidence.sides for id_ in side.transactions)
    for record in evidence.records:
        if record.kind in PAYMENTS and record.issuer in names and known[record.id] < 2:
            yield (
                f"{names[record.issuer]} paid {format_amount(record.amount)} by record"
                f" {_short(record.id)}, which is missing in a journal"
            )


def _name(evidence: Evidence, key: str) -> str:
    """Return the name of an account's agent, or the beginning of its key."""
    return next((a.agent for a in evidence.accounts if a.key == key), _short(key))


def _who(side: Side) -> str:
    """Return the agent and its dialogue, for a sentence."""
    return f"{side.agent} ({side.service} {_short(side.dialogue)})"


def _short(id_: str) -> str:
    """Return enough of an id to find it."""
    return id_[:ID_LENGTH]


def _count(things: Iterable[object], one: str, many: str = "") -> str:
    """Return a number with its noun: `1 session`, `2 sessions`."""
    number = sum(1 for _ in things)
    return f"{number} {one if number == 1 else many or one + 's'}"
