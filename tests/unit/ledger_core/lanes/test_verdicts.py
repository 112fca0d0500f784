"""Lanes give libsodium's verdict on every input, whether a key is new, known or in between."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

from ledger_core.lanes.combs import build_combs
from ledger_core.lanes.directory import assign_slots
from ledger_core.lanes.layout import CHUNK
from ledger_core.lanes.self_test import check_lanes
from ledger_core.lanes.verification import verify_chunk
from ledger_core.lanes.verifier import THREADED_FROM, Verifier
from ledger_core.sodium import verify_by_sodium
from tests.unit.ledger_core.lanes.cases import (
    Case,
    arrays,
    of_mixed_order,
    signed,
    spoilt,
    with_awkward_points,
    with_edge_scalars,
)
from tests.unit.ledger_core.test_signatures import read_vectors

pytestmark = pytest.mark.timeout(300)  # the first test on a machine waits for the compiler

USES = 3
"""New, getting combs, having them."""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    """Return lanes that have met other keys before."""
    return Verifier(table_bytes=4 << 20, threads=2)


def differences(verifier: Verifier, cases: list[Case]) -> list[Case]:
    """Return the cases on which lanes differ from libsodium."""
    batch = arrays(cases)
    expected = verify_by_sodium(*batch)
    found: set[int] = set()
    for _ in range(USES):
        found.update(np.flatnonzero(verifier.verify(*batch) != expected).tolist())
    return [cases[row] for row in found]


@pytest.mark.parametrize("length", [0, 1, 47, 48, 111, 112, 192])
@pytest.mark.parametrize(
    "kind",
    [spoilt, with_awkward_points, of_mixed_order, with_edge_scalars],
    ids=lambda k: k.__name__,
)
def test_adversarial_cases(
    verifier: Verifier, kind: Callable[[Random, int], Iterator[Case]], length: int
) -> None:
    """Whatever is wrong with a signature, lanes and libsodium say the same."""
    random = Random(length)
    cases = [case for _ in range(10 if kind is spoilt else 1) for case in kind(random, length)]
    assert differences(verifier, cases) == []


def test_every_length_of_messages(verifier: Verifier) -> None:
    """From no byte to several blocks of the hash, good and changed signatures are told apart."""
    random = Random(7)
    for length in range(301):
        key, message, signature = signed(random, length)
        changed = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
        batch = arrays([(key, message, signature), (key, message, changed)])
        assert verifier.verify(*batch).tolist() == [True, False], length


@pytest.mark.parametrize(
    "count", [1, 2, 7, 8, 9, CHUNK - 1, CHUNK + 1, THREADED_FROM - 1, THREADED_FROM + 300]
)
def test_each_row_has_its_own_verdict(verifier: Verifier, count: int) -> None:
    """Whatever lanes, chunks and threads a batch is cut into, verdicts are in their places."""
    random = Random(count)
    keys, messages, signatures = (
        array.copy() for array in arrays([signed(random, 192) for _ in range(count)])
    )
    bad = np.arange(count) % 37 == 5
    bad[-1] = count > 1
    signatures[bad, 40] ^= 4
    keys[::5] = np.frombuffer(random.randbytes(32 * len(keys[::5])), np.uint8).reshape(-1, 32)
    expected = verify_by_sodium(keys, messages, signatures)
    for _ in range(USES):
        assert (verifier.verify(keys, messages, signatures) == expected).all()


def test_new_keys_beside_what_was_there_before(verifier: Verifier) -> None:
    """Lanes that no signature has, with what an earlier batch left in them, disturb no other."""
    random = Random(11)
    for count in (8, 3, 1, 200, 9, 1):
        fresh = list(spoilt(random, 64)) * count
        assert differences(Verifier(table_bytes=1 << 17), fresh[:count]) == []


def test_columns_of_records_are_verified_in_place(verifier: Verifier) -> None:
    """Arrays with gaps between their rows give the same verdicts."""
    keys, messages, signatures = arrays([signed(Random(row), 192) for row in range(20)])
    wide = np.zeros((20, 288), np.uint8)
    wide[:, :32], wide[:, 32:224], wide[:, 224:] = keys, messages, signatures
    wide[3, 230] ^= 1
    good = verifier.verify(wide[:, :32], wide[:, 32:224], wide[:, 224:])
    assert np.flatnonzero(~good).tolist() == [3]


def test_no_input_makes_the_compiler_start(verifier: Verifier) -> None:
    """Read-only, strided and unaligned arrays use the one compiled form of each kernel."""
    keys, messages, signatures = arrays([signed(Random(row), 13) for row in range(9)])
    shifted = np.zeros(9 * 109 + 1, np.uint8)[1:].reshape(9, 109)
    shifted[:, :32], shifted[:, 32:45], shifted[:, 45:] = keys, messages, signatures
    for _ in range(USES):
        assert verifier.verify(keys, messages, signatures).all()
        assert verifier.verify(shifted[:, :32], shifted[:, 32:45], shifted[:, 45:]).all()
        assert verifier.verify(keys[:1], messages[:1], signatures[:1]).all()
        assert verifier.verify(keys[::2], messages[::2], signatures[::2]).all()
    kernels: list[Any] = [verify_chunk, build_combs, assign_slots]
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1]


def test_no_signatures(verifier: Verifier) -> None:
    """No signatures have no verdicts."""
    nothing = np.zeros((0, 64), np.uint8)
    assert verifier.verify(nothing[:, :32], nothing, nothing).shape == (0,)


def test_self_test(verifier: Verifier) -> None:
    """What lanes have to pass each time they are loaded, they pass."""
    check_lanes(verifier)


def test_speccheck(verifier: Verifier) -> None:
    """The twelve edge cases on which libraries differ."""
    found = read_vectors("ed25519_speccheck.json")
    assert isinstance(found, list)
    fields = ("pub_key", "message", "signature")
    verdicts = ""
    for case in found:
        key, message, signature = (bytes.fromhex(case[field]) for field in fields)
        assert differences(verifier, [(key, message, signature)]) == []
        verdicts += "XV"[int(verifier.verify(*arrays([(key, message, signature)]))[0])]
    assert verdicts == "XXXVXXXXXXXX"


def test_wycheproof(verifier: Verifier) -> None:
    """Every case of somebody else's collection gets its published result."""
    found = read_vectors("ed25519_wycheproof.json")
    assert isinstance(found, dict)
    checked = 0
    for group in found["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if len(signature) == 64:
                [good] = verifier.verify(*arrays([(key, message, signature)]))
                assert good == (test["result"] == "valid"), test
                checked += 1
    assert checked == 139
