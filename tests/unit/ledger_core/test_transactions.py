"""Builders: what stands in the records they sign, and values that do not fit."""

from collections.abc import Callable
from typing import TypedDict

import numpy as np
import pytest

from ledger_core import (
    RECORD,
    ZERO,
    KeyPair,
    Kind,
    RecordFieldError,
    Records,
    data,
    genesis,
    hold,
    reclaim,
    release,
    settle,
    signed_parts,
    transfer,
    verify_batch,
)

PAIR = KeyPair.from_seed(bytes([1]) * 32)
A, B, TARGET, DIGEST = (bytes([number]) * 32 for number in (11, 12, 13, 14))


class Sent(TypedDict):
    """What every record but the genesis says."""

    network: int
    parents: tuple[bytes, bytes]
    issued_at: int
    valid_for: int


SENT = Sent(network=7, parents=(A, B), issued_at=5_000_000, valid_for=60)


def built() -> dict[Kind, Records]:
    """Build one record of every kind that names parents."""
    return {
        Kind.TRANSFER: transfer(PAIR, **SENT, target=TARGET, amount=9, sequence=3, digest=DIGEST),
        Kind.DATA: data(PAIR, **SENT, sequence=3, digest=DIGEST, target=TARGET),
        Kind.HOLD: hold(PAIR, **SENT, target=TARGET, amount=9, sequence=3, digest=DIGEST),
        Kind.SETTLE: settle(PAIR, **SENT, hold_id=TARGET, amount=9, number=3, digest=DIGEST),
        Kind.RELEASE: release(PAIR, **SENT, hold_id=TARGET),
        Kind.RECLAIM: reclaim(PAIR, **SENT, hold_id=TARGET),
    }


EMPTY = {
    Kind.TRANSFER: (9, 3, DIGEST),
    Kind.DATA: (0, 3, DIGEST),
    Kind.HOLD: (9, 3, DIGEST),
    Kind.SETTLE: (9, 3, DIGEST),
    Kind.RELEASE: (0, 0, ZERO),
    Kind.RECLAIM: (0, 0, ZERO),
}
"""Amount, sequence and digest of each kind."""


@pytest.mark.parametrize("kind", list(EMPTY), ids=lambda kind: kind.name)
def test_every_field_has_its_value(kind: Kind) -> None:
    """Each builder writes what it was given, and zeros into fields that its kind does not use."""
    record = built()[kind]
    amount, sequence, digest = EMPTY[kind]
    assert record.shape == ()
    assert record.dtype == RECORD
    values = [
        int(record[name]) for name in ("version", "kind", "network", "issued_at", "valid_for")
    ]
    assert values == [1, kind, 7, 5_000_000, 60]
    assert (record["parent_a"].tobytes(), record["parent_b"].tobytes()) == (A, B)
    assert record["issuer"].tobytes() == PAIR.public_key
    assert record["target"].tobytes() == TARGET
    assert [int(record["amount"]), int(record["sequence"])] == [amount, sequence]
    assert record["digest"].tobytes() == digest


def test_all_are_signed() -> None:
    """The signature covers everything before it, and a builder's array may be written to."""
    records = np.stack(list(built().values()))
    assert verify_batch(records["issuer"], signed_parts(records), records["signature"]).all()
    record = built()[Kind.DATA]
    record["network"] = 8
    assert not verify_batch(
        record["issuer"].reshape(1, 32), signed_parts(record), record["signature"].reshape(1, 64)
    ).any()


def test_genesis_names_no_parents() -> None:
    """The first record has nothing before it."""
    record = genesis(PAIR, network=7, target=TARGET, amount=9, issued_at=5)
    assert record["kind"] == Kind.GENESIS
    assert record["parent_a"].tobytes() + record["parent_b"].tobytes() == ZERO + ZERO
    assert [int(record[name]) for name in ("sequence", "valid_for", "amount")] == [0, 0, 9]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: genesis(PAIR, network=1 << 16, target=TARGET, amount=1, issued_at=0),
            "network is 65536, but has to be from 0 to 65535",
        ),
        (
            lambda: genesis(PAIR, network=-1, target=TARGET, amount=1, issued_at=0),
            "network is -1",
        ),
        (
            lambda: genesis(PAIR, network=1, target=TARGET, amount=1 << 64, issued_at=0),
            "amount is 18446744073709551616",
        ),
        (
            lambda: genesis(PAIR, network=1, target=TARGET[1:], amount=1, issued_at=0),
            "The target has 31 bytes, but has to have 32",
        ),
        (
            lambda: release(
                PAIR,
                network=1,
                parents=(A, B + A),
                hold_id=TARGET,
                issued_at=0,
                valid_for=1,
            ),
            "The second parent has 64 bytes",
        ),
        (
            lambda: release(
                PAIR, network=1, parents=(b"", B), hold_id=TARGET, issued_at=0, valid_for=1
            ),
            "The first parent has 0 bytes",
        ),
        (
            lambda: data(
                PAIR,
                network=1,
                parents=(A, B),
                sequence=0,
                issued_at=0,
                valid_for=1 << 32,
                digest=DIGEST,
            ),
            "valid_for is 4294967296",
        ),
        (
            lambda: data(
                PAIR,
                network=1,
                parents=(A, B),
                sequence=-1,
                issued_at=0,
                valid_for=1,
                digest=DIGEST,
            ),
            "sequence is -1",
        ),
        (
            lambda: data(
                PAIR,
                network=1,
                parents=(A, B),
                sequence=0,
                issued_at=-5,
                valid_for=1,
                digest=b"short",
            ),
            "issued_at is -5",
        ),
    ],
)
def test_what_does_not_fit_is_refused(build: Callable[[], Records], message: str) -> None:
    """A value outside its field is refused by name, with what would fit."""
    with pytest.raises(RecordFieldError, match=message):
        build()
