"""What can be wrong with a run's books, one thing each: a side, a dialogue, a record, a balance.

Each function yields a sentence for each fault that it finds; `invariants` puts them together.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from ledger_core import Kind, format_amount
from negotiation import Role, State
from scenarios.evidence import Evidence, LedgerRecord, Side

ID_LENGTH = 8
"""Characters of an id that are enough to find it."""

PAYMENTS = frozenset({Kind.TRANSFER, Kind.SETTLE})
"""The kinds of records that pay."""

PARTIES = 2
"""Who pays and who is paid: a payment stands in the books of both."""

BINDING = frozenset({Kind.TRANSFER, Kind.HOLD})
"""The kinds of records that carry the digest of the agreed terms."""


def bill_faults(side: Side) -> Iterator[str]:
    """Yield what is wrong with a settled side's bill by itself."""
    if side.paid != side.billed:
        yield (
            f"{who(side)} has {format_amount(side.paid)} paid of"
            f" {format_amount(side.billed)} billed"
        )
    if side.chunk_costs and sum(side.chunk_costs) != side.billed:
        yield (
            f"{who(side)} has chunks of {format_amount(sum(side.chunk_costs))} in a bill of"
            f" {format_amount(side.billed)}"
        )


def delivery_faults(side: Side) -> Iterator[str]:
    """Yield where a seller's delivery and its money are too far apart.

    A flat fee is due as soon as the service begins. Where it ends there at once, the buyer has paid
    for nothing, but no more than one slice.
    """
    kept = side.paid - side.credited
    if kept > side.delivered_cost or (kept > side.slice_amount and not side.quantity):
        yield (
            f"{who(side)} was paid {format_amount(kept)} for"
            f" {format_amount(side.delivered_cost)} ({side.quantity} {side.unit})"
        )
    if side.delivered_cost - kept > side.slice_amount:
        yield (
            f"{who(side)} delivered {format_amount(side.delivered_cost - kept)} unpaid,"
            f" more than one slice of {format_amount(side.slice_amount)}"
        )


def prepaid_faults(buyer: Side, seller: Side | None) -> Iterator[str]:
    """Yield where an honest buyer paid an adversary more than one slice beyond the delivery.

    What was delivered is what the seller's own journal says: against its writer even that of a
    cheat is believed.

    Args:
        buyer: Its side.
        seller: What the seller has written down for itself, if it has.
    """
    delivered = 0 if seller is None else seller.delivered_cost
    if buyer.paid - delivered > buyer.slice_amount:
        yield (
            f"{who(buyer)} paid {format_amount(buyer.paid)} for {format_amount(delivered)}, more"
            f" than one slice of {format_amount(buyer.slice_amount)} too much"
        )


def side_faults(sides: dict[Role, Side], cheats: Collection[str] = ()) -> Iterator[str]:
    """Yield where the two sides of a dialogue tell different stories about money.

    Args:
        sides: What each of them says.
        cheats: Accounts of adversaries, whose side of a dialogue is not looked at.
    """
    buyer, seller = sides.get(Role.BUYER), sides.get(Role.SELLER)
    if buyer is None or seller is None:
        lone = buyer or seller
        if lone is not None and lone.paid and lone.partner not in cheats:
            yield f"{who(lone)} has a payment that no partner's journal knows"
        return
    if buyer.paid != seller.paid:
        yield (
            f"{who(buyer)} paid {format_amount(buyer.paid)} where {seller.agent} received"
            f" {format_amount(seller.paid)}"
        )
    if State.SETTLED in {buyer.state, seller.state} and buyer.billed != seller.billed:
        yield (
            f"{who(buyer)} knows a bill of {format_amount(buyer.billed)} where {seller.agent}"
            f" knows {format_amount(seller.billed)}"
        )


def record_faults(side: Side, records: dict[str, LedgerRecord]) -> Iterator[str]:
    """Yield what is wrong with the records that a side counts on."""
    payer, payee = side.account, side.partner
    if side.role is Role.SELLER:
        payer, payee = payee, payer
    own = [records[id_] for id_ in side.transactions if id_ in records]
    holds = {record.id for record in own if record.kind is Kind.HOLD}
    paid = {record.id: record for record in own if record.kind is Kind.TRANSFER}
    notes = [record for record in own if is_credit_note(record, paid)]
    back = sum(note.amount for note in notes)
    if back != side.credited or back > side.paid:
        yield (
            f"{who(side)} says {format_amount(side.credited)} was given back, its credit notes on"
            f" the ledger moved {format_amount(back)}"
        )
    own = [record for record in own if record not in notes]
    for record in own:
        issuer = payee if record.kind is Kind.RELEASE else payer
        targets = {payee} if record.kind in {Kind.HOLD, Kind.TRANSFER} else holds
        if record.issuer != issuer or (targets and record.target not in targets):
            yield f"{who(side)} counts on record {short(record.id)} of other parties"
        if record.kind in BINDING and record.digest != side.agreed.get("terms_digest"):
            yield f"{who(side)} counts on record {short(record.id)} of another agreement"
    moved = sum(record.amount for record in own if record.kind in PAYMENTS)
    if moved != side.paid:
        yield (
            f"{who(side)} says {format_amount(side.paid)} was paid, its records on the ledger"
            f" moved {format_amount(moved)}"
        )


def is_credit_note(record: LedgerRecord, payments: Mapping[str, LedgerRecord]) -> bool:
    """Say whether a record gives back what another one has paid: its digest names that one.

    Args:
        record: It.
        payments: Transfers among which the payment is, by id.
    """
    paid = payments.get(record.digest)
    if paid is None or record.kind is not Kind.TRANSFER or record.amount > paid.amount:
        return False
    return (record.issuer, record.target) == (paid.target, paid.issuer)


def transfers(evidence: Evidence) -> dict[str, LedgerRecord]:
    """Return all transfers on the ledger, by id."""
    return {each.id: each for each in evidence.records if each.kind is Kind.TRANSFER}


def balance_faults(evidence: Evidence) -> Iterator[str]:
    """Yield the accounts whose balance is not what their agent's journal explains."""
    earned: Counter[str] = Counter()
    for side in evidence.sides:
        earned[side.account] += side.paid if side.role is Role.SELLER else -side.paid
    names = {account.key: account.agent for account in evidence.accounts}
    given: Counter[str] = Counter()
    paid = transfers(evidence)
    for record in evidence.records:
        if record.kind is not Kind.TRANSFER:
            continue
        if record.issuer not in names:
            given[record.target] += record.amount
        elif _is_own(record, names) or is_credit_note(record, paid):
            given[record.target] += record.amount
            given[record.issuer] -= record.amount
    held: Counter[str] = Counter()
    for hold in evidence.open_holds:
        held[hold.payer] += hold.amount
    for account in evidence.accounts:
        if account.agent in evidence.adversaries:
            continue
        expected = given[account.key] + earned[account.key] - held[account.key]
        if account.balance != expected:
            yield (
                f"{account.agent} has {format_amount(account.balance)} where its books explain"
                f" {format_amount(expected)}"
            )


def unknown_payments(evidence: Evidence) -> Iterator[str]:
    """Yield the payments between agents that no journal, or only one side's, counts on.

    Of a payment from or to an adversary, only what the honest side's journal says is looked at.
    """
    names = {account.key: account.agent for account in evidence.accounts}
    known = Counter(id_ for side in evidence.sides for id_ in side.transactions)
    paid = transfers(evidence)
    payees = {record.id: record.target for record in evidence.records if record.kind is Kind.HOLD}
    for record in evidence.records:
        if record.kind not in PAYMENTS or record.issuer not in names or _is_own(record, names):
            continue
        payee = payees.get(record.target, record.target)
        cheats = sum(names.get(key) in evidence.adversaries for key in (record.issuer, payee))
        if cheats and payee not in names:
            continue  # To an accomplice.
        if is_credit_note(record, paid):
            cheats = max(cheats, 1)  # Whom it was given to may have gone before it was told.
        if known[record.id] < PARTIES - cheats:
            yield (
                f"{names[record.issuer]} paid {format_amount(record.amount)} by record"
                f" {short(record.id)}, which is missing in a journal"
            )


def _is_own(record: LedgerRecord, names: dict[str, str]) -> bool:
    """Say whether a record moves money between two accounts of one agent, as for a trip."""
    is_transfer = record.kind is Kind.TRANSFER
    return is_transfer and names[record.issuer] == names.get(record.target)


def repeated_records(side: Side) -> Iterator[str]:
    """Yield the records that a side counts on twice, as one who was started twice does."""
    for id_, times in Counter(side.transactions).items():
        if times > 1:
            yield f"{who(side)} counts on record {short(id_)} {times} times: it was started again"


def who(side: Side) -> str:
    """Return the agent and its dialogue, for a sentence."""
    return f"{side.agent} ({side.service} {short(side.dialogue)})"


def short(id_: str) -> str:
    """Return enough of an id to find it."""
    return id_[:ID_LENGTH]
