"""The envelope: who says what in which dialogue, until when an answer counts, and who signs for it.

A frame is `signature (64 bytes) ‖ MessagePack of the envelope`; the signature is Ed25519 over the
exact bytes behind it, so nothing is re-encoded to be checked. A frame can not be mistaken for a
ledger record: the first byte of an envelope is that of a map (0x80 and above), of a record 1.
"""

import msgspec

from ledger_core import KeyPair, verify_signature
from negotiation.errors import ForeignVersionError, FrameError
from negotiation.messages import Body
from negotiation.terms import DIALOGUE_SIZE, KEY_SIZE

VERSION = 1
"""Version of this protocol; a message of another version is dropped."""

SIGNATURE_SIZE = 64
"""Bytes of an Ed25519 signature, with which a frame begins."""

FRAME_SIZE_MAX = 16 * 1024
"""Bytes in a frame. Terms with a full tariff take about 700, a voucher 500, a bill's last two
chunks 600; the rest is room for newer partners, and still small enough to be read at once."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message with all that its receiver must know to believe it."""

    version: int = VERSION
    """Protocol version."""
    dialogue: bytes
    """The dialogue it belongs to, 16 bytes."""
    number: int
    """The sender's running number in this dialogue, from 0; a repeat carries the same."""
    sender: bytes
    """The sender's Ed25519 key, which is its account, 32 bytes."""
    reply_by_us: int
    """Until when an answer counts. [µs since the Unix epoch]"""
    body: Body
    """The message."""


class _Version(msgspec.Struct, frozen=True):
    version: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Envelope)
_version_decoder = msgspec.msgpack.Decoder(_Version)


def seal(key_pair: KeyPair, envelope: Envelope) -> bytes:
    """Return the signed frame of `envelope`."""
    assert envelope.sender == key_pair.public_key, "an envelope is signed by its sender"
    payload = _encoder.encode(envelope)
    return key_pair.sign(payload) + payload


def unseal(frame: bytes) -> Envelope:
    """Return the envelope in `frame` after its size, version, form and signature were checked.

    Raises:
        ForeignVersionError: When it speaks another version.
        FrameError: When it is too long or too short, not ours, or not signed by its sender.
    """
    if not SIGNATURE_SIZE < len(frame) <= FRAME_SIZE_MAX:
        raise FrameError(f"a frame has {SIGNATURE_SIZE + 1} to {FRAME_SIZE_MAX} bytes")
    payload = frame[SIGNATURE_SIZE:]
    envelope = _decode(payload)
    if len(envelope.dialogue) != DIALOGUE_SIZE or len(envelope.sender) != KEY_SIZE:
        raise FrameError("a dialogue's id has 16 bytes and a sender's key 32")
    if not verify_signature(envelope.sender, payload, frame[:SIGNATURE_SIZE]):
        raise FrameError("the frame is not signed by its sender")
    return envelope


def unseal_own(frame: bytes) -> Envelope:
    """Return the envelope in a frame that `seal` has made here: nothing of it is checked."""
    return _decoder.decode(memoryview(frame)[SIGNATURE_SIZE:])


def _decode(payload: bytes) -> Envelope:
    try:
        version = _version_decoder.decode(payload).version
        if version != VERSION:
            raise ForeignVersionError(f"the message speaks version {version}, not {VERSION}")
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"the frame is no message of ours: {error}") from error
