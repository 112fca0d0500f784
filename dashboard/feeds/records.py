"""The node's events and answers, turned into observations."""

from collections.abc import Iterable, Sequence
from itertools import chain

from dashboard.observed import (
    AlarmRaised,
    EventsLost,
    MetricsTold,
    Observation,
    Record,
    RecordsAccepted,
    RecordsFinal,
    RecordsRefused,
    RefusedRecord,
)
from ledger_core import Kind, Note, Policy, Records, TanglewayError, record_ids, verify_checkpoint
from ledger_node import (
    AcceptedEvent,
    AlarmEvent,
    Event,
    FinalEvent,
    LostEvents,
    MetricsEvent,
    RefusedEvent,
)

__all__ = ["TOLD_MAX", "observe", "signers", "told_records"]

TOLD_MAX = 256
"""Records of one event that are told one by one, the latest of them: a node under load accepts some
thousand at a time, and no screen shows more. The others are counted."""

KINDS = {int(kind): kind.name.lower() for kind in Kind}
"""What each kind is called."""

_ID_DIGITS = 64


def observe(event: Event, at_us: int, policy: Policy | None = None) -> Observation | None:
    """Return what an event tells, None where that is nothing for a viewer.

    Args:
        event: The event.
        at_us: The viewer's time. [µs]
        policy: Whose signatures count; without one the node is believed.
    """
    match event:
        case AcceptedEvent():
            return RecordsAccepted(
                at_us=at_us,
                ledger_at_us=event.at_us,
                first=event.first,
                count=len(event.records),
                records=told_records(event.records, event.first),
            )
        case RefusedEvent():
            return _refused(event, at_us)
        case FinalEvent():
            names = signers(event.note, policy)
            if policy is not None and not names:
                return None  # it says that it is final, and is not
            return RecordsFinal(at_us=at_us, size=event.size, names=names, ledger_at_us=event.at_us)
        case AlarmEvent():
            return AlarmRaised(at_us=at_us, by="node", about=event.names, reason=event.reason)
        case MetricsEvent():
            return _metrics(event, at_us)
        case LostEvents():
            return EventsLost(at_us=at_us, topic=event.topic, count=event.count)
        case _:
            return None  # a checkpoint that nobody else has signed is no news


def told_records(records: Records, first: int) -> tuple[Record, ...]:
    """Return the latest of some records as they are told, in order.

    Args:
        records: The records, shape (n,).
        first: Position of the first of them.
    """
    skipped = max(0, len(records) - TOLD_MAX)
    shown = records[skipped:]
    ids, issuers, targets, parents_a, parents_b = (
        _hex_rows(column)
        for column in (
            record_ids(shown).tobytes(),
            shown["issuer"].tobytes(),
            shown["target"].tobytes(),
            shown["parent_a"].tobytes(),
            shown["parent_b"].tobytes(),
        )
    )
    numbers = zip(
        shown["kind"].tolist(),
        shown["amount"].tolist(),
        shown["sequence"].tolist(),
        shown["issued_at"].tolist(),
        strict=True,
    )
    return tuple(
        Record(
            id=ids[index],
            position=first + skipped + index,
            kind=KINDS.get(kind, str(kind)),
            issuer=issuers[index],
            target=targets[index],
            amount=amount,
            sequence=sequence,
            issued_at_us=issued_at_us,
            parents=(parents_a[index], parents_b[index]),
        )
        for index, (kind, amount, sequence, issued_at_us) in enumerate(numbers)
    )


def signers(note: bytes, policy: Policy | None) -> tuple[str, ...]:
    """Return who has signed a checkpoint beside its log.

    Args:
        note: The checkpoint, a signed note.
        policy: Whose signatures are verified; none are without one, and none are returned where
            there is no quorum.
    """
    try:
        signed = Note.parse(note)
        if policy is not None:
            return tuple(verify_checkpoint(signed, policy).signed_at_s)
    except TanglewayError:
        return ()
    origin = signed.text.partition("\n")[0]
    return tuple(one.name for one in signed.signatures if one.name != origin)


def chained(parts: Iterable[Sequence[Record]]) -> tuple[Record, ...]:
    """Return the records of several parts as one."""
    return tuple(chain.from_iterable(parts))


def _refused(event: RefusedEvent, at_us: int) -> RecordsRefused:
    ids, issuers = _hex_rows(event.ids.tobytes()), _hex_rows(event.issuers.tobytes())
    rows = zip(ids, issuers, event.verdicts, strict=True)
    told = tuple(RefusedRecord(name, issuer, verdict.name) for name, issuer, verdict in rows)
    return RecordsRefused(
        at_us=at_us, ledger_at_us=event.at_us, count=len(told), records=told[-TOLD_MAX:]
    )


def _metrics(event: MetricsEvent, at_us: int) -> MetricsTold:
    header = event.metrics
    return MetricsTold(
        at_us=at_us,
        ledger_at_us=header.at_us,
        boot=header.boot,
        size=header.size,
        supply=header.supply,
        balances=header.balances,
        holds=header.holds,
        accepted_per_s=header.accepted_per_s,
        refused_per_s=header.refused_per_s,
        batch_records=header.batch_records,
        write_ms=header.write_ms,
        queue_records=header.queue_records,
        queue_lanes=header.queue_lanes,
        verdicts=header.verdicts,
    )


def _hex_rows(column: bytes) -> list[str]:
    """Return a column of 32 bytes each as hexadecimal texts."""
    text = column.hex()
    return [text[at : at + _ID_DIGITS] for at in range(0, len(text), _ID_DIGITS)]
