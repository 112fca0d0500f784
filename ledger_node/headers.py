"""What all headers have: a number, a version, ids, and the names of refusals."""

from enum import StrEnum
from typing import Annotated

import msgspec

from ledger_core import ID_SIZE
from ledger_node.limits import PROTOCOL_VERSION

__all__ = ["Header", "Id", "Refusal", "RequestHeader"]

Id = Annotated[bytes, msgspec.Meta(min_length=ID_SIZE, max_length=ID_SIZE)]
"""An id or a public key, 32 bytes."""

Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""A request's number, by which its sender knows the answer again."""


class Refusal(StrEnum):
    """Name why the node does not take a request as such; records get verdicts instead."""

    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    """The header is no request of this protocol, or frames are missing or too many."""
    FOREIGN_VERSION = "FOREIGN_VERSION"
    """The header is of another version of the protocol."""
    RECORD_CUT_SHORT = "RECORD_CUT_SHORT"
    """The records are not a whole number of 256 bytes."""
    TOO_MANY_RECORDS = "TOO_MANY_RECORDS"
    """The submission has more records than a batch can hold."""
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    """The header or the payloads together are too large."""
    COSIGNATURE_REFUSED = "COSIGNATURE_REFUSED"
    """No validator of the node's policy has signed this, or it is no checkpoint of this log."""
    OTHER_TREE = "OTHER_TREE"
    """A validator stands by another tree than the node has."""
    PRUNED = "PRUNED"
    """The node no longer has what was asked for, or can not tell whether it ever had."""
    TOO_MANY_QUESTIONS = "TOO_MANY_QUESTIONS"
    """Too many requests wait for an answer, of this connection or in all."""
    PAYLOADS_MISPLACED = "PAYLOADS_MISPLACED"
    """The sizes of the payloads do not add up, or name records that are not there."""


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Hold what every header has."""

    request: Number
    """Chosen by the sender of the request, the same in its reply."""


class RequestHeader(Header, frozen=True, kw_only=True):
    """Hold what every request has."""

    version: int = PROTOCOL_VERSION
    """Version of the protocol that the sender speaks."""
