"""Headers as bytes and back; whatever comes from outside ends in a header or a named refusal."""

import msgspec

from ledger_node.errors import RequestRefusedError
from ledger_node.limits import HEADER_SIZE_MAX, PROTOCOL_VERSION
from ledger_node.protocol import Refusal, Reply, Request

__all__ = ["decode_reply", "decode_request", "encode", "request_number"]

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoder raises on bytes that nobody meant to be a header."""


class _Loose(msgspec.Struct):
    """Read two fields of any header, so that a broken request can be answered by its number."""

    request: int = 0
    version: int = PROTOCOL_VERSION


_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)
_loose = msgspec.msgpack.Decoder(_Loose)


def encode(header: Request | Reply) -> bytes:
    """Return a header's frame."""
    return _encoder.encode(header)


def decode_request(frame: bytes) -> Request:
    """Read the header of a request.

    Raises:
        RequestRefusedError: It is too large, of another version, or no request.
    """
    if len(frame) > HEADER_SIZE_MAX:
        raise RequestRefusedError(
            Refusal.MESSAGE_TOO_LARGE,
            f"The header has {len(frame)} bytes, more than {HEADER_SIZE_MAX}; send less at a time.",
        )
    try:
        request: Request = _requests.decode(frame)
    except UNREADABLE as error:
        raise _unreadable(frame, error) from error
    if request.version != PROTOCOL_VERSION:
        raise _foreign(request.version)
    return request


def decode_reply(frame: bytes) -> Reply | None:
    """Read the header of a reply, or return None when it is none that this client understands."""
    try:
        reply: Reply = _replies.decode(frame)
    except UNREADABLE:
        return None
    return reply


def request_number(frame: bytes) -> int:
    """Read the request's number from a header that may be broken; 0 where there is none."""
    return _loosely(frame).request


def _loosely(frame: bytes) -> _Loose:
    try:
        return _loose.decode(frame)
    except UNREADABLE:
        return _Loose()


def _unreadable(frame: bytes, error: Exception) -> RequestRefusedError:
    version = _loosely(frame).version
    if version != PROTOCOL_VERSION:
        return _foreign(version)
    return RequestRefusedError(
        Refusal.MALFORMED_REQUEST,
        f"The header is no request ({error}); see docs/node.md for what can be asked.",
    )


def _foreign(version: int) -> RequestRefusedError:
    return RequestRefusedError(
        Refusal.FOREIGN_VERSION,
        f"The request is of protocol version {version}, this node speaks {PROTOCOL_VERSION}; "
        "update the older of the two.",
    )
