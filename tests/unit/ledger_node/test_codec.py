"""Headers: whatever comes from outside ends in a header or in a named refusal."""

import msgspec
import pytest

from ledger_node import RequestRefusedError
from ledger_node.codec import decode_reply, decode_request, encode, request_number
from ledger_node.limits import HEADER_SIZE_MAX
from ledger_node.protocol import (
    AskAccount,
    AskHistory,
    AskInfo,
    Info,
    Payload,
    Refusal,
    Reply,
    Request,
    Submit,
    Verdicts,
)

KEY = bytes(range(32))


@pytest.mark.parametrize(
    "request_header",
    [
        Submit(request=1, payloads=(Payload(0, 5),)),
        AskInfo(request=2),
        AskHistory(request=3, public_key=KEY, after=7, limit=2),
    ],
)
def test_requests_come_back_as_they_were(request_header: Request) -> None:
    """A request that is encoded and decoded is the same."""
    assert decode_request(encode(request_header)) == request_header


@pytest.mark.parametrize(
    "reply",
    [
        Verdicts(request=1, retry_after_s=0.5),
        Info(
            request=2,
            network="street",
            network_number=7,
            genesis_id=KEY,
            size=1,
            supply=2,
            balances=2,
            holds=0,
            at_us=5,
            publish="tcp://127.0.0.1:1",
        ),
    ],
)
def test_replies_come_back_as_they_were(reply: Reply) -> None:
    """A reply that is encoded and decoded is the same."""
    assert decode_reply(encode(reply)) == reply


BROKEN = {
    "nothing": b"",
    "noise": b"\xc1\xff\x00",
    "another type": msgspec.msgpack.encode({"type": "steal", "request": 4}),
    "no number": msgspec.msgpack.encode({"type": "ask_info"}),
    "a key too short": msgspec.msgpack.encode(
        {"type": "ask_account", "request": 4, "public_key": b"short"}
    ),
    "a text that is none": b"\x82\xa4type\xa1\xff\xa7request\x04",
    "a deep nest": b"\x82\xa7request\x04\xa1x" + b"\x91" * (HEADER_SIZE_MAX - 20) + b"\x01",
    "a number beyond all numbers": msgspec.msgpack.encode(
        {"type": "ask_info", "request": (1 << 64) - 1}
    ),
}


@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_request_is_named_so(frame: bytes) -> None:
    """Anything else is refused as malformed, and a client ignores it as a reply."""
    with pytest.raises(RequestRefusedError) as refusal:
        decode_request(frame)
    assert refusal.value.name == Refusal.MALFORMED_REQUEST
    assert decode_reply(frame) is None


def test_a_header_too_large_is_not_even_read() -> None:
    """A header larger than any request is refused by its size."""
    with pytest.raises(RequestRefusedError) as refusal:
        decode_request(bytes(HEADER_SIZE_MAX + 1))
    assert refusal.value.name == Refusal.MESSAGE_TOO_LARGE


@pytest.mark.parametrize("header", [{"type": "ask_info"}, {"type": "ask_the_future", "x": 1}])
def test_another_version_is_named_whatever_else_it_says(header: dict[str, object]) -> None:
    """A request of another version is refused for its version, even where its form is unknown."""
    frame = msgspec.msgpack.encode({**header, "request": 3, "version": 2})
    with pytest.raises(RequestRefusedError) as refusal:
        decode_request(frame)
    assert refusal.value.name == Refusal.FOREIGN_VERSION


def test_unknown_fields_are_tolerated() -> None:
    """A newer client may say more than this node understands."""
    frame = msgspec.msgpack.encode(
        {"type": "ask_account", "request": 4, "public_key": KEY, "colour": ["red"]}
    )
    assert decode_request(frame) == AskAccount(request=4, public_key=KEY)


def test_a_broken_request_is_answered_by_its_number() -> None:
    """The number is found where there is one, so that the sender knows which request failed."""
    assert request_number(msgspec.msgpack.encode({"type": "steal", "request": 4})) == 4
    assert request_number(b"\xc1") == 0
