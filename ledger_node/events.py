"""Events: what the node tells every subscriber, as it happens.

An event is a ZeroMQ message of three frames: its topic, a MessagePack header, and a raw buffer.
The events of a topic are numbered without gaps since the node's start (`boot`), and once a second
``metrics`` say how far the numbers have come, so that a subscriber sees what it missed: publishing
never waits for anybody, and who is slow loses events.

==============  =================================================================================
topic           buffer
==============  =================================================================================
``accepted``    the records (n * 256 bytes) at positions `first` to `first` + n - 1
``refused``     n issuers (32 bytes each), then n ids (32 bytes each), then n verdict bytes
``checkpoint``  the signed note
``final``       the signed note with the validators' signatures
``alarm``       the note by which a validator stands, though it is not of this log
``metrics``     empty
==============  =================================================================================
"""

from enum import StrEnum

import msgspec

from ledger_node.codec import UNREADABLE

__all__ = [
    "AcceptedHeader",
    "AlarmHeader",
    "CheckpointHeader",
    "EventHeader",
    "FinalHeader",
    "MetricsHeader",
    "RefusedHeader",
    "Topic",
    "decode_header",
    "encode_event",
]


class Topic(StrEnum):
    """Name the kinds of events; the name is the ZeroMQ topic."""

    ACCEPTED = "accepted"
    """Records that are durable now."""
    REFUSED = "refused"
    """Records that got another verdict."""
    CHECKPOINT = "checkpoint"
    """The log's signed word on how far it has come, told anew while nothing happens."""
    FINAL = "final"
    """A checkpoint under which a quorum of validators stands."""
    ALARM = "alarm"
    """A validator that stands by another tree."""
    METRICS = "metrics"
    """How the node does, once a second."""


class _EventHeader(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what every event has."""

    boot: int
    """When the node started, which tells its runs apart. [µs]"""
    number: int
    """Running number within the topic and the node's run, from 0."""


class AcceptedHeader(_EventHeader, frozen=True, kw_only=True):
    """Announce accepted records."""

    first: int
    """Position of the first of them."""
    at_us: int
    """The ledger's time at which they were applied. [µs]"""


class RefusedHeader(_EventHeader, frozen=True, kw_only=True):
    """Announce refused records."""

    at_us: int
    """The ledger's time at which they were judged. [µs]"""


class CheckpointHeader(_EventHeader, frozen=True, kw_only=True):
    """Announce a checkpoint."""

    size: int
    """How many records it covers."""
    at_us: int
    """The node's time. [µs]"""


class FinalHeader(_EventHeader, frozen=True, kw_only=True):
    """Announce that all records under a checkpoint are final."""

    size: int
    """How many records it covers: those at positions from 0 to `size` (exclusive)."""
    signatures: int
    """Validators that stand by it."""
    at_us: int
    """The node's time. [µs]"""
    signed_at_us: int
    """When the node had signed the checkpoint. [µs]"""


class AlarmHeader(_EventHeader, frozen=True, kw_only=True):
    """Announce that validators stand by another tree, or that the node's own engines differ."""

    size: int
    """How many records both trees have, or the log."""
    at_us: int
    """The node's time. [µs]"""
    names: str
    """Names of the validators; empty where lanes and libsodium differ in the node itself."""
    reason: str = ""
    """Why they were refused, or what the engines differ about, a sentence."""


class MetricsHeader(_EventHeader, frozen=True, kw_only=True):
    """Say how the node does."""

    at_us: int
    """The node's time. [µs]"""
    size: int
    """Accepted records, the first one included."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    accepted_per_s: float
    """Records accepted since the last metrics. [1/s]"""
    refused_per_s: float
    """Records refused since the last metrics, at the door or after. [1/s]"""
    batches_per_s: float
    """Batches since the last metrics. [1/s]"""
    batch_records: float
    """Records in a batch, mean since the last metrics."""
    write_ms: float
    """Time that the log took for a batch, mean since the last metrics. [ms]"""
    queue_records: int
    """Records waiting at the door."""
    queue_lanes: int
    """Lanes in which they wait."""
    verdicts: dict[str, int]
    """How often each verdict was given since the node's start."""
    published: dict[str, int]
    """How many events each topic had before this one, since the node's start."""


EventHeader = (
    AcceptedHeader | RefusedHeader | CheckpointHeader | FinalHeader | AlarmHeader | MetricsHeader
)
"""The header of any event."""

_HEADERS: dict[str, type[EventHeader]] = {
    Topic.ACCEPTED: AcceptedHeader,
    Topic.REFUSED: RefusedHeader,
    Topic.CHECKPOINT: CheckpointHeader,
    Topic.FINAL: FinalHeader,
    Topic.ALARM: AlarmHeader,
    Topic.METRICS: MetricsHeader,
}

_encoder = msgspec.msgpack.Encoder()
_decoders = {topic: msgspec.msgpack.Decoder(header) for topic, header in _HEADERS.items()}


def encode_event(topic: Topic, header: EventHeader, body: bytes = b"") -> list[bytes]:
    """Return an event's frames."""
    return [topic.encode(), _encoder.encode(header), body]


def decode_header(topic: bytes, frame: bytes) -> EventHeader | None:
    """Read the header of an event, or return None when it is none that this client understands."""
    decoder = _decoders.get(topic.decode(errors="replace"))
    if decoder is None:
        return None
    try:
        return decoder.decode(frame)
    except UNREADABLE:
        return None
