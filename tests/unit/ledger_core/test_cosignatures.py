"""Cosignatures: what a validator signs, bit by bit."""

import pytest

from ledger_core import (
    CheckpointFormatError,
    KeyPair,
    Note,
    NoteSignatureError,
    cosign,
    validator_key,
    verify_cosignature,
)
from tests.unit.ledger_core.operators import AT_S, VALIDATORS, log_note

NAME, PAIR = next(iter(VALIDATORS.items()))
KEY = validator_key(NAME, PAIR.public_key)
NOTE = log_note(7, bytes(32))
LINE = cosign(PAIR, NAME, NOTE, at_s=AT_S)


def test_the_message_is_that_of_the_specification() -> None:
    """Header, time and the whole text are signed, and the time stands before the signature."""
    message = f"cosignature/v1\ntime {AT_S}\n{NOTE.text}".encode()
    assert LINE.signature == AT_S.to_bytes(8, "big") + PAIR.sign(message)
    assert (LINE.name, LINE.key_id) == (NAME, KEY.key_id)


def test_a_good_one_tells_its_time() -> None:
    """Whatever other signatures the note has, the cosignature is good and says when."""
    note = NOTE.signed_by(cosign(KeyPair.from_seed(bytes(32)), "who", NOTE, at_s=1), LINE)
    [signature] = note.signatures_of(KEY)
    assert verify_cosignature(note, KEY, signature) == AT_S


@pytest.mark.parametrize("bit", range(0, 72 * 8, 7))
def test_every_bit_counts(bit: int) -> None:
    """A flipped bit in time or signature is noticed."""
    signature = bytearray(LINE.signature)
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteSignatureError, match=f"cosignature of {NAME} is not over this"):
        verify_cosignature(NOTE, KEY, bytes(signature))


@pytest.mark.parametrize("size", [0, 7, 8, 64, 71, 73])
def test_other_lengths_are_refused(size: int) -> None:
    """A cosignature that is cut short or too long is none."""
    with pytest.raises(NoteSignatureError):
        verify_cosignature(NOTE, KEY, (LINE.signature + b"\0")[:size])


def test_a_time_beyond_the_limit_is_refused() -> None:
    """A time that no language could read is refused though it is signed."""
    at_s = 1 << 63
    signature = PAIR.sign(f"cosignature/v1\ntime {at_s}\n{NOTE.text}".encode())
    with pytest.raises(NoteSignatureError):
        verify_cosignature(NOTE, KEY, at_s.to_bytes(8, "big") + signature)


def test_another_tree_is_noticed() -> None:
    """A cosignature over a checkpoint of the same size with another root is the liar's."""
    other = log_note(7, bytes([1]) * 32)
    with pytest.raises(NoteSignatureError, match=f"{NAME} signed another tree"):
        verify_cosignature(other, KEY, LINE.signature)


def test_a_plain_signature_is_no_cosignature() -> None:
    """What a key signs as a log does not count as a validator's word."""
    with pytest.raises(NoteSignatureError):
        verify_cosignature(NOTE, KEY, AT_S.to_bytes(8, "big") + PAIR.sign(NOTE.text.encode()))


@pytest.mark.parametrize("at_s", [0, -1, 1 << 63])
def test_times_have_limits(at_s: int) -> None:
    """Nobody signs at a time that is none."""
    with pytest.raises(CheckpointFormatError, match="is no time after 1970"):
        cosign(PAIR, NAME, NOTE, at_s=at_s)


def test_only_checkpoints_are_cosigned() -> None:
    """A validator signs no other text, whoever asks for it."""
    with pytest.raises(CheckpointFormatError, match="a line each"):
        cosign(PAIR, NAME, Note("I owe you a million\n"), at_s=AT_S)
