"""Numbers and ages as screens write them."""

from dashboard.drawing.spans import Tone
from dashboard.model import Session, tokens
from dashboard.model.sessions import BROKEN

__all__ = ["PRICE_UNITS", "age", "price", "rate", "session_tone"]

PRICE_UNITS = {"charge": "/kWh", "park": "/h", "toll": ""}
"""What a price is for."""

MINUTE_S = 100
"""From here on an age is told in minutes. [s]"""

HOUR_S = 6_000
"""From here on in hours. [s]"""


def age(seconds: float) -> str:
    """Return an age in at most four characters.

    Args:
        seconds: The age. [s]
    """
    if seconds < MINUTE_S:
        return f"{seconds:.0f}s"
    return f"{seconds / 60:.0f}m" if seconds < HOUR_S else f"{seconds / 3600:.0f}h"


def price(amount: int | None, service: str, *, unit: bool = True) -> str:
    """Return a price in tokens; a dash where there is none.

    Args:
        amount: The price. [base units]
        service: For what.
        unit: Whether to say per what.
    """
    if amount is None:
        return "-"
    return tokens(amount, digits=3) + (PRICE_UNITS.get(service, "") if unit else "")


def rate(value: float | None) -> str:
    """Return a rate with as many digits as it deserves; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}".replace(",", " ")


def session_tone(session: Session) -> Tone:
    """Return what a session's state means."""
    if session.state in BROKEN:
        return Tone.ERROR
    if session.state in {"no_show", "cancelled"}:
        return Tone.WARN
    if session.ended:
        return Tone.OK if session.state == "settled" else Tone.DIM
    return Tone.OK if session.state in {"delivering", "started", "closing"} else Tone.INFO
