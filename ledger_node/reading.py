"""What a node answered, read into values, and what no node would take."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np

from ledger_core import MICROSECONDS, RECORD, Hold, Records, Verdict, record_ids
from ledger_node.checked_records import whole_records
from ledger_node.errors import ForgedRecordError, RequestError
from ledger_node.facts import Answer, NodeInfo
from ledger_node.limits import PAYLOADS_SIZE_MAX, RECORDS_MAX
from ledger_node.protocol import Info, Verdicts
from ledger_node.submission import POSITION_SIZE

__all__ = [
    "answers",
    "check_submission",
    "node_info",
    "one_batch",
    "opened_hold",
    "reachable",
    "record_with_id",
]


def reachable(publish: str, endpoint: str) -> str:
    """Return where to reach a publisher that is bound to all addresses of the node's machine."""
    host = urlsplit(endpoint).hostname
    for everywhere in ("//0.0.0.0:", "//[::]:", "//*:"):
        publish = publish.replace(everywhere, f"//{host}:")
    return publish


def one_batch(records: Records | Sequence[Records]) -> Records:
    """Return one record or several as one array, shape (n,).

    Args:
        records: One record, shape (), several, shape (n,), or a sequence of single ones.

    Raises:
        RequestError: There are none, or these are no records.
    """
    single = isinstance(records, np.ndarray | np.void)
    rows = [np.asarray(record) for record in ([records] if single else records)]
    if not rows or any(row.dtype != RECORD for row in rows):
        raise RequestError("There are no records to hand in; give what the builders return.")
    return np.concatenate([row.reshape(-1) for row in rows])


def check_submission(batch: Records, payloads: list[tuple[int, bytes]]) -> None:
    """Refuse what no node would take.

    Args:
        batch: The records, shape (n,).
        payloads: Payloads with the index of their record.

    Raises:
        RequestError: There are no records, or too many, or the payloads do not fit to them.
    """
    if not 1 <= len(batch) <= RECORDS_MAX:
        raise RequestError(
            f"A submission has 1 to {RECORDS_MAX} records, not {len(batch)}; send others apart."
        )
    size = sum(len(payload) for _, payload in payloads)
    if size > PAYLOADS_SIZE_MAX:
        raise RequestError(
            f"The payloads have {size} bytes; send at most {PAYLOADS_SIZE_MAX} at a time."
        )
    if any(not 0 <= index < len(batch) for index, _ in payloads):
        raise RequestError("A payload names a record that is not there; count from 0.")


def answers(verdicts: Verdicts, frames: list[bytes], *, count: int) -> list[Answer]:
    """Read what became of each record of a submission.

    Args:
        verdicts: The reply's header.
        frames: What follows it.
        count: How many records were handed in.

    Raises:
        ForgedRecordError: The node answered for another number of records.
    """
    body = b"".join(frames)
    if len(body) != (1 + POSITION_SIZE) * count:
        raise ForgedRecordError(f"The node did not answer for {count} records; ask another node.")
    positions = np.frombuffer(body, "<i8", offset=count).tolist()
    return [
        _answer(Verdict(code), place, verdicts)
        for code, place in zip(body[:count], positions, strict=True)
    ]


def _answer(verdict: Verdict, position: int, verdicts: Verdicts) -> Answer:
    at_door = verdict in (Verdict.RATE_LIMITED, Verdict.BUSY)
    return Answer(
        verdict,
        position if position >= 0 else None,
        verdicts.retry_after_s if at_door else None,
    )


def node_info(info: Info) -> NodeInfo:
    """Return what a node says of itself."""
    return NodeInfo(
        network=info.network,
        network_number=info.network_number,
        genesis_id=info.genesis_id,
        size=info.size,
        supply=info.supply,
        balances=info.balances,
        holds=info.holds,
        at_us=info.at_us,
        publish=info.publish,
        first=info.first,
    )


def record_with_id(frames: list[bytes], record_id: bytes) -> Records:
    """Return the record in the first frame if it has the id that was asked for, shape ().

    Raises:
        ForgedRecordError: It has another id.
    """
    records = whole_records(frames[0]) if frames else whole_records(b"")
    if len(records) != 1 or record_ids(records).tobytes() != record_id:
        raise ForgedRecordError(
            "The node sent another record than was asked for; ask another node."
        )
    return records.reshape(())


def opened_hold(record: Records, hold_id: bytes) -> Hold:
    """Return a HOLD record as the hold that it opened."""
    ends_at_us = int(record["issued_at"]) + int(record["valid_for"]) * MICROSECONDS
    return Hold(
        id=hold_id,
        payer=record["issuer"].tobytes(),
        payee=record["target"].tobytes(),
        amount=int(record["amount"]),
        ends_at=ends_at_us,
        digest=record["digest"].tobytes(),
    )
