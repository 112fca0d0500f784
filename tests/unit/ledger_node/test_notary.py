"""The notary: one root for each size, and a quorum of those who derived the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger_core import (
    MICROSECONDS,
    Checkpoint,
    KeyPair,
    Note,
    Policy,
    cosign,
    log_key,
    network_origin,
    record_ids,
    validator_key,
    verify_checkpoint,
)
from ledger_node import notary
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import (
    CheckpointDamagedError,
    CheckpointMismatchError,
    OtherTreeError,
    PolicyFileError,
    RequestRefusedError,
)
from ledger_node.notary import HEARTBEAT_EVERY_S, Notary
from ledger_node.state import State
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    NODE_PAIR,
    STRANGER,
    HandClock,
    joined,
    notary_of,
    opened,
    payments,
)

NAMES = {"city": ANN, "auditor": BEN, "toll": CLEO}
POLICY = Policy(
    log_key("street", NODE_PAIR.public_key),
    tuple(validator_key(name, pair.public_key) for name, pair in NAMES.items()),
    2,
)


@dataclass(frozen=True)
class Desk:
    """A notary with what it stands on."""

    notary: Notary
    state: State
    clock: HandClock

    def grow(self, count: int = 1) -> None:
        """Let the tree grow, as accepted payments would."""
        first = self.state.tree.size
        self.state.tree.append(record_ids(joined(payments(count, first=first))))


@asynccontextmanager
async def desk(path: Path, policy: Policy | None = POLICY) -> AsyncIterator[Desk]:
    """Open the street's ledger and its notary."""
    clock = HandClock()
    async with opened(path, clock) as state:
        with notary_of(state, path, clock=clock, policy=policy) as notary:
            yield Desk(notary, state, clock)


def by(name: str, note: Note, *, key_pair: KeyPair | None = None) -> Note:
    """Cosign a checkpoint as a validator; nothing but the cosignature is sent."""
    return Note(note.text, (cosign(key_pair or NAMES[name], name, note, at_s=1_800_000_000),))


def other_tree(size: int) -> Note:
    """Return a checkpoint that the street's log has never signed."""
    return Note(Checkpoint(network_origin("street"), size, bytes([7]) * 32).text())


async def test_it_signs_when_there_is_news_and_else_by_heartbeat(tmp_path: Path) -> None:
    """Silence shows: the same note is told anew when nothing happens."""
    async with desk(tmp_path) as one:
        first = one.notary.sign()
        assert (first.size, one.notary.is_due) == (1, False)
        one.clock.now_us += int(HEARTBEAT_EVERY_S * MICROSECONDS)
        assert one.notary.is_due
        assert one.notary.sign() is first
        one.grow()
        assert one.notary.is_due
        assert one.notary.sign().size == 2


async def test_a_quorum_makes_it_final(tmp_path: Path) -> None:
    """One validator is not enough, nor is he twice; the second one makes it final."""
    async with desk(tmp_path) as one:
        note = one.notary.latest.note
        for _ in range(2):
            assert one.notary.take(by("city", note)).names == {"city"}
            assert one.notary.final is None
        one.notary.take(by("auditor", note))
        final = one.notary.final
        assert final is not None
        assert sorted(verify_checkpoint(final.note, POLICY).signed_at_s) == ["auditor", "city"]
        one.notary.take(by("toll", note))
        assert one.notary.final is not None
        assert len(one.notary.final.names) == 3


async def test_a_late_signature_never_moves_finality_back(tmp_path: Path) -> None:
    """An older checkpoint that waits no more is refused, and the newer one stays final."""
    async with desk(tmp_path) as one:
        old = one.notary.latest.note
        one.grow()
        new = one.notary.sign().note
        for name in ("city", "auditor"):
            one.notary.take(by(name, new))
        with pytest.raises(RequestRefusedError, match="Nobody waits"):
            one.notary.take(by("toll", old))
        assert one.notary.final is not None
        assert one.notary.final.size == 2


async def test_another_tree_is_shown(tmp_path: Path) -> None:
    """A validator that truly signed another tree is named; nothing becomes of his signature."""
    async with desk(tmp_path) as one:
        with pytest.raises(OtherTreeError, match="city stands by another tree of 1 ") as caught:
            one.notary.take(by("city", other_tree(1)))
        assert (caught.value.names, caught.value.size) == ("city", 1)
        assert one.notary.latest.names == frozenset()


@pytest.mark.parametrize(
    ("name", "key_pair", "size", "reason"),
    [
        ("city", STRANGER, 1, "No validator"),
        ("stranger", STRANGER, 1, "No validator"),
        ("city", ANN, 9, "signed no checkpoint"),
    ],
)
async def test_useless_signatures_are_refused(
    tmp_path: Path, name: str, key_pair: KeyPair, size: int, reason: str
) -> None:
    """Strangers, and checkpoints that were never signed, change nothing."""
    async with desk(tmp_path) as one:
        with pytest.raises(RequestRefusedError, match=reason):
            one.notary.take(by(name, other_tree(size), key_pair=key_pair))
        assert one.notary.latest.names == frozenset()


async def test_a_forged_signature_is_refused(tmp_path: Path) -> None:
    """A signature moved under another text is nobody's: no alarm, no count."""
    async with desk(tmp_path) as one:
        moved = Note(other_tree(1).text, by("city", one.notary.latest.note).signatures)
        with pytest.raises(RequestRefusedError, match="forged or damaged") as caught:
            one.notary.take(moved)
        assert not isinstance(caught.value, OtherTreeError)


async def test_without_validators_the_log_alone_is_final(tmp_path: Path) -> None:
    """A policy without validators trusts the log's own signature."""
    async with desk(tmp_path, None) as one:
        one.grow()
        one.notary.sign()
        assert one.notary.final == one.notary.latest


async def test_waiting_checkpoints_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a quorum the oldest ones are let go of."""
    monkeypatch.setattr(notary, "PENDING_MAX", 3)
    async with desk(tmp_path) as one:
        first = one.notary.latest.note
        for _ in range(3):
            one.grow()
            one.notary.sign()
        with pytest.raises(RequestRefusedError, match="Nobody waits"):
            one.notary.take(by("city", first))


async def test_a_restart_remembers(tmp_path: Path) -> None:
    """What was signed and final is so behind a restart, in the same words."""
    async with desk(tmp_path) as one:
        note = one.notary.latest.note
        for name in ("city", "auditor"):
            one.notary.take(by(name, note))
        one.notary.close()
    async with desk(tmp_path) as two:
        assert two.notary.final is not None
        assert two.notary.final.names == {"city", "auditor"}
        assert two.notary.latest.note.text == note.text


async def test_a_shorter_log_is_not_served(tmp_path: Path) -> None:
    """A log that was put back behind a signed checkpoint is recognised."""
    async with desk(tmp_path) as one:
        one.grow(3)
        one.notary.sign()
    with pytest.raises(CheckpointMismatchError, match="of 4 records was signed") as caught:
        async with desk(tmp_path):
            pass
    assert caught.value.position == 1


async def test_another_log_is_not_served(tmp_path: Path) -> None:
    """A log whose records are others than those that were signed is recognised."""
    async with opened(tmp_path, HandClock()) as state:
        state.tree.append(record_ids(joined(payments(2))))
        with notary_of(state, tmp_path):
            pass
    async with opened(tmp_path, HandClock()) as state:
        state.tree.append(record_ids(joined(payments(2, first=5))))
        with (
            pytest.raises(CheckpointMismatchError, match="first 3 records"),
            notary_of(state, tmp_path),
        ):
            pass


async def test_another_key_is_not_used(tmp_path: Path) -> None:
    """A node with another key does not go on where the first one ended."""
    async with opened(tmp_path, HandClock()) as state:
        with notary_of(state, tmp_path):
            pass
        with (
            pytest.raises(CheckpointMismatchError, match="not this node's"),
            notary_of(state, tmp_path, key_pair=STRANGER),
        ):
            pass


async def test_a_policy_for_another_log_is_refused(tmp_path: Path) -> None:
    """The policy has to trust the key with which this node signs."""
    async with opened(tmp_path, HandClock()) as state:
        with (
            pytest.raises(PolicyFileError, match="put this node's key into"),
            notary_of(state, tmp_path, policy=POLICY, key_pair=STRANGER),
        ):
            pass
    assert not (await stored(tmp_path))


async def stored(path: Path) -> list[Role]:
    """Return which notes are stored."""
    store = CheckpointStore(path / "checkpoints.sqlite")
    try:
        return [role for role in Role if store.read(role) is not None]
    finally:
        store.close()


@pytest.mark.parametrize("content", [b"no database at all", b"\0" * 4096])
def test_a_ruined_store_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is damage, not an empty store."""
    (tmp_path / "checkpoints.sqlite").write_bytes(content + b"x")
    with pytest.raises(CheckpointDamagedError, match=r"checkpoints\.sqlite"):
        CheckpointStore(tmp_path / "checkpoints.sqlite").read(Role.SIGNED)
