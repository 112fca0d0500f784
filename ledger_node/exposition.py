"""The exposition: what node and validator count, as families of Prometheus metrics.

Only who is scraped loads this module. Families are gathered on the owner's loop, so that they fit
together; they are written as text elsewhere (`ledger_node.exporter`). Names end in their unit; a
`_total` only rises, and a restart begins it anew.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from ledger_core import Verdict, engine_in_use
from ledger_node.door import Door
from ledger_node.evidence import Evidence
from ledger_node.metrics import Counts, Histogram, ValidatorCounts
from ledger_node.notary import Notary
from ledger_node.state import State

__all__ = ["NodeExposition", "ValidatorExposition", "disk_bytes"]

_SECOND_US = 1e6
_NO_REFUSALS = (Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeExposition:
    """Gather the metrics of a node."""

    state: State
    """Its ledger."""
    door: Door
    """What waits."""
    notary: Notary
    """How far the log is signed."""
    evidence: Evidence
    """Who stands by another tree."""
    counts: Counts
    """What was counted."""
    clock: Callable[[], int]
    """Tells the time. [µs]"""

    def gather(self) -> list[Metric]:
        """Return all families as they are now.

        Raises:
            DamagedError: The log can not be read.
        """
        return [*self._records(), *self._times(), *self._waiting(), *self._ledger(), *self._trust()]

    def _records(self) -> Iterable[Metric]:
        counts = self.counts
        named = {verdict: int(counts.verdicts[verdict]) for verdict in Verdict}
        yield _counter("records_accepted", "Records accepted.", named[Verdict.ACCEPTED])
        yield _counter(
            "records_repeated",
            "Records that had been accepted before.",
            named[Verdict.ALREADY_ACCEPTED],
        )
        refused = CounterMetricFamily(
            "tangleway_records_refused", "Records refused, by verdict.", labels=["verdict"]
        )
        for verdict in Verdict:
            if verdict not in _NO_REFUSALS:
                refused.add_metric([verdict.name], named[verdict])
        yield refused
        yield _counter("questions", "Requests answered that change nothing.", counts.questions)
        yield _counter(
            "requests_refused",
            "Requests that were none, or that the node did not take.",
            counts.refused_requests,
        )
        yield _counter(
            "events_dropped", "Events that a subscriber was too slow for.", counts.events_dropped
        )

    def _times(self) -> Iterable[Metric]:
        counts = self.counts
        yield _histogram("batch_records", "Records in a batch.", counts.batch_records)
        for name, text, histogram in (
            (
                "submission_seconds",
                "From taking a submission in to its durable answer.",
                counts.submission_us,
            ),
            ("validation_seconds", "Signatures and rules of a batch.", counts.validation_us),
            ("log_write_seconds", "Writing and syncing a batch.", counts.log_write_us),
        ):
            yield _histogram(name, text, histogram, scale=_SECOND_US)

    def _waiting(self) -> Iterable[Metric]:
        door = self.door
        yield _gauge("queue_cost_records", "What waits at the door, as records.", door.cost)
        yield _gauge("queue_lanes", "Lanes in which something waits.", door.lanes)
        yield _gauge("queue_issuers", "Issuers of which something waits.", door.issuers)

    def _ledger(self) -> Iterable[Metric]:
        ledger = self.state.ledger
        for name, text, value in (
            ("log_records", "Records in the log.", self.state.log.size),
            ("supply_units", "Base units minted.", ledger.supply),
            ("balances_units", "Base units in accounts.", ledger.balances_total),
            ("holds_units", "Base units in open holds.", ledger.holds_total),
        ):
            yield _gauge(name, text, value)
        yield _engine()

    def _trust(self) -> Iterable[Metric]:
        now_us, size = self.clock(), self.state.log.size
        latest, final = self.notary.latest, self.notary.final
        final_size = 0 if final is None else final.size
        for name, text, value in (
            ("checkpoint_lag_records", "Records under no checkpoint yet.", size - latest.size),
            (
                "checkpoint_age_seconds",
                "Since the latest checkpoint was signed.",
                (now_us - latest.signed_at_us) / _SECOND_US,
            ),
            ("final_lag_records", "Records that no quorum stands over yet.", size - final_size),
            (
                "final_lag_seconds",
                "Since the oldest record was accepted that is not final.",
                self._waiting_s(final_size, now_us),
            ),
        ):
            yield _gauge(name, text, value)
        sizes = GaugeMetricFamily(
            "tangleway_validator_size_records",
            "Records under the largest checkpoint with this validator's signature.",
            labels=["validator"],
        )
        for name, signed in sorted(self.notary.sizes.items()):
            sizes.add_metric([name], signed)
        yield sizes
        refused = self.counts.refused_cosignatures
        yield _counter("cosignatures_refused", "Cosignatures refused.", refused)
        alarms = CounterMetricFamily(
            "tangleway_alarms",
            "Cosignatures under another tree, by validator.",
            labels=["validator"],
        )
        for name, count in sorted(self.evidence.refused_cosignatures.items()):
            alarms.add_metric([name], count)
        yield alarms

    def _waiting_s(self, final_size: int, now_us: int) -> float:
        """Return for how long the oldest record waits that is not final. [s]"""
        oldest = self.state.lookups.stored(final_size)
        return 0.0 if oldest is None else max(now_us - oldest.at_us, 0) / _SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorExposition:
    """Gather the metrics of a validator."""

    counts: ValidatorCounts
    """What was counted."""

    def gather(self) -> list[Metric]:
        """Return all families as they are now."""
        counts = self.counts
        return [
            _gauge("judged_size_records", "Records judged and found right.", counts.size),
            _gauge(
                "cosigned_size_records", "Records under the own signature.", counts.cosigned_size
            ),
            _gauge(
                "behind_records",
                "Records under the node's latest checkpoint that are not judged yet.",
                max(counts.seen_size - counts.size, 0),
            ),
            _counter("judged_records", "Records judged since the start.", counts.judged),
            _counter("judging_seconds", "Time that took.", counts.judging_us / _SECOND_US),
            _counter("alarms", "How often the log was not what it has to be.", counts.alarms),
            _gauge(
                "alarm_position",
                "Where the log is wrong, -1 where it is right.",
                counts.alarm_position,
            ),
            _engine(),
        ]


def disk_bytes(sizes: dict[str, int]) -> Metric:
    """Return the family that says what lies on the disk.

    Args:
        sizes: Bytes by name of the file.
    """
    family = GaugeMetricFamily(
        "tangleway_disk_bytes", "Bytes in the data directory, by file.", labels=["file"]
    )
    for name, size in sorted(sizes.items()):
        family.add_metric([name], size)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tangleway_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"tangleway_{name}", text, value=value)


def _engine() -> Metric:
    name = engine_in_use().name
    return InfoMetricFamily("tangleway_engine", "What checks signatures.", value={"name": name})


def _histogram(name: str, text: str, histogram: Histogram, *, scale: float = 1) -> Metric:
    buckets, sum_so_far = [], 0
    names = [f"{bound / scale:g}" for bound in histogram.bounds] + ["+Inf"]
    for bound, count in zip(names, histogram.counts, strict=True):
        sum_so_far += count
        buckets.append((bound, sum_so_far))
    return HistogramMetricFamily(
        f"tangleway_{name}", text, buckets=buckets, sum_value=histogram.total / scale
    )
