"""The envelope: sealed and unsealed alike, and nothing but a FrameError for anything else."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger_core import KeyPair
from negotiation import (
    FRAME_SIZE_MAX,
    VERSION,
    Body,
    Cfp,
    Envelope,
    ForeignVersionError,
    FrameError,
    Needs,
    Propose,
    Refuse,
    Service,
    Stop,
    seal,
    unseal,
)
from tests.transcripts.cast import BUYER, DIALOGUE, NOW_US, STRANGER, TERMS, meter, pays, reading


def envelope(body: Body, **changes: object) -> Envelope:
    """Return an envelope of the buyer."""
    whole = Envelope(
        dialogue=DIALOGUE, number=3, sender=BUYER.public_key, reply_by_us=NOW_US, body=body
    )
    return msgspec.structs.replace(whole, **changes)


BODIES: list[Body] = [
    Cfp(service=Service.TOLL, needs=Needs()),
    Propose(terms=TERMS),
    Refuse(reason="full"),
    meter(reading(0, 0), reading(500, 150)),
    pays(200_000, 1),
]
FRAMES = [seal(BUYER, envelope(body)) for body in BODIES]


def signed(payload: bytes, key_pair: KeyPair = BUYER) -> bytes:
    """Return a frame with a good signature over anything."""
    return key_pair.sign(payload) + payload


@pytest.mark.parametrize(("body", "frame"), list(zip(BODIES, FRAMES, strict=True)))
def test_what_is_sealed_is_unsealed(body: Body, frame: bytes) -> None:
    """A frame gives back the envelope, and its signature covers the exact bytes behind it."""
    assert unseal(frame) == envelope(body)
    assert frame == signed(frame[64:])
    assert envelope(body).version == VERSION


def test_a_frame_is_no_record() -> None:
    """What an envelope's signature covers can never be taken for a ledger record."""
    assert all(frame[64] >= 0x80 for frame in FRAMES)


def test_an_envelope_is_signed_by_its_sender() -> None:
    """Sealing with another key is a programmer's error."""
    with pytest.raises(AssertionError, match="signed by its sender"):
        seal(STRANGER, envelope(Refuse(reason="")))


@pytest.mark.parametrize("size", [0, 1, 64, FRAME_SIZE_MAX + 1])
def test_a_frame_has_a_size(size: int) -> None:
    """What is shorter than a signature or longer than any message is not even decoded."""
    with pytest.raises(FrameError, match=f"a frame has 65 to {FRAME_SIZE_MAX} bytes"):
        unseal(bytes(size))


def test_the_largest_frame_is_read() -> None:
    """The limit itself still passes."""
    room = FRAME_SIZE_MAX - len(seal(BUYER, envelope(Stop(reason="")))) - 2
    frame = seal(BUYER, envelope(Stop(reason="x" * room)))
    assert len(frame) == FRAME_SIZE_MAX
    assert isinstance(unseal(frame).body, Stop)


@pytest.mark.parametrize(
    "changes", [{"dialogue": bytes(15)}, {"sender": bytes(31)}, {"sender": b""}]
)
def test_ids_and_keys_have_their_size(changes: dict[str, bytes]) -> None:
    """A well-formed envelope with a short id is no message either."""
    payload = msgspec.msgpack.encode(envelope(Refuse(reason=""), **changes))
    with pytest.raises(FrameError, match="id has 16 bytes and a sender's key 32"):
        unseal(signed(payload))


@pytest.mark.parametrize(
    "payload",
    [
        b"\x00",
        b"\xc1",
        b"\x80",
        b"\x90",
        b"\x81\xa7version\xa11",
        b"\x81\xa7version\x01",
        b"\x81\xa7version\xc3",
        b"\x81\xa7version\xc7\x0c\xff" + b"\xff" * 12,
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa1x" + b"\x91" * 8_000,
        b"\x81\xa1x\xdd\xff\xff\xff\xff",
        b"\x81\xa2\xff\xff\x01",
        b"\x81\xa7version\x01\xc0",
        FRAMES[0][64:] + b"\x00",
        FRAMES[0][64:-1],
    ],
)
def test_what_is_no_message_of_ours(payload: bytes) -> None:
    """Whatever is not an envelope, a FrameError says so, however well it is signed."""
    with pytest.raises(FrameError, match="the frame is no message of ours"):
        unseal(signed(payload))


def test_a_stranger_can_not_speak_for_another() -> None:
    """A frame of one key that names another as sender is refused."""
    with pytest.raises(FrameError, match="not signed by its sender"):
        unseal(signed(FRAMES[0][64:], STRANGER))


@settings(max_examples=500)
@given(
    frame=st.sampled_from(FRAMES),
    cut=st.integers(0, 700),
    insert=st.binary(max_size=12),
    drop=st.integers(0, 12),
    key_pair=st.sampled_from([None, BUYER]),
)
@example(frame=FRAMES[1], cut=64, insert=b"\xdf\xff\xff\xff\xff", drop=5, key_pair=BUYER)
def test_a_mutated_frame_is_dropped(
    frame: bytes, cut: int, insert: bytes, drop: int, key_pair: KeyPair | None
) -> None:
    """Bytes changed, added or taken anywhere: a FrameError, or an envelope that is well-formed.

    With a key the mutant is signed anew, so that the decoder sees it.
    """
    mutant = frame[:cut] + insert + frame[cut + drop :]
    if key_pair is not None:
        mutant = signed(mutant[64:], key_pair)
    try:
        found = unseal(mutant)
    except FrameError:
        return
    assert mutant == frame or key_pair is not None, "a forged frame was believed"
    assert seal(BUYER, found)


@given(st.binary(max_size=300))
def test_noise_is_dropped(noise: bytes) -> None:
    """Random bytes are never a message, signed or not."""
    for frame in (noise, signed(noise)):
        with pytest.raises(FrameError):
            unseal(frame)


def test_a_foreign_version_is_told_apart() -> None:
    """A message of another version is a FrameError of its own, before anything else is read."""
    payload = msgspec.msgpack.encode({"version": VERSION + 1})
    with pytest.raises(ForeignVersionError, match="speaks version 2, not 1"):
        unseal(signed(payload))
