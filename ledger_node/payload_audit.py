"""The check of stored payloads: each belongs to a record of its position that committed to it."""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from ledger_core import Kind, Records
from ledger_node.errors import DivergedError

__all__ = ["PayloadAudit"]


class PayloadAudit:
    """Compare payloads with records, both in rising order of their positions.

    Args:
        payloads: All that are stored. The first is fetched at once, so that a log that is read
            after this knows the records of all of them.
    """

    def __init__(self, payloads: Iterator[tuple[int, bytes]]) -> None:
        self._payloads = payloads
        self._next = next(payloads, None)
        self.found = 0
        """Payloads that were found right."""
        self.missing = 0
        """DATA records without a payload: it was never kept, or has been pruned."""

    def check(self, records: Records, first: int) -> None:
        """Check the payloads of records.

        Args:
            records: The next ones, shape (n,).
            first: Position of the first of them.

        Raises:
            DivergedError: A payload is not what a record committed to, or no record did.
        """
        found = self.found
        stop = first + len(records)
        while self._next is not None and self._next[0] < stop:
            position, body = self._next
            record = records[position - first] if position >= first else None
            digest = sha256(body).digest()
            if (
                record is None
                or record["kind"] != Kind.DATA
                or record["digest"].tobytes() != digest
            ):
                raise DivergedError(
                    f"The payload at position {position} is not the one that was signed for.",
                    position=position,
                )
            self.found += 1
            self._next = next(self._payloads, None)
        data = int(np.count_nonzero(records["kind"] == Kind.DATA))
        self.missing += data - (self.found - found)

    def finish(self, size: int) -> None:
        """Make sure that no payload is left over.

        Args:
            size: How many records there are.

        Raises:
            DivergedError: One lies behind the log's end.
        """
        if self._next is not None:
            raise DivergedError(
                f"A payload is stored for position {self._next[0]}, but the log ends at {size}.",
                position=size,
            )
