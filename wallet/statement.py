"""The statement: an account's transactions as its owner sees them, in words and signs.

A record says who signed what. An owner wants to know what came and went, and with whom. The two
meet here: each transaction becomes one line with its effect on what the account can spend.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from ledger_core import Hold, Kind, Records
from ledger_node import Transaction
from wallet.ledger_port import LedgerPort

__all__ = ["Entry", "Event", "statement"]

PAGE = 256
"""Transactions asked for at a time: the most that a node gives. [records]"""


class Event(StrEnum):
    """What a transaction was for the account."""

    FOUNDED = "founded"
    """The network began with its supply here."""
    PAID = "paid"
    """It paid somebody."""
    RECEIVED = "received"
    """Somebody paid it."""
    MOVED = "moved to itself"
    """It paid itself."""
    NOTED = "noted"
    """A DATA record; no money moved."""
    SET_ASIDE = "set aside"
    """It opened a hold: the money can not be spent until that closes."""
    PROMISED = "promised"
    """Somebody opened a hold for it; nothing is earned yet."""
    SETTLED = "settled"
    """A hold of its own was settled: the payee got its part, the rest came back."""
    EARNED = "earned"
    """A hold for it was settled: its part came in."""
    RETURNED = "returned"
    """A hold of its own closed unpaid: everything came back."""
    GIVEN_UP = "given up"
    """A hold for it closed unpaid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a statement."""

    position: int
    """The transaction's place in the ledger's order."""
    id: bytes
    """Its id, 32 bytes."""
    at_us: int
    """The ledger's time at which it was accepted. [µs]"""
    event: Event
    """What it was for this account."""
    change: int
    """By how much what the account can spend rose, or fell if negative. [base units]"""
    amount: int
    """What it was about: paid, set aside or settled. [base units]"""
    partner: bytes | None
    """The other account, 32 bytes, if there is one."""


async def statement(
    ledger: LedgerPort, public_key: bytes, *, after: int = -1, latest: int = 100
) -> list[Entry]:
    """Return an account's transactions, oldest first.

    Args:
        ledger: The node.
        public_key: The account, 32 bytes.
        after: Only those behind this position (exclusive).
        latest: At most so many, the latest ones.

    Raises:
        UnavailableError: The node is away.
    """
    found: deque[Transaction] = deque(maxlen=latest)
    while page := await ledger.history(public_key, after=after, limit=PAGE):
        found.extend(page)
        after = page[-1].position
    return [await _entry(ledger, public_key, transaction) for transaction in found]


async def _entry(ledger: LedgerPort, public_key: bytes, transaction: Transaction) -> Entry:
    record, target = transaction.record, transaction.record["target"].tobytes()
    amount = int(record["amount"])
    if record["kind"] in (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM):
        status = await ledger.hold(target)
        event, change, partner = _closed(public_key, status.hold if status else None, amount)
    else:
        issuer = record["issuer"].tobytes()
        event, change = _opened(record, own=public_key)
        partner = target if issuer == public_key else issuer
    return Entry(
        position=transaction.position,
        id=transaction.id,
        at_us=transaction.at_us,
        event=event,
        change=change,
        amount=amount,
        partner=None if event in (Event.FOUNDED, Event.NOTED) else partner,
    )


def _opened(record: Records, *, own: bytes) -> tuple[Event, int]:
    """Return what a record that closes no hold was for an account, and its effect."""
    issuer, target = record["issuer"].tobytes(), record["target"].tobytes()
    amount = int(record["amount"])
    match int(record["kind"]):
        case Kind.GENESIS:
            return Event.FOUNDED, amount if target == own else 0
        case Kind.DATA:
            return Event.NOTED, 0
        case Kind.HOLD:
            return (Event.SET_ASIDE, -amount) if issuer == own else (Event.PROMISED, 0)
        case _:
            if issuer == target:
                return Event.MOVED, 0
            return (Event.PAID, -amount) if issuer == own else (Event.RECEIVED, amount)


def _closed(own: bytes, hold: Hold | None, amount: int) -> tuple[Event, int, bytes | None]:
    """Return what the end of a hold was for an account, its effect, and who the other one is.

    Args:
        own: The account.
        hold: The hold as it was opened, if the node still knows it.
        amount: What was settled, 0 if the hold closed unpaid. [base units]
    """
    if hold is None:
        return (Event.SETTLED if amount else Event.RETURNED), 0, None
    if hold.payer != own:
        return (Event.EARNED if amount else Event.GIVEN_UP), amount, hold.payer
    came_back = hold.amount if hold.payee == own else hold.amount - amount
    return (Event.SETTLED if amount else Event.RETURNED), came_back, hold.payee
