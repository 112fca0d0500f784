"""Snapshot notes: who stands by a state, and never by a checkpoint instead."""

import pytest

from ledger_core import (
    Checkpoint,
    CheckpointFormatError,
    Note,
    NoteSignatureError,
    QuorumError,
    SnapshotFormatError,
    SnapshotHead,
    check_checkpoint,
    check_snapshot_note,
    cosign,
    has_signed_snapshot,
    network_origin,
    sign_snapshot,
    verify_cosignature,
    verify_snapshot_note,
)
from tests.unit.ledger_core.operators import (
    AT_S,
    LOG,
    NAMES,
    NETWORK,
    POLICY,
    VALIDATORS,
    cosigned,
    log_note,
)

HEAD = SnapshotHead(network_origin(NETWORK), 262_144, bytes([3]) * 32, bytes([4]) * 32)


def signed(head: SnapshotHead, *names: str) -> Note:
    """Return a note about a snapshot with the log's signature and those of validators."""
    note = Note(head.text(), (sign_snapshot(LOG, network_origin(NETWORK), head),))
    return note.signed_by(*(sign_snapshot(VALIDATORS[name], name, head) for name in names))


def test_a_quorum_is_counted() -> None:
    """Three of four are enough, and are named."""
    note = Note.parse(signed(HEAD, *NAMES[1:]).encode())
    found = verify_snapshot_note(note, POLICY)
    assert (found.head, found.names, found.missing) == (HEAD, NAMES[1:], NAMES[:1])


def test_too_few_are_named() -> None:
    """Two of four are not enough."""
    with pytest.raises(QuorumError, match=NAMES[3]):
        verify_snapshot_note(signed(HEAD, *NAMES[:2]), POLICY)
    assert check_snapshot_note(signed(HEAD, *NAMES[:2]), POLICY).names == NAMES[:2]


def test_the_log_has_to_sign() -> None:
    """Validators alone prove nothing."""
    note = signed(HEAD, *NAMES)
    with pytest.raises(NoteSignatureError, match="not signed by the log"):
        verify_snapshot_note(Note(note.text, note.signatures[1:]), POLICY)


def test_a_signature_over_another_state_is_refused() -> None:
    """A signature counts for the state that was signed, not for its neighbour."""
    other = SnapshotHead(HEAD.origin, HEAD.size, HEAD.root, bytes(32))
    note = Note(HEAD.text(), signed(HEAD).signatures + signed(other, NAMES[0]).signatures[1:])
    with pytest.raises(NoteSignatureError, match=NAMES[0]):
        check_snapshot_note(note, POLICY)


def test_another_log_is_refused() -> None:
    """The policy names one log."""
    other = SnapshotHead("tangleway/paris", HEAD.size, HEAD.root, HEAD.digest)
    with pytest.raises(SnapshotFormatError, match="tangleway/paris"):
        check_snapshot_note(signed(other), POLICY)


def test_it_never_passes_for_a_checkpoint() -> None:
    """Neither its text nor its signatures mean anything to whoever reads checkpoints."""
    note = signed(HEAD, *NAMES)
    with pytest.raises(CheckpointFormatError):
        Checkpoint.parse(note.text)
    with pytest.raises(NoteSignatureError):
        check_checkpoint(note, POLICY)
    with pytest.raises(CheckpointFormatError):
        cosign(VALIDATORS[NAMES[0]], NAMES[0], note, at_s=AT_S)
    assert not any(note.signatures_of(key) for key in (POLICY.log, *POLICY.validators))


def test_a_checkpoint_never_passes_for_it() -> None:
    """A checkpoint with all its cosignatures says nothing about a state."""
    note = cosigned(log_note(HEAD.size, HEAD.root), *NAMES)
    with pytest.raises(SnapshotFormatError):
        SnapshotHead.parse(note.text)
    assert not any(has_signed_snapshot(note, key) for key in (POLICY.log, *POLICY.validators))


def test_signatures_can_not_be_moved() -> None:
    """The bare signature of one kind is none of the other, whatever id is put before it."""
    key = POLICY.validators[0]
    line = signed(HEAD, key.name).signatures[1]
    note = Note(HEAD.text())
    with pytest.raises(NoteSignatureError):
        verify_cosignature(note, key, AT_S.to_bytes(8, "big") + line.signature)
    checkpoint = cosigned(log_note(HEAD.size, HEAD.root), key.name)
    moved = Note(HEAD.text(), (line, *checkpoint.signatures))
    assert has_signed_snapshot(moved, key)
    assert key.key_id != line.key_id


@pytest.mark.parametrize(
    "text",
    [
        HEAD.text() + "more\n",
        HEAD.text().replace("size ", "size 0"),
        HEAD.text().replace("v1", "v2"),
        HEAD.text().replace("root ", "root"),
        HEAD.text().replace("log tangleway/berlin", "log two words"),
        HEAD.text().removesuffix("\n"),
        f"{network_origin(NETWORK)}\n7\n",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    """There is one way to write a note about a snapshot."""
    with pytest.raises(SnapshotFormatError):
        SnapshotHead.parse(text)


def test_it_is_read_as_it_was_written() -> None:
    """The text gives the same head."""
    assert SnapshotHead.parse(HEAD.text()) == HEAD
