"""Holds: money set aside for a payee until it is settled, released or reclaimed."""

from dataclasses import dataclass

from ledger_core.amounts import SUPPLY_MAX

__all__ = ["ClosedHold", "Hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Describe an open hold."""

    id: bytes
    """Id of the HOLD record, 32 bytes; closing records name it as their target."""

    payer: bytes
    """Account that set the money aside, 32 bytes; it signs vouchers and may reclaim."""

    payee: bytes
    """Account for which the money is set aside, 32 bytes; it may release."""

    amount: int
    """What is set aside. [base units]"""

    ends_at: int
    """When the hold ends: settled or released before (exclusive), reclaimed from then on. [µs]"""

    digest: bytes
    """SHA-256 of the terms that both agreed on, 32 bytes, or zeros."""

    def __post_init__(self) -> None:
        assert 0 < self.amount <= SUPPLY_MAX, "an accepted hold has something in it"
        assert self.ends_at > 0, "an accepted hold ends after it was issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedHold:
    """Say what has to be known of a closed hold to refuse a second closing."""

    payer: bytes
    """Account that had set the money aside, 32 bytes."""

    payee: bytes
    """Account for which it had been set aside, 32 bytes."""
