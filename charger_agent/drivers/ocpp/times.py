"""Times as OCPP writes them, read as stations really write them."""

from datetime import UTC, datetime

PLAUSIBLE_FROM_US = 1_577_836_800_000_000
"""2020: a clock before it was never set. [µs since 1970]"""


def parse_time(text: str) -> int | None:
    """Return a time in µs since 1970, None where it is none.

    A time without a zone counts as UTC. A clock that was never set is a time like any other:
    `is_plausible` says what it is worth.
    """
    try:
        read = datetime.fromisoformat(text)
        zoned = read if read.tzinfo else read.replace(tzinfo=UTC)
        return round(zoned.timestamp() * 1_000_000) if "T" in text.upper() else None
    except (ValueError, OverflowError):
        return None


def is_plausible(at_us: int, *, now_us: int, ahead_s: float = 86_400.0) -> bool:
    """Tell whether a station's clock can be believed: not in 1970, and not days ahead."""
    return PLAUSIBLE_FROM_US <= at_us <= now_us + ahead_s * 1_000_000


def format_time(at_us: int) -> str:
    """Return a time as OCPP writes it, in UTC with milliseconds."""
    at = datetime.fromtimestamp(at_us / 1_000_000, tz=UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
