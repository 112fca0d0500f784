"""Remembered signatures: verified once, and never mistaken for others."""

import numpy as np
import numpy.typing as npt

from ledger_core import KeyPair, remembered_signatures, verify_batch
from ledger_core.records import Bytes
from ledger_core.remembering import ROWS_MAX, Remembering
from ledger_core.sodium import verify_by_sodium

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
    verify = Remembering(counting)
    assert verify(*rows([b"a", b"b"], [b"a", b"b"])).tolist() == [True, True]
    assert verify(*rows([b"b", b"c", b"a"], [b"b", b"c", b"a"])).tolist() == [True] * 3
    assert counting.count == 3


def test_a_false_signature_stays_false() -> None:
    """A signature that belongs to another message is verified each time, and is false."""
    counting = Counting()
    verify = Remembering(counting)
    assert verify(*rows([b"a", b"b"], [b"a", b"a"])).tolist() == [True, False]
    assert verify(*rows([b"b", b"a"], [b"a", b"b"])).tolist() == [False, False]
    assert counting.count == 4


def test_large_batches_are_passed_on() -> None:
    """A batch beyond the limit is verified as it is."""
    counting = Counting()
    verify = Remembering(counting)
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
