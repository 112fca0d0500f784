"""What one finished session comes to."""

from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec

from negotiation import Bill, Memory, Role, Service, SignedValue, State, Terms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where times begin."""


class FinishedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was delivered and paid, as its seller remembers it."""

    dialogue: bytes
    """The dialogue's id, 16 bytes."""
    buyer: bytes
    """The payer's account key."""
    terms: Terms
    """What was agreed."""
    bill: Bill
    """The part of the bill that both sides have signed."""
    paid: int
    """What the ledger has moved. [base units]"""
    credited: int = 0
    """What a credit note has given back. [base units]"""
    transactions: tuple[str, ...] = ()
    """Ids of its transactions on the ledger, hexadecimal; the payment, then the credit note."""
    closed_at_us: int
    """When it was closed. [µs since 1970]"""
    reason: str = ""
    """Why it ended so."""
    signed: tuple[SignedValue, ...] = ()
    """What the meter itself has signed, oldest first."""

    @classmethod
    def of(
        cls, memory: Memory, *, closed_at_us: int, signed: tuple[SignedValue, ...] = ()
    ) -> Self | None:
        """Return what a dialogue comes to, None if nothing was sold in it, or not by its owner.

        Args:
            memory: What the seller remembers.
            closed_at_us: When it changed last. [µs since 1970]
            signed: What the meter itself has signed.
        """
        is_sale = memory.role is Role.SELLER and memory.state is State.SETTLED
        if not is_sale or memory.terms is None or not memory.agreed_bill.chunks:
            return None
        return cls(
            dialogue=memory.dialogue,
            buyer=memory.partner,
            terms=memory.terms,
            bill=memory.agreed_bill,
            paid=memory.paid,
            credited=memory.credited,
            transactions=tuple(each.hex() for each in memory.transactions),
            closed_at_us=closed_at_us,
            reason=memory.reason,
            signed=signed,
        )

    @property
    def service(self) -> Service:
        """What was sold."""
        return self.terms.service

    @property
    def started_at_us(self) -> int:
        """When the delivery began. [µs since 1970]"""
        return self.bill.chunks[0].start.at_us

    @property
    def ended_at_us(self) -> int:
        """When it ended. [µs since 1970]"""
        return self.bill.chunks[-1].end.at_us


def moment(at_us: int) -> datetime:
    """Return an instant, exact to the microsecond. [µs since 1970]"""
    return EPOCH + timedelta(microseconds=at_us)


def utc(at_us: int) -> str:
    """Return an instant to the second, as OCPI and APDS write it. [µs since 1970]"""
    return moment(at_us).strftime("%Y-%m-%dT%H:%M:%SZ")
