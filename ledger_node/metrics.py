"""Metrics: what node and validator count, and how the node's counts read once a second.

Everything is counted once a batch, whether or not anybody scrapes it: some ten microseconds. What
that looks like to Prometheus is said in `ledger_node.exposition`, which only who is scraped loads.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ledger_core import Verdict
from ledger_node.headers import Refusal

__all__ = [
    "BATCH_BOUNDS",
    "TIME_BOUNDS_US",
    "Counts",
    "Histogram",
    "RateMeter",
    "Rates",
    "ValidatorCounts",
]

BATCH_BOUNDS = tuple(1 << power for power in range(13))
"""Up to how many records batches are told apart: each bound is twice the one before, to the
largest batch. [records]"""

TIME_BOUNDS_US = (
    *(100, 200, 500),
    *(1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000),
    *(1_000_000, 5_000_000),
)
"""Up to how long times are told apart: the node's figures are promised at 1, 3, 5, 10, 200 and
500 ms, a log write takes a tenth of the first. [µs]"""


COSIGNATURE_REFUSALS = (Refusal.COSIGNATURE_REFUSED, Refusal.OTHER_TREE)
"""Why a validator's signature is not taken."""


class Histogram:
    """Count values by size.

    Args:
        bounds: The largest value of each class, rising; a last class has what is larger.

    >>> times = Histogram((10, 20))
    >>> times.add(20)
    >>> times.add_all([5, 21])
    >>> times.counts, times.total
    ([1, 1, 1], 46)
    """

    __slots__ = ("_bounds", "_counts", "bounds", "total")

    def __init__(self, bounds: Sequence[int]) -> None:
        self.bounds = tuple(bounds)
        """The largest value of each class but the last."""
        self.total = 0
        """Sum of all values."""
        self._bounds = np.array(bounds, np.int64)
        self._counts = [0] * (len(bounds) + 1)

    @property
    def counts(self) -> list[int]:
        """How many values each class has, not cumulated."""
        return list(self._counts)

    def add(self, value: int) -> None:
        """Count one value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add_all(self, values: Sequence[int]) -> None:
        """Count several values at once."""
        if len(values) < _FEW:
            for value in values:
                self.add(value)
            return
        array = np.asarray(values, np.int64)
        places = np.searchsorted(self._bounds, array)
        found = np.bincount(places, minlength=len(self._counts)).tolist()
        self._counts = [count + more for count, more in zip(self._counts, found, strict=True)]
        self.total += int(array.sum())


_FEW = 16
"""Values that are counted faster one by one than with arrays."""


@dataclass(slots=True)
class Counts:
    """Count what happened since the node's start."""

    verdicts: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(Verdict), np.int64)
    )
    """How often each verdict was given, by its number."""
    batches: int = 0
    """Batches judged."""
    judged: int = 0
    """Records in them."""
    written: int = 0
    """Batches written to the log."""
    write_us: int = 0
    """Time that the log took for them. [µs]"""
    refused_requests: int = 0
    """Requests that were none, or that the node did not take."""
    refused_cosignatures: int = 0
    """Cosignatures among them that nobody of the policy gave, or that are under another tree."""
    questions: int = 0
    """Requests that were answered without changing anything."""
    events_dropped: int = 0
    """Events that some subscriber was too slow for."""
    batch_records: Histogram = field(default_factory=lambda: Histogram(BATCH_BOUNDS))
    """Records in batches."""
    submission_us: Histogram = field(default_factory=lambda: Histogram(TIME_BOUNDS_US))
    """Time from when a submission was taken in to its answer, for those that were judged. [µs]"""
    validation_us: Histogram = field(default_factory=lambda: Histogram(TIME_BOUNDS_US))
    """Time that signatures and rules took for a batch. [µs]"""
    log_write_us: Histogram = field(default_factory=lambda: Histogram(TIME_BOUNDS_US))
    """Time that the log took for a batch. [µs]"""

    def refuse(self, name: str) -> None:
        """Count a request that is not taken, by the name of the refusal."""
        self.refused_requests += 1
        self.refused_cosignatures += name in COSIGNATURE_REFUSALS

    def count(self, codes: bytes) -> None:
        """Count the verdicts of some records, uint8, shape (n,)."""
        numbers = np.frombuffer(codes, np.uint8)
        self.verdicts += np.bincount(numbers, minlength=len(Verdict))

    def by_name(self) -> dict[str, int]:
        """Return how often each verdict was given, by its name."""
        return {verdict.name: int(self.verdicts[verdict]) for verdict in Verdict}

    @property
    def accepted(self) -> int:
        """Records accepted."""
        return int(self.verdicts[Verdict.ACCEPTED])

    @property
    def refused(self) -> int:
        """Records refused, at the door or behind it; repeated ones are not."""
        repeated = self.verdicts[Verdict.ALREADY_ACCEPTED]
        return int(self.verdicts.sum() - repeated) - self.accepted


@dataclass(slots=True)
class ValidatorCounts:
    """Count what a validator has done since its start, over all alarms."""

    judged: int = 0
    """Records judged and found right."""
    judging_us: int = 0
    """Time that took, with writing them down. [µs]"""
    size: int = 0
    """Records found right in all."""
    seen_size: int = 0
    """Records under the latest checkpoint that the node has shown."""
    cosigned_size: int = 0
    """Records under the latest checkpoint that was cosigned."""
    alarms: int = 0
    """How often the log was not what it has to be."""
    alarm_position: int = -1
    """Where it was not at last, -1 where nothing was wrong or has been found right since."""

    def reopened(self, *, size: int, cosigned_size: int) -> None:
        """Note what the validator stands on, having read its own log."""
        self.size, self.cosigned_size = size, cosigned_size

    def took(self, records: int, *, took_us: int) -> None:
        """Count records that were judged and found right."""
        self.judged += records
        self.judging_us += took_us
        self.size += records

    def cosigned(self, size: int) -> None:
        """Note what was cosigned; whatever was wrong before is right now."""
        self.cosigned_size = size
        self.alarm_position = -1

    def alarm(self, position: int) -> None:
        """Count an alarm."""
        self.alarms += 1
        self.alarm_position = position


@dataclass(frozen=True, slots=True)
class Rates:
    """Say how fast counts rose between two looks at them."""

    accepted_per_s: float
    """Records accepted. [1/s]"""
    refused_per_s: float
    """Records refused. [1/s]"""
    batches_per_s: float
    """Batches judged. [1/s]"""
    batch_records: float
    """Records in a batch, mean."""
    write_ms: float
    """Time that the log took for a batch, mean. [ms]"""


class RateMeter:
    """Turn counts into rates, from look to look.

    Args:
        at_us: When the counting began. [µs]
    """

    def __init__(self, at_us: int) -> None:
        self._at_us = at_us
        self._seen = (0, 0, 0, 0, 0, 0)

    def look(self, counts: Counts, *, at_us: int) -> Rates:
        """Return the rates since the last look.

        Args:
            counts: The counts as they are now.
            at_us: What time it is. [µs]
        """
        now = (
            counts.accepted,
            counts.refused,
            counts.batches,
            counts.judged,
            counts.written,
            counts.write_us,
        )
        accepted, refused, batches, judged, written, write_us = (
            new - old for new, old in zip(now, self._seen, strict=True)
        )
        seconds = max(at_us - self._at_us, 1) / 1e6
        self._seen, self._at_us = now, at_us
        return Rates(
            accepted_per_s=accepted / seconds,
            refused_per_s=refused / seconds,
            batches_per_s=batches / seconds,
            batch_records=judged / max(batches, 1),
            write_ms=write_us / max(written, 1) / 1e3,
        )
