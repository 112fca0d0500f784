"""The pace: how long records take, and so how many of them make a turn or a batch."""

from ledger_core import BATCH_MAX

__all__ = ["BATCH_S", "TURN_S", "Pace"]

TURN_S = 0.0006
"""What an issuer's turn in a batch may take to judge where others are about: together with a
batch's fixed cost (0.8 ms) it is what a stranger waits, at most twice. [s]"""

BATCH_S = 0.04
"""What a batch may take to judge: beyond that its fixed cost does not matter any more. [s]"""

REST_SHARE = 0.5
"""Where a batch's fixed cost is larger than usual (a slow disk), a turn may be worth this part of
it: shorter ones would not make anybody wait less, and take from everybody."""

LOOKUP_WEIGHT = 8.0
"""What a record weighs that was looked up on disk, where nobody can measure it."""

RATE_START = 10_000.0
"""Rate to reckon with before any was measured. [records/s]"""

NEWEST = 0.1
"""How much the newest batch counts: figures follow within some ten batches."""

_FIXED_S = 0.0004
"""What judging takes for a batch of one, measured; of no account in large batches. [s]"""

_RECORD_MIN_S = 1e-7
"""No record is judged faster, and before any was measured none is thought slower. [s]"""

_MEASURED_RECORDS = 8
"""Batches of fewer records say nothing about a record. [records]"""


class Pace:
    """Measure batches, and say what fits into a time."""

    def __init__(self) -> None:
        self.rate = RATE_START
        """Records a second, all told. [1/s]"""
        self._record_s = _RECORD_MIN_S
        self._rest_s = 0.0

    @property
    def turn_records(self) -> int:
        """What makes an issuer's turn. [records]"""
        return int(max(TURN_S, REST_SHARE * self._rest_s) / self._record_s)

    @property
    def batch_records(self) -> int:
        """What makes a batch. [records]"""
        return min(int(BATCH_S / self._record_s), BATCH_MAX)

    def note(self, cost: int, seconds: float, *, judging_s: float, lookups: int = 0) -> float:
        """Note what a batch took.

        Args:
            cost: What it cost. [records]
            seconds: From its taking to its answers. [s]
            judging_s: What of that signatures and rules took. [s]
            lookups: How many of its records were looked up on disk; where there are such, nothing
                is learned of usual ones.

        Returns:
            What a record weighed that was looked up, in usual ones.
        """
        if seconds <= 0:
            return LOOKUP_WEIGHT
        self.rate = max(self.rate + NEWEST * (cost / seconds - self.rate), 1.0)
        self._rest_s += NEWEST * (seconds - judging_s - self._rest_s)
        record_s = max((judging_s - _FIXED_S) / max(cost, 1), _RECORD_MIN_S)
        if lookups:
            return 1.0 + max(record_s / self._record_s - 1.0, 0.0) * cost / lookups
        if judging_s > 0 and cost >= _MEASURED_RECORDS:
            self._record_s += NEWEST * (record_s - self._record_s)
        return 1.0
