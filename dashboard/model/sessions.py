"""Sessions: what a buyer and a seller say to each other, offer by offer and voucher by voucher.

Both sides tell of their dialogue. What one has said and the other has heard is one rung of the
ladder; what was said and never told as heard was lost on the way, or its telemetry was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from dashboard.plain_text import LINE_LENGTH_MAX, NAME_LENGTH_MAX, plain

__all__ = ["MOVES_KEPT", "SESSIONS_KEPT", "STAGES", "Move", "Session", "new_session", "stage"]

SESSIONS_KEPT = 2_000
"""Dialogues that are kept; the oldest that have ended go first."""

MOVES_KEPT = 200
"""Messages that are kept of one dialogue: all of a bargaining, and a hundred slices behind it."""

STAGES = {
    "new": "calls",
    "called": "calls",
    "offered": "bargains",
    "countered": "bargains",
    "accepted": "agrees",
    "confirmed": "agreed",
    "holding": "agreed",
    "held": "agreed",
    "started": "active",
    "delivering": "active",
    "stopping": "settles",
    "closing": "settles",
    "settled": "paid",
    "refused": "no deal",
    "rejected": "no deal",
    "expired": "no deal",
    "cancelled": "cancelled",
    "no_show": "no show",
    "failed": "failed",
    "released": "no bill",
    "reclaimed": "taken back",
    "unpaid": "unpaid",
}
"""What a state of a dialogue is called in a table."""

BROKEN = frozenset({"failed", "unpaid", "reclaimed"})
"""States in which somebody has not got what was agreed on."""

PRICED = {"charge": "energy", "park": "time", "toll": "flat"}
"""The element of a tariff by which the offers for a service are compared."""


class Move(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message of a dialogue."""

    by: str
    """`buyer` or `seller`."""
    number: int
    """Its number among that side's messages."""
    name: str
    """Its performative: cfp, propose, counter …"""
    at_us: int
    """When it was said, by its sender's clock, or heard, by the other's. [µs]"""
    body: dict[str, Any] = {}
    """What it says, in short."""
    is_sent: bool = False
    """Whether its sender has told of it."""
    is_heard: bool = False
    """Whether its receiver has."""

    @property
    def reason(self) -> str:
        """Why, where it says so."""
        return plain(self.body.get("reason"), LINE_LENGTH_MAX)

    def price(self, service: str) -> int | None:
        """Return the price that it names for a service, where it names one. [base units]"""
        prices = self.body.get("prices")
        price = prices.get(PRICED.get(service, "")) if isinstance(prices, dict) else None
        return price if isinstance(price, int) else None


class Session(msgspec.Struct, kw_only=True):
    """One dialogue."""

    dialogue: str
    """Its id."""
    service: str = ""
    """`charge`, `park` or `toll`."""
    buyer: str = ""
    """The buyer's name, or the beginning of its key while nobody knows that."""
    seller: str = ""
    """The seller's, likewise."""
    state: str = "new"
    """Where it stands."""
    ended: bool = False
    """Whether one side has told its end."""
    reason: str = ""
    """Why it has ended."""
    place: str = ""
    """Outlet, bay or gate."""
    unit: str = ""
    """What the delivery is counted in."""
    quantity: int = 0
    """How much was delivered."""
    billed: int = 0
    """The bill so far. [base units]"""
    vouched: int = 0
    """What vouchers cover. [base units]"""
    paid: int = 0
    """What was paid on the ledger. [base units]"""
    slice_amount: int = 0
    """The most that may be delivered and not vouched for. [base units]"""
    is_final: bool = False
    """Whether a quorum stands by the payment."""
    counters: int = 0
    """Counter-offers made."""
    hold: str = ""
    """Id of the HOLD."""
    transactions: tuple[str, ...] = ()
    """Ids of its transactions."""
    moves: list[Move] = []
    """What was said, oldest first."""
    forgotten: int = 0
    """Messages that are not kept any more."""
    opened_us: int = 0
    """When the viewer first heard of it. [µs]"""
    since_us: int = 0
    """When the viewer heard of its present state. [µs]"""
    heard_us: int = 0
    """When the viewer last heard of it. [µs]"""

    @property
    def open_amount(self) -> int:
        """What was delivered and no voucher covers. [base units]"""
        return max(0, self.billed - self.vouched)

    @property
    def price(self) -> int | None:
        """The latest price that was named for it. [base units]"""
        named = (move.price(self.service) for move in reversed(self.moves))
        return next((price for price in named if price is not None), None)

    @property
    def vouchers(self) -> list[Move]:
        """The vouchers that are kept, oldest first."""
        return [move for move in self.moves if move.name == "voucher"]

    def take(self, fields: Mapping[str, Any], at_us: int) -> bool:
        """Take in what one side tells of how it stands; return whether its state is new.

        Both sides tell, in any order; quantities only grow, and an end that was told stays.

        Args:
            fields: What it tells.
            at_us: When the viewer heard it. [µs]
        """
        self.heard_us = at_us
        self.service = plain(fields.get("service"), NAME_LENGTH_MAX) or self.service
        self.place = plain(fields.get("place"), NAME_LENGTH_MAX) or self.place
        self.unit = plain(fields.get("unit"), NAME_LENGTH_MAX) or self.unit
        for name in ("quantity", "billed", "vouched", "paid", "counters"):
            setattr(self, name, max(getattr(self, name), whole(fields.get(name))))
        self.slice_amount = max(self.slice_amount, whole(fields.get("slice")))
        self.is_final = self.is_final or fields.get("final") is True
        self.hold = plain(fields.get("hold"), ID_LENGTH_MAX) or self.hold
        self.transactions = tuple(dict.fromkeys((*self.transactions, *_ids(fields))))
        state = plain(fields.get("state"), NAME_LENGTH_MAX)
        if not state or state == self.state or self.ended:
            return False
        self.state, self.since_us, self.ended = state, at_us, fields.get("ended") is True
        self.reason = plain(fields.get("reason"), LINE_LENGTH_MAX) or self.reason
        return True

    def take_move(self, fields: Mapping[str, Any], at_us: int) -> Move | None:
        """Take in a message that one side has said or heard; return it if it is a new rung.

        Args:
            fields: What is told of it.
            at_us: When the viewer heard that. [µs]
        """
        self.heard_us = at_us
        is_sent, role = fields.get("way") == "sent", fields.get("role")
        by = "buyer" if (role == "buyer") is is_sent else "seller"
        number, name = whole(fields.get("number")), plain(fields.get("performative"), 32)
        for move in reversed(self.moves):
            if (move.by, move.number) == (by, number):
                move.is_sent, move.is_heard = move.is_sent or is_sent, move.is_heard or not is_sent
                return None
        body, told_us = fields.get("body"), whole(fields.get("at_us"))
        move = Move(
            by=by,
            number=number,
            name=name,
            at_us=told_us or at_us,
            body=body if isinstance(body, dict) else {},
            is_sent=is_sent,
            is_heard=not is_sent,
        )
        self.moves.append(move)
        self._forget()
        return move

    def _forget(self) -> None:
        """Let go of slices in the middle; how it was agreed on stays."""
        if len(self.moves) > MOVES_KEPT:
            names = (index for index, move in enumerate(self.moves) if move.name in SLICES)
            del self.moves[next(names, 0)]
            self.forgotten += 1


SLICES = frozenset({"meter", "voucher"})
"""What is said over and over while something is delivered."""

ID_LENGTH_MAX = 64
"""Digits of an id."""

TRANSACTIONS_MAX = 16
"""Transactions of one dialogue: a HOLD, what closes it, a credit note, and what went wrong."""


def new_session(fields: Mapping[str, Any], at_us: int) -> Session | None:
    """Return the session that news are about, None if they name none.

    Args:
        fields: What one side tells.
        at_us: When the viewer heard it. [µs]
    """
    dialogue = plain(fields.get("dialogue"), ID_LENGTH_MAX)
    if not dialogue:
        return None
    return Session(dialogue=dialogue, opened_us=at_us, since_us=at_us, heard_us=at_us)


def stage(session: Session) -> str:
    """Return what a session's state is called in a table."""
    return STAGES.get(session.state, session.state)


def whole(value: object) -> int:
    """Return a whole number out of news, 0 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _ids(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the transactions that news name."""
    named = fields.get("transactions")
    if isinstance(named, list | tuple):
        yield from filter(None, (plain(one, ID_LENGTH_MAX) for one in named[:TRANSACTIONS_MAX]))
