"""The Tangle as a viewer remembers it: the latest records, who stands on whom, what is final.

A record is a *tip* while none of the records heard here names it as parent; it is *final* when its
position lies below the final size. Both follow from what is kept, so a record that was named by one
which the viewer has missed may show as a tip for a while: the node's own choice of tips is not
asked for, which would cost it something.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from dashboard.observed import Record, RefusedRecord

__all__ = ["CHECKPOINTS_KEPT", "TRANSACTIONS_KEPT", "Checkpoint", "Standing", "Tangle", "Tx"]

TRANSACTIONS_KEPT = 3_000
"""A minute of fifty a second; some three megabytes."""

CHECKPOINTS_KEPT = 200
"""Final checkpoints that are marked in the picture: those of the last half minute and more."""


class Standing(StrEnum):
    """How far a transaction has come."""

    TIP = "tip"
    """Accepted, and nobody has named it as parent yet."""
    ACCEPTED = "accepted"
    """Durable, with others standing on it."""
    FINAL = "final"
    """A quorum stands by it."""
    REFUSED = "refused"
    """It is not on the ledger."""


class Tx(msgspec.Struct, kw_only=True):
    """One transaction; ids and keys are hexadecimal."""

    id: str
    """Its id."""
    position: int
    """Its place in the order, -1 where it was refused."""
    kind: str
    """What it does."""
    issuer: str
    """Who signed it."""
    target: str = ""
    """Payee, or the hold that it closes."""
    amount: int = 0
    """What it moves. [base units]"""
    sequence: int = 0
    """The issuer's number; of a settlement the voucher's."""
    parents: tuple[str, ...] = ()
    """Those that it vouches for."""
    at_us: int = 0
    """The ledger's time at which it was judged. [µs]"""
    issued_at_us: int = 0
    """When it was issued, as it says. [µs]"""
    heard_us: int = 0
    """When the viewer heard of it. [µs]"""
    verdict: str = ""
    """Why it was refused."""
    children: int = 0
    """How many of those heard here name it as parent."""
    final_us: int = 0
    """The node's time at which it became final, 0: not seen. [µs]"""


class Checkpoint(msgspec.Struct, frozen=True, array_like=True):
    """A checkpoint that a quorum has signed."""

    size: int
    """Records that it covers."""
    at_us: int
    """The node's time. [µs]"""
    heard_us: int
    """When the viewer heard of it. [µs]"""
    names: tuple[str, ...] = ()
    """Who has signed."""


class Tangle(msgspec.Struct, kw_only=True):
    """The latest transactions and checkpoints."""

    transactions: dict[str, Tx] = {}
    """By id, in the order in which they were heard."""
    checkpoints: list[Checkpoint] = []
    """Those that a quorum has signed, oldest first."""
    next_position: int = 0
    """Behind the highest position that was heard."""
    final_size: int = 0
    """Positions below are final."""
    has_quorum: bool = False
    """Whether anybody signs here at all; without validators nothing is ever called final."""
    tips: int = 0
    """How many of those kept are tips."""
    evicted: int = 0
    """Transactions that are not kept any more, or were only counted."""

    def accept(self, records: Iterable[tuple[Record, int]], heard_us: int) -> list[Tx]:
        """Take in accepted records; return those that were not known.

        Args:
            records: The records, each with the ledger's time at which it was applied. [µs]
            heard_us: When the viewer heard of them. [µs]
        """
        before = self.next_position
        new = [tx for record, at_us in records if (tx := self._add(record, at_us, heard_us))]
        if new and new[0].position < before:
            self._sort()
        self._forget()
        return new

    def refuse(self, records: Iterable[RefusedRecord], at_us: int, heard_us: int) -> None:
        """Take in refused records.

        Args:
            records: The records.
            at_us: The ledger's time at which they were judged. [µs]
            heard_us: When the viewer heard of them. [µs]
        """
        for record in records:
            if record.id not in self.transactions:
                self.transactions[record.id] = Tx(
                    id=record.id,
                    position=-1,
                    kind="",
                    issuer=record.issuer,
                    verdict=record.verdict,
                    at_us=at_us,
                    heard_us=heard_us,
                )
        self._forget()

    def finalize(self, size: int, *, at_us: int, heard_us: int, names: tuple[str, ...]) -> list[Tx]:
        """Take in that more is final; return what has become so.

        Args:
            size: Positions below are final.
            at_us: The node's time. [µs]
            heard_us: When the viewer heard of it. [µs]
            names: Who has signed.
        """
        self.has_quorum = True
        if size <= self.final_size:
            return []
        new = [tx for tx in self._backwards() if self.final_size <= tx.position < size]
        for tx in new:
            tx.final_us = at_us
        self.final_size = size
        self.checkpoints.append(Checkpoint(size, at_us, heard_us, names))
        del self.checkpoints[:-CHECKPOINTS_KEPT]
        return new

    def standing(self, tx: Tx) -> Standing:
        """Return how far a transaction has come."""
        if tx.position < 0:
            return Standing.REFUSED
        if self.has_quorum and tx.position < self.final_size:
            return Standing.FINAL
        return Standing.ACCEPTED if tx.children else Standing.TIP

    def children(self, name: str) -> list[Tx]:
        """Return those of the kept transactions that name one as parent.

        Args:
            name: Its id.
        """
        return [tx for tx in self.transactions.values() if name in tx.parents]

    def find(self, beginning: str) -> Tx | None:
        """Return the latest transaction whose id begins so.

        Args:
            beginning: The first digits of an id.
        """
        if beginning in self.transactions:
            return self.transactions[beginning]
        found = (tx for tx in reversed(self.transactions.values()) if tx.id.startswith(beginning))
        return next(found, None) if beginning else None

    def _add(self, record: Record, at_us: int, heard_us: int) -> Tx | None:
        """Add one accepted record, unless it is known."""
        known = self.transactions.get(record.id)
        if known is not None and known.position >= 0:
            return None
        if record.position < self.next_position - TRANSACTIONS_KEPT:
            return None  # long forgotten
        tx = Tx(
            id=record.id,
            position=record.position,
            kind=record.kind,
            issuer=record.issuer,
            target=record.target,
            amount=record.amount,
            sequence=record.sequence,
            parents=tuple(dict.fromkeys(record.parents)),
            at_us=at_us,
            issued_at_us=record.issued_at_us,
            heard_us=heard_us,
        )
        self.transactions.pop(record.id, None)
        self.transactions[record.id] = tx
        self.next_position = max(self.next_position, record.position + 1)
        self.tips += 1
        for parent in tx.parents:
            self._vouch(parent)
        return tx

    def _sort(self) -> None:
        """Bring records that were missed, and asked for later, to their place."""
        old, self.transactions, self.tips = self.transactions, {}, 0
        for tx in sorted(old.values(), key=lambda one: (one.at_us, one.position)):
            self.transactions[tx.id] = tx
            tx.children = 0
            self.tips += tx.position >= 0
            for parent in tx.parents:
                self._vouch(parent)

    def _vouch(self, parent: str) -> None:
        """Note that somebody stands on a transaction."""
        tx = self.transactions.get(parent)
        if tx is not None:
            self.tips -= tx.position >= 0 and not tx.children
            tx.children += 1

    def _backwards(self) -> Iterator[Tx]:
        """Yield accepted transactions, newest first, as far as they may be not final yet."""
        for tx in reversed(self.transactions.values()):
            if tx.position >= self.final_size:
                yield tx
            elif tx.position >= 0:
                return

    def _forget(self) -> None:
        """Let go of the oldest."""
        while len(self.transactions) > TRANSACTIONS_KEPT:
            tx = self.transactions.pop(next(iter(self.transactions)))
            self.tips -= tx.position >= 0 and not tx.children
            self.evicted += 1
