"""The announcer: what a node did, as numbered events."""

import numpy as np
import numpy.typing as npt

from ledger_core import Ledger, Records, Verdict, record_ids
from ledger_node.door import Door
from ledger_node.events import (
    AcceptedHeader,
    MetricsHeader,
    RefusedHeader,
    Topic,
    encode_event,
)
from ledger_node.log import Entry
from ledger_node.metrics import Counts, RateMeter

__all__ = ["Announcer"]


class Announcer:
    """Turn what a node did into events, each topic numbered without gaps.

    Args:
        boot: When the node started. [µs]
    """

    def __init__(self, boot: int) -> None:
        self._boot = boot
        self._next = dict.fromkeys(Topic, 0)
        self._meter = RateMeter(boot)

    def accepted(self, entry: Entry) -> list[bytes]:
        """Announce an entry that is durable."""
        header = AcceptedHeader(
            boot=self._boot,
            number=self._number(Topic.ACCEPTED),
            first=entry.first,
            at_us=entry.at_us,
        )
        return encode_event(Topic.ACCEPTED, header, entry.records)

    def refused(self, records: Records, codes: npt.NDArray[np.uint8], *, at_us: int) -> list[bytes]:
        """Announce the refused ones among judged records.

        Args:
            records: The records of a batch, shape (n,).
            codes: Their verdicts, shape (n,).
            at_us: The ledger's time at which they were judged. [µs]
        """
        chosen = codes > Verdict.ALREADY_ACCEPTED
        header = RefusedHeader(boot=self._boot, number=self._number(Topic.REFUSED), at_us=at_us)
        issuers = records["issuer"][chosen].tobytes()
        ids = record_ids(records[chosen]).tobytes()
        return encode_event(Topic.REFUSED, header, issuers + ids + codes[chosen].tobytes())

    def metrics(self, ledger: Ledger, door: Door, counts: Counts, *, at_us: int) -> list[bytes]:
        """Announce how the node does, with the rates since the last time.

        Args:
            ledger: Its state.
            door: What waits.
            counts: What was counted.
            at_us: What time it is. [µs]
        """
        rates = self._meter.look(counts, at_us=at_us)
        published = {topic.value: count for topic, count in self._next.items()}
        header = MetricsHeader(
            boot=self._boot,
            number=self._number(Topic.METRICS),
            at_us=at_us,
            size=ledger.size,
            supply=ledger.supply,
            balances=ledger.balances_total,
            holds=ledger.holds_total,
            accepted_per_s=rates.accepted_per_s,
            refused_per_s=rates.refused_per_s,
            batches_per_s=rates.batches_per_s,
            batch_records=rates.batch_records,
            write_ms=rates.write_ms,
            queue_records=door.cost,
            queue_lanes=door.lanes,
            verdicts=counts.by_name(),
            published=published,
        )
        return encode_event(Topic.METRICS, header)

    def _number(self, topic: Topic) -> int:
        number = self._next[topic]
        self._next[topic] = number + 1
        return number
