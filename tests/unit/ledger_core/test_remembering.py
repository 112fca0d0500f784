"""Remembered signatures: verified once, and never mistaken for others."""

import numpy as np
import numpy.typing as npt

from ledger_core import KeyPair, remembered_signatures, verify_batch, verify_signature
from ledger_core.records import Bytes
from ledger_core.remembering import ROWS_MAX, Remembering
from ledger_core.sodium import verify_by_sodium, verify_one_by_sodium

PAIR = KeyPair.from_seed(bytes(32))


class Counting:
    """Verify, and count how many signatures were asked about."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        self.count += len(public_keys)
        return verify_by_sodium(public_keys, messages, signatures)

    def one(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        self.count += 1
        return verify_one_by_sodium(public_key, message, signature)


def rows(messages: list[bytes], signed: list[bytes]) -> tuple[Bytes, Bytes, Bytes]:
    """Return the arrays of messages that carry the signatures of others."""

    def array(parts: list[bytes]) -> Bytes:
        return np.array([list(part) for part in parts], np.uint8)

    return (
        array([PAIR.public_key] * len(messages)),
        array(messages),
        array([PAIR.sign(message) for message in signed]),
    )


def test_a_good_signature_is_verified_once() -> None:
    """What was found good is known; what is new in a batch is verified."""
    counting = Counting()
    verify = Remembering(counting, counting.one)
    assert verify(*rows([b"a", b"b"], [b"a", b"b"])).tolist() == [True, True]
    assert verify(*rows([b"b", b"c", b"a"], [b"b", b"c", b"a"])).tolist() == [True] * 3
    assert counting.count == 3


def test_a_false_signature_stays_false() -> None:
    """A signature that belongs to another message is verified each time, and is false."""
    counting = Counting()
    verify = Remembering(counting, counting.one)
    assert verify(*rows([b"a", b"b"], [b"a", b"a"])).tolist() == [True, False]
    assert verify(*rows([b"b", b"a"], [b"a", b"b"])).tolist() == [False, False]
    assert counting.count == 4


def test_large_batches_are_passed_on() -> None:
    """A batch beyond the limit is verified as it is."""
    counting = Counting()
    verify = Remembering(counting, counting.one)
    messages = [bytes([number]) for number in range(ROWS_MAX + 1)]
    for _ in range(2):
        assert verify(*rows(messages, messages)).all()
    assert counting.count == 2 * (ROWS_MAX + 1)


def test_remembering_ends_with_its_block() -> None:
    """Inside and behind the block the verdicts are the same."""
    batch = rows([b"a", b"b"], [b"a", b"a"])
    with remembered_signatures():
        assert verify_batch(*batch).tolist() == [True, False]
        assert verify_batch(*batch).tolist() == [True, False]
    assert verify_batch(*batch).tolist() == [True, False]


def test_single_signatures_and_batches_share_what_is_known() -> None:
    """What was found good alone is known in a batch, and the other way round."""
    counting = Counting()
    verify = Remembering(counting, counting.one)
    assert verify.one(PAIR.public_key, b"a", PAIR.sign(b"a"))
    assert verify(*rows([b"a", b"b"], [b"a", b"b"])).all()
    assert verify.one(PAIR.public_key, b"b", PAIR.sign(b"b"))
    assert counting.count == 2
    assert not verify.one(PAIR.public_key, b"b", PAIR.sign(b"a"))
    assert not verify.one(KeyPair.from_seed(bytes([1]) * 32).public_key, b"a", PAIR.sign(b"a"))
    assert counting.count == 4


def test_what_was_signed_here_is_known_and_what_was_changed_is_not() -> None:
    """A signature made in the block counts as verified, over its own bytes and no others."""
    with remembered_signatures():
        signature = PAIR.sign(b"a")
        assert verify_signature(PAIR.public_key, b"a", signature)
        assert not verify_signature(PAIR.public_key, b"b", signature)
        assert not verify_signature(PAIR.public_key, b"a", signature[:-1] + b"\0")
    assert verify_signature(PAIR.public_key, b"a", signature)
