"""The announcer: what a node did, as numbered events."""

import numpy as np
import numpy.typing as npt

from ledger_core import Ledger, Records, Verdict, record_ids
from ledger_node.door import Door
from ledger_node.errors import OtherTreeError
from ledger_node.events import (
    AcceptedHeader,
    AlarmHeader,
    CheckpointHeader,
    FinalHeader,
    MetricsHeader,
    RefusedHeader,
    Topic,
    encode_event,
)
from ledger_node.log import Entry
from ledger_node.metrics import Counts, RateMeter
from ledger_node.notary import Pending

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

    def checkpoint(self, pending: Pending, *, at_us: int) -> list[bytes]:
        """Announce a checkpoint, signed now or before.

        Args:
            pending: The checkpoint.
            at_us: What time it is. [µs]
        """
        header = CheckpointHeader(
            boot=self._boot,
            number=self._number(Topic.CHECKPOINT),
            size=pending.size,
            at_us=at_us,
        )
        return encode_event(Topic.CHECKPOINT, header, pending.note.encode())

    def final(self, pending: Pending, *, at_us: int) -> list[bytes]:
        """Announce that a quorum stands under a checkpoint.

        Args:
            pending: The checkpoint.
            at_us: What time it is. [µs]
        """
        header = FinalHeader(
            boot=self._boot,
            number=self._number(Topic.FINAL),
            size=pending.size,
            signatures=len(pending.names),
            at_us=at_us,
            signed_at_us=pending.signed_at_us,
        )
        return encode_event(Topic.FINAL, header, pending.note.encode())

    def alarm(self, error: OtherTreeError, note: bytes, *, at_us: int) -> list[bytes]:
        """Announce that validators stand by another tree.

        Args:
            error: Who does.
            note: What they have signed.
            at_us: What time it is. [µs]
        """
        header = AlarmHeader(
            boot=self._boot,
            number=self._number(Topic.ALARM),
            size=error.size,
            at_us=at_us,
            names=error.names,
            reason=str(error),
        )
        return encode_event(Topic.ALARM, header, note)

    def own_alarm(self, reason: str, *, size: int, at_us: int) -> list[bytes]:
        """Announce that the node's own engines of signatures differ.

        Args:
            reason: What they differ about.
            size: How many records the log has.
            at_us: What time it is. [µs]
        """
        header = AlarmHeader(
            boot=self._boot,
            number=self._number(Topic.ALARM),
            size=size,
            at_us=at_us,
            names="",
            reason=reason,
        )
        return encode_event(Topic.ALARM, header)

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
