"""The snapshot desk: taken where everybody takes them, signed once, and kept while they count."""

from pathlib import Path

import pytest

from ledger_core import (
    Note,
    SnapshotHead,
    sign_snapshot,
    verify_snapshot_note,
)
from ledger_node.errors import OtherTreeError, RequestRefusedError, SnapshotDamagedError
from tests.unit.ledger_node.small_street import (
    ALONE,
    EVERY,
    OPERATORS,
    POLICY,
    desk_of,
    signed_by,
    small_street,
)
from tests.unit.ledger_node.street import NODE_PAIR, payments


async def test_it_is_taken_at_the_end_of_a_batch(tmp_path: Path) -> None:
    """The first end of a batch at or behind a multiple is the place."""
    async with small_street(tmp_path) as street:
        await street.take(payments(8))
        assert street.desk.sizes == []
        await street.take(payments(3, first=8))
        assert street.desk.sizes == [12]
        await street.take(payments(7, first=11))
        assert street.desk.sizes == [12], "the next place is behind 20"
        await street.take(payments(1, first=18))
        assert street.desk.sizes == [20, 12]
        snapshot = street.desk.folder.snapshot(20)
        assert (snapshot.size, snapshot.root) == (20, street.state.tree.root())
        assert snapshot.at_us == street.clock.now_us


async def test_a_quorum_is_gathered_and_kept(tmp_path: Path) -> None:
    """Signatures come in one by one, are there after a restart, and make it count."""
    async with small_street(tmp_path, POLICY) as street:
        await street.take(payments(EVERY))
        latest = street.desk.latest
        assert latest is not None
        assert street.desk.final is None
        street.desk.receive(signed_by(latest, "city"))
        assert street.desk.final is None
        merged = street.desk.receive(signed_by(latest, "auditor"))
        assert street.desk.receive(signed_by(latest, "auditor")) == merged
        assert street.desk.final == (EVERY + 1, merged)
    again = desk_of(tmp_path, POLICY)
    assert again.final == (EVERY + 1, merged)
    assert verify_snapshot_note(merged, POLICY).names == ("city", "auditor")


async def test_the_one_with_a_quorum_stays(tmp_path: Path) -> None:
    """Two are kept, and the latest that a quorum stands by beside them."""
    async with small_street(tmp_path, POLICY) as street:
        await street.take(payments(EVERY))
        first = street.desk.latest
        assert first is not None
        street.desk.receive(signed_by(first, "city", "auditor"))
        for number in range(1, 4):
            await street.take(payments(EVERY, first=number * EVERY))
        assert street.desk.sizes == [41, 31, 11]
        files = sorted(path.name for path in (tmp_path / "snapshots").glob("*.snapshot"))
        assert files == ["11.snapshot", "31.snapshot", "41.snapshot"]


async def test_what_is_no_signature_is_refused(tmp_path: Path) -> None:
    """Strangers, other states, unknown sizes and forgeries leave all as it was."""
    async with small_street(tmp_path, POLICY) as street:
        await street.take(payments(EVERY))
        note = street.desk.latest
        assert note is not None
        head = SnapshotHead.parse(note.text)
        stranger = Note(note.text, (sign_snapshot(NODE_PAIR, "stranger", head),))
        other = SnapshotHead(head.origin, head.size, head.root, bytes(32))
        unknown = SnapshotHead(head.origin, head.size + 1, head.root, head.digest)
        [line] = signed_by(note, "city").signatures
        forged = Note(Note(other.text()).text, (line,))
        for wrong, reason in (
            (stranger, "Nobody of this node's policy"),
            (signed_by(Note(unknown.text()), "city"), "No snapshot of 12 records"),
            (forged, "not over this snapshot"),
            (Note("hello\n", (line,)), "about no snapshot"),
        ):
            with pytest.raises(RequestRefusedError, match=reason) as caught:
                street.desk.receive(wrong)
            assert caught.value.name == "COSIGNATURE_REFUSED"
        with pytest.raises(OtherTreeError, match="city stands by another tree"):
            street.desk.receive(signed_by(Note(other.text()), "city"))
        assert street.desk.latest == note


async def test_two_states_of_one_size_are_never_signed(tmp_path: Path) -> None:
    """A desk that has signed one refuses to sign another, and keeps what it has."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        note = street.desk.latest
        street.desk.take(street.state.ledger, street.state.tree, at_us=5)
        with pytest.raises(SnapshotDamagedError, match="signed before"):
            street.desk.store()
        assert street.desk.folder.note(EVERY + 1) == note


async def test_signing_again_changes_nothing(tmp_path: Path) -> None:
    """The same state gives the same bytes, and keeps the signatures of others."""
    async with small_street(tmp_path, POLICY) as street:
        await street.take(payments(EVERY))
        note = street.desk.latest
        assert note is not None
        merged = street.desk.receive(signed_by(note, "city"))
        street.desk.take(street.state.ledger, street.state.tree, at_us=street.clock.now_us)
        street.desk.store()
        assert street.desk.latest == merged


async def test_who_knows_no_policy_counts_no_quorum(tmp_path: Path) -> None:
    """Others' snapshots are not believed, and own ones are not taken for final."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        assert street.desk.final is not None, "the log alone is trusted here"
    stranger = desk_of(tmp_path, POLICY, key_pair=OPERATORS["city"], name="city")
    assert list(stranger.usable()) == []
    assert stranger.final is None
    assert stranger.latest is None
    reader = desk_of(tmp_path, ALONE, key_pair=None)
    assert [found.size for found in reader.usable()] == [EVERY + 1]


async def test_damage_is_passed_over(tmp_path: Path) -> None:
    """A damaged file costs its snapshot, not the older one."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        await street.take(payments(EVERY, first=EVERY))
    path = tmp_path / "snapshots" / f"{2 * EVERY + 1}.snapshot"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    desk = desk_of(tmp_path)
    assert [found.size for found in desk.usable()] == [EVERY + 1]
    with pytest.raises(SnapshotDamagedError, match="not the one on its note"):
        desk.folder.snapshot(2 * EVERY + 1)


async def test_what_was_left_half_written_is_swept_up(tmp_path: Path) -> None:
    """A process that was killed while it wrote leaves no file that takes room for ever."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        before = street.desk.folder.disk_bytes
    for name in (".20.snapshot.4711.part", ".20.note.4711.part"):
        (street.desk.folder.path / name).write_bytes(bytes(1_000))
    again = desk_of(tmp_path)
    assert again.folder.disk_bytes == before
    assert again.sizes == [EVERY + 1]
