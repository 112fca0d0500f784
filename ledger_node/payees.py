"""Payees: a node that takes a SETTLE from nobody but the payee of its hold.

The ledger's rules ask who has signed a SETTLE, not who hands it in, and a record can not tell that.
So a payer can close its own hold over less than it has vouched for, and a thief can hand in a
voucher that is not the best one. A connection can tell: who connects with the CURVE key of an
account (`ledger_core.curve_public_key`) has its secret. This is a rule of the door, no rule of the
ledger: it holds where every node that takes records keeps it, and no validator looks at it.
"""

from collections.abc import Callable

import numpy as np

from ledger_core import ID_SIZE, Kind, Ledger, Verdict, curve_public_key, parse_records
from ledger_node.submission import Submission

__all__ = ["Payees"]

US_PER_S = 1_000_000


class Payees:
    """Refuse each SETTLE that comes from anybody else.

    Args:
        ledger: Which holds there are.
        clock: Tells the time. [µs]
    """

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._clock = clock

    def look_at(self, submission: Submission, sender: bytes) -> None:
        """Give each SETTLE of a submission that is not the sender's to hand in its verdict.

        A hold that is not on the ledger yet is nobody's: its HOLD may wait at the door, with a
        SETTLE behind it. What can not apply any more, or closes what is closed, is let through: the
        rules say what became of it.

        Args:
            submission: What was handed in.
            sender: CURVE key of the connection, 32 bytes, or none.
        """
        records = parse_records(submission.records)
        settles = np.flatnonzero(records["kind"] == Kind.SETTLE)
        unknown = []
        for index in settles.tolist():
            hold = self._ledger.hold(records[index]["target"].tobytes())
            if hold is None:
                unknown.append(index)
            elif curve_public_key(hold.payee) != sender:
                submission.refuse(index, Verdict.WRONG_PARTY)
        self._look_up(submission, unknown)

    def _look_up(self, submission: Submission, unknown: list[int]) -> None:
        """Refuse what names a hold that was never opened."""
        if not unknown:
            return
        records = parse_records(submission.records)[unknown]
        ends_us = records["issued_at"] + records["valid_for"].astype(np.int64) * US_PER_S
        targets = np.frombuffer(records["target"].tobytes(), np.uint8).reshape(-1, ID_SIZE)
        never = (self._ledger.positions(targets) < 0) & (ends_us > self._clock())
        for place in np.flatnonzero(never).tolist():
            submission.refuse(unknown[place], Verdict.UNKNOWN_HOLD)
