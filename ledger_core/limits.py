"""Limits of the ledger, each with its reason; all nodes of a network have to agree on them."""

from ledger_core.errors import BatchError

__all__ = [
    "BATCH_MAX",
    "CLOCK_SKEW_MAX_US",
    "CLOSED_HOLDS_REMEMBERED",
    "MICROSECONDS",
    "TIME_MAX_US",
    "WINDOW",
    "check_time",
]

MICROSECONDS = 1_000_000
"""A second. [µs]"""

BATCH_MAX = 4_096
"""Records that are applied at once: sums of that many amounts can not overflow an int64, and one
batch takes milliseconds, so that whoever waits behind it does not notice."""

CLOCK_SKEW_MAX_US = 60 * MICROSECONDS
"""How far ahead of the ledger's time an issuer's clock may run. [µs]"""

TIME_MAX_US = 1 << 61
"""The end of time (exclusive), in 73,000 years: sums with any valid_for fit into an int64. [µs]"""

WINDOW = 1_000_000
"""How many of the latest ids are kept in memory, where parents are looked up first: about 50 MB,
and some minutes of full load, while honest records name parents that are seconds old."""

CLOSED_HOLDS_REMEMBERED = 65_536
"""How many closed holds a ledger remembers, to say `HOLD_CLOSED` instead of `UNKNOWN_HOLD`.

The bound keeps memory (at most 240 bytes each) from growing with the ledger's age; the difference
between the two answers is a courtesy to whoever comes soon after, and changes no money."""


def check_time(at: int) -> None:
    """Refuse a ledger time that no clock shows.

    Args:
        at: The ledger's time. [µs]

    Raises:
        BatchError: When it is negative or not below `TIME_MAX_US`.

    >>> check_time(1_700_000_000_000_000)
    """
    if not 0 <= at < TIME_MAX_US:
        raise BatchError(
            f"The time {at} is outside 0 to {TIME_MAX_US - 1} µs: "
            "give microseconds since the Unix epoch."
        )
