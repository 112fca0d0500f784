"""The ledger as a viewer knows it: sums, rates, waits, validators, refusals, queues."""

import math
from collections.abc import Iterable

import msgspec

from dashboard.observed import LedgerState, MetricsTold

__all__ = ["SKEW_MAX_S", "WAITS_KEPT", "Ledger", "Validator", "percentile"]

WAITS_KEPT = 512
"""Latest waits for a quorum of which the percentiles are taken: ten seconds of fifty a second."""

SKEW_MAX_S = 2.0
"""Clocks that differ by more than this make ages lie. [s]"""

SKEW_LOOKS = 5
"""The smallest difference of so many looks counts: delays add to it, never take from it."""


class Validator(msgspec.Struct, kw_only=True):
    """One validator, by the signatures that were seen."""

    name: str
    """Its name."""
    size: int = 0
    """Records that it stands by."""
    seen_us: int = 0
    """When its latest signature was heard of, 0: never. [µs]"""
    behind: int = 0
    """Final checkpoints since then that it has not signed."""
    alarms: int = 0
    """How often it was found to stand by another tree."""


class Ledger(msgspec.Struct, kw_only=True):
    """How the ledger stands and how its node does."""

    network: str = ""
    """Its name."""
    boot: int = 0
    """When the node started. [µs]"""
    restarts: int = 0
    """How often it has started anew while somebody watched."""
    size: int = 0
    """Accepted records."""
    supply: int = 0
    """What was minted. [base units]"""
    balances: int = 0
    """What lies in accounts. [base units]"""
    holds: int = 0
    """What lies in open holds. [base units]"""
    quorum: int = 0
    """How many validators have to agree; 0 where there are none."""
    validators: dict[str, Validator] = {}
    """By name."""
    metrics: MetricsTold | None = None
    """The node's latest word about itself."""
    waits_ms: list[float] = []
    """How long the latest records waited for their quorum. [ms]"""
    refused: int = 0
    """Records refused, since this viewer looks."""
    refusals: dict[str, int] = {}
    """The same by verdict, as far as they were told one by one."""
    lost: int = 0
    """Events missed."""
    gaps: int = 0
    """How often events were missed."""
    skews_us: list[int] = []
    """Differences between the node's clock and the viewer's, at the latest looks. [µs]"""

    @property
    def is_conserved(self) -> bool | None:
        """Whether balances and holds are the supply; None while nothing is known."""
        return self.balances + self.holds == self.supply if self.supply else None

    @property
    def skew_s(self) -> float:
        """How far the node's clock is from the viewer's. [s]"""
        return min(self.skews_us, key=abs, default=0) / 1_000_000

    def wait_ms(self, percent: float) -> float | None:
        """Return a percentile of the latest waits for a quorum. [ms]

        Args:
            percent: Which, from 0 to 100.
        """
        return percentile(self.waits_ms, percent)

    def take_state(self, state: LedgerState) -> None:
        """Take in the node's answer on how the ledger stands."""
        self.network, self.size, self.supply = state.network, state.size, state.supply
        self.balances, self.holds, self.quorum = state.balances, state.holds, state.quorum
        for name in (*state.validators, *state.signers):
            self.validators.setdefault(name, Validator(name=name))
        for name in state.signers:
            self._signed(name, state.final_size, state.at_us)

    def take_metrics(self, metrics: MetricsTold) -> bool:
        """Take in the node's word about itself; return whether it has started anew since."""
        is_new_start = bool(self.boot) and metrics.boot != self.boot
        self.restarts += is_new_start
        self.boot, self.metrics, self.size = metrics.boot, metrics, metrics.size
        self.supply, self.balances, self.holds = metrics.supply, metrics.balances, metrics.holds
        self.skews_us = [*self.skews_us, metrics.ledger_at_us - metrics.at_us][-SKEW_LOOKS:]
        return is_new_start

    def take_signatures(self, names: Iterable[str], size: int, at_us: int) -> None:
        """Take in who has signed a checkpoint.

        Args:
            names: Who has.
            size: Records under it.
            at_us: When that was heard of. [µs]
        """
        signed = set(names)
        for name in signed:
            self._signed(name, size, at_us)
        for name, validator in self.validators.items():
            if name not in signed and size > validator.size:
                validator.behind += 1

    def take_waits(self, waits_us: Iterable[int]) -> None:
        """Take in how long records waited for their quorum. [µs]"""
        self.waits_ms.extend(max(0, wait_us) / 1_000 for wait_us in waits_us)
        del self.waits_ms[:-WAITS_KEPT]

    def take_refusals(self, verdicts: Iterable[str], count: int) -> None:
        """Take in that records were refused.

        Args:
            verdicts: Of those that were told one by one.
            count: How many there were in all.
        """
        self.refused += count
        for verdict in verdicts:
            self.refusals[verdict] = self.refusals.get(verdict, 0) + 1

    def _signed(self, name: str, size: int, at_us: int) -> None:
        """Note a validator's signature."""
        validator = self.validators.setdefault(name, Validator(name=name))
        validator.size, validator.behind = max(validator.size, size), 0
        validator.seen_us = at_us


def percentile(values: list[float], percent: float) -> float | None:
    """Return the smallest value that at least so many percent do not exceed; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
