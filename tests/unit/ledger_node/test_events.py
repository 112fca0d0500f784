"""Events: topic, header and buffer, as bytes and back."""

import msgspec
import pytest

from ledger_node.events import AcceptedHeader, RefusedHeader, Topic, decode_header, encode_event


def test_an_event_comes_back_as_it_was() -> None:
    """The topic stands first, the buffer last, the header between them."""
    header = AcceptedHeader(boot=1, number=2, first=3, at_us=4)
    topic, frame, body = encode_event(Topic.ACCEPTED, header, b"records")
    assert (topic, body) == (b"accepted", b"records")
    assert decode_header(topic, frame) == header


@pytest.mark.parametrize(
    ("topic", "frame"),
    [
        (b"final", b"\x80"),
        (b"\xff", b"\x80"),
        (b"accepted", b"\xc1"),
        (b"accepted", msgspec.msgpack.encode(RefusedHeader(boot=1, number=2, at_us=3))),
    ],
    ids=["a newer topic", "no text", "noise", "another header"],
)
def test_what_is_no_event_is_none(topic: bytes, frame: bytes) -> None:
    """A client skips what it does not understand."""
    assert decode_header(topic, frame) is None
