"""Reception: frames from outside, checked and turned into what the node works with."""

from itertools import accumulate, pairwise

from ledger_core import RECORD_SIZE
from ledger_node.codec import decode_request, encode, request_number
from ledger_node.errors import PrunedError, RequestRefusedError
from ledger_node.limits import FRAMES_MAX, PAYLOADS_SIZE_MAX, RECORDS_MAX
from ledger_node.protocol import Refusal, Refused, Request, Submit
from ledger_node.submission import Submission

__all__ = ["Message", "receive_request", "receive_submission", "refuse"]

Message = list[bytes]
"""Frames, the first of them the peer that sent or gets the message."""


def receive_request(frames: list[bytes]) -> Request:
    """Read what is asked of the node.

    Args:
        frames: The frames of the request, the header first.

    Raises:
        RequestRefusedError: It is too large, of another version, or no request.
    """
    if not 1 <= len(frames) <= FRAMES_MAX:
        raise RequestRefusedError(
            Refusal.MALFORMED_REQUEST,
            f"The request has {len(frames)} frames; send a header and at most two more.",
        )
    return decode_request(frames[0])


def refuse(peer: bytes, frames: list[bytes], refusal: RequestRefusedError) -> Message:
    """Return the message that says why a request is not taken.

    Args:
        peer: Who sent it.
        frames: Its frames, whatever they are.
        refusal: Why.
    """
    number = request_number(frames[0]) if frames else 0
    first = refusal.first if isinstance(refusal, PrunedError) else 0
    refused = Refused(request=max(number, 0), name=refusal.name, text=str(refusal), first=first)
    return [peer, encode(refused)]


def receive_submission(peer: bytes, header: Submit, frames: list[bytes]) -> Submission:
    """Check what was handed in, as far as it says nothing about the ledger.

    Args:
        peer: Connection it came by.
        header: The request's header.
        frames: The frames behind it: records, and payloads if there are any.

    Raises:
        RequestRefusedError: Records are cut short or too many, or payloads do not add up.
    """
    if not frames or not frames[0]:
        raise RequestRefusedError(
            Refusal.MALFORMED_REQUEST, "The submission has no records; send at least one."
        )
    records = frames[0]
    if len(records) % RECORD_SIZE:
        raise RequestRefusedError(
            Refusal.RECORD_CUT_SHORT,
            f"{len(records)} bytes are not a whole number of records; "
            f"send all {RECORD_SIZE} bytes of each.",
        )
    if len(records) > RECORDS_MAX * RECORD_SIZE:
        raise RequestRefusedError(
            Refusal.TOO_MANY_RECORDS,
            f"The submission has {len(records) // RECORD_SIZE} records; "
            f"send at most {RECORDS_MAX} at a time.",
        )
    if not header.payloads and len(frames) == 1:
        return Submission(peer, header.request, records)
    payloads = _payloads(header, frames[1] if len(frames) > 1 else b"")
    if max(payloads, default=0) >= len(records) // RECORD_SIZE:
        raise RequestRefusedError(
            Refusal.PAYLOADS_MISPLACED,
            "A payload names a record that is not there; count the records from 0.",
        )
    return Submission(peer, header.request, records, payloads)


def _payloads(header: Submit, content: bytes) -> dict[int, bytes]:
    """Cut the payloads apart, by index of their record."""
    if len(content) > PAYLOADS_SIZE_MAX:
        raise RequestRefusedError(
            Refusal.MESSAGE_TOO_LARGE,
            f"The payloads have {len(content)} bytes; send at most {PAYLOADS_SIZE_MAX} at a time.",
        )
    indexes = [payload.index for payload in header.payloads]
    stops = list(accumulate(payload.size for payload in header.payloads))
    if (stops[-1] if stops else 0) != len(content):
        raise RequestRefusedError(
            Refusal.PAYLOADS_MISPLACED,
            f"The payloads have {len(content)} bytes, but the header announces others; "
            "give the size of each.",
        )
    if any(later <= earlier for earlier, later in pairwise(indexes)):
        raise RequestRefusedError(
            Refusal.PAYLOADS_MISPLACED,
            "The payloads are not in rising order of their records; sort them.",
        )
    starts = [0, *stops]
    return {
        index: content[start:stop]
        for index, start, stop in zip(indexes, starts, stops, strict=False)
    }
