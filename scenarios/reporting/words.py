"""Values in words for people: with units, short, and harmless on a page whoever wrote them."""

import unicodedata
from html import escape

from ledger_core import format_amount
from negotiation import (
    Accept,
    Body,
    Cancel,
    Cfp,
    Confirm,
    Counter,
    Failure,
    Meter,
    Propose,
    Receipt,
    Refuse,
    Reject,
    Start,
    Stop,
    Tariff,
    Voucher,
)

__all__ = ["body_words", "count", "quantity", "safe", "tokens"]

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of characters that nobody sees, or that turn a line around: a stranger's words may have
them."""

TEXT_MAX = 400
"""Characters of anybody's words that are shown."""

WH_PER_KWH = 1000
S_PER_MIN = 60

ELEMENT_UNITS = {
    "energy": "/kWh",
    "time": "/h",
    "parking_time": "/h idle",
    "reservation": "/h kept",
}
"""What the price of a tariff's element is for."""


def safe(text: object) -> str:
    """Return any text ready for HTML: escaped, cut, with a mark for characters that nobody sees."""
    words = str(text)
    if len(words) > TEXT_MAX:
        words = f"{words[:TEXT_MAX]} …"
    shown = ("\N{REPLACEMENT CHARACTER}" if _is_unseen(char) else char for char in words)
    return escape("".join(shown), quote=True)


def _is_unseen(char: str) -> bool:
    """Return whether a character is better not put on a page."""
    return unicodedata.category(char) in UNSEEN


def tokens(amount: float) -> str:
    """Return an amount in tokens. [base units]"""
    return f"{float(format_amount(round(amount))):,.6g}" if amount else "0"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 session`, `1,200 sessions`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def quantity(number: int, unit: str) -> str:
    """Return a delivery: `5.2 kWh`, `10 min`, `1 passage`."""
    match unit:
        case "Wh":
            return f"{number / WH_PER_KWH:,.2f} kWh"
        case "s":
            return f"{number / S_PER_MIN:,.0f} min"
    return f"{count(number, unit)}" if unit else ""


def body_words(body: Body) -> str:
    """Return what a message says, without the parts that only programs need."""
    match body:
        case Cfp(service=service, needs=needs):
            wanted = (
                f"{needs.energy_wh:,} Wh" * bool(needs.energy_wh),
                f"{needs.time_s:,} s" * bool(needs.time_s),
                f"at most {needs.power_w_max:,} W" * bool(needs.power_w_max),
            )
            return f"wants a {service} {', '.join(filter(None, wanted))}".rstrip()
        case Propose(terms=terms):
            return (
                f"{terms.place}: {_tariff(terms.tariff)}; at most"
                f" {tokens(terms.limits.amount_max)}, a slice of {tokens(terms.slice_amount)}"
            )
        case Counter(tariff=tariff):
            return f"would take it at {_tariff(tariff)}"
        case Confirm(terms_digest=digest, deposit=deposit) if deposit is not None:
            return f"terms {digest.hex()[:8]}, for a deposit of {tokens(deposit.cost)}"
        case Accept(terms_digest=digest) | Confirm(terms_digest=digest):
            return f"terms {digest.hex()[:8]}"
        case Start(hold=hold, transfer=transfer):
            what = f"hold {hold.hex()[:8]}" if hold else "a signed transfer"
            return f"is there, with {what}" if hold or transfer else "is there"
        case Meter():
            return _meter(body)
        case Voucher(index=index, record=record):
            return f"pays up to piece {index} ({len(record)} bytes, signed)"
        case Receipt(position=position, amount=amount):
            return f"{tokens(amount)} paid, at position {position:,} of the ledger"
        case Refuse() | Reject() | Stop() | Cancel() | Failure():
            return body.reason
    return str(body)


def _meter(meter: Meter) -> str:
    """Return what a meter's message says."""
    end = meter.chunks[-1].end if meter.chunks else None
    registers = "" if end is None else f" at {end.energy_wh:,} Wh, {end.time_s + end.idle_s:,} s;"
    last = ", the end" if meter.final else ""
    return (
        f"pieces {meter.index} to {meter.index + len(meter.chunks) - 1},{registers}"
        f" bill {tokens(meter.total)}{last}"
    )


def _tariff(tariff: Tariff) -> str:
    """Return a price list in one line."""
    return " + ".join(
        f"{tokens(element.price)}{ELEMENT_UNITS.get(element.kind, '')}"
        for element in tariff.elements
    )
