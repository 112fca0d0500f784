"""Metrics: what the node counts, and how that reads once a second."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ledger_core import Verdict

__all__ = ["Counts", "RateMeter", "Rates"]


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
