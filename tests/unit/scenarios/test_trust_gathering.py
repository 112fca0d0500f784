"""What operators leave behind: stores judged anew, and a receipt that is carried elsewhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import KeyPair, Note, Policy, cosign, log_key, validator_key
from ledger_node import write_policy
from ledger_node.codec import encode
from ledger_node.trust_protocol import AskCheckpoint, Cosign
from scenarios.trust_gathering import books_of, try_receipt
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    NODE_PAIR,
    HandClock,
    ask,
    id_of,
    payments,
    running,
    submit,
)

SIZE = 7

POLICY = Policy(
    log_key("street", NODE_PAIR.public_key),
    (validator_key("city", ANN.public_key), validator_key("auditor", BEN.public_key)),
    2,
)


@pytest.fixture
async def store(tmp_path: Path) -> Path:
    """Return a node's store with six payments under a final checkpoint."""
    data = tmp_path / "data"
    clock = HandClock()
    async with running(data, policy=POLICY, clock=clock) as node:
        await submit(node, payments(SIZE - 1))
        node.evidence.sign_if_due()
        _, frames = ask(node, AskCheckpoint(request=1))
        note = Note.parse(frames[0])
        lines = [
            cosign(pair, name, note, at_s=1_800_000_000)
            for name, pair in (("city", ANN), ("auditor", BEN))
        ]
        node.receive([b"peer", encode(Cosign(request=2)), Note(note.text, tuple(lines)).encode()])
        clock.now_us += 10_000_000
        node.evidence.sign_if_due()  # a heartbeat, with which the final checkpoint is written down
    return data


def flip(data: Path, position: int) -> None:
    """Flip one bit of a stored record."""
    with closing(sqlite3.connect(data / "log.sqlite")) as file, file:
        [(first, records)] = file.execute(
            "SELECT first, records FROM batch WHERE first <= ? ORDER BY first DESC LIMIT 1",
            (position,),
        ).fetchall()
        content = bytearray(records)
        content[(position - first) * 256 + 140] ^= 1
        file.execute("UPDATE batch SET records = ? WHERE first = ?", (bytes(content), first))


async def test_sound_store(store: Path) -> None:
    """A store that is right has its root at the final size, and passes the audit."""
    books = books_of("node", store, policy=POLICY, size=SIZE)
    assert (books.is_right, books.reason) == (True, f"{SIZE} records are right")
    assert len(books.root) == 64
    assert books_of("node", store, policy=POLICY, size=SIZE - 1).root not in ("", books.root)
    assert books_of("node", store, policy=POLICY, size=SIZE + 1).root == ""


async def test_flipped_bit(store: Path) -> None:
    """One bit altered in a store is found, and what it says is of no use."""
    flip(store, 3)
    books = books_of("city", store, policy=POLICY, size=SIZE, lies=True)
    assert not books.is_right
    assert "position 3" in books.reason
    assert (books.root, books.lies) == ("", True)


async def test_receipt_elsewhere(store: Path, tmp_path: Path) -> None:
    """A receipt proves the payment by the policy alone, and altered it does not."""
    policy_file = tmp_path / "policy.toml"
    write_policy(policy_file, POLICY)
    trial = try_receipt(store, id_of(payments(4)[3]).hex(), policy_file)
    assert (trial.proved, trial.altered_refused) == (True, True)
    assert trial.reason == "the record stands at position 4"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(log_key("street", CLEO.public_key)), "tangleway/street"),
        (
            Policy(
                POLICY.log,
                (*POLICY.validators, validator_key("toll", CLEO.public_key)),
                3,
            ),
            "3",
        ),
    ],
    ids=["another log", "too few signatures"],
)
async def test_receipt_that_proves_nothing(
    store: Path, tmp_path: Path, policy: Policy, words: str
) -> None:
    """Who trusts others, or asks for more of them, is not convinced, and is told why."""
    policy_file = tmp_path / "policy.toml"
    write_policy(policy_file, policy)
    trial = try_receipt(store, id_of(payments(4)[3]).hex(), policy_file)
    assert not trial.proved
    assert words in trial.reason


async def test_unknown_transaction(store: Path, tmp_path: Path) -> None:
    """What the store does not have has no receipt."""
    policy_file = tmp_path / "policy.toml"
    write_policy(policy_file, POLICY)
    stranger = KeyPair.generate().public_key.hex()
    assert "has no transaction" in try_receipt(store, stranger, policy_file).reason
