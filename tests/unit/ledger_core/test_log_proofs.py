"""Proofs as text: every line of the format, and nothing beside it."""

from dataclasses import replace

import pytest

from ledger_core import (
    InclusionError,
    LogProof,
    Note,
    NoteFormatError,
    NoteSignature,
    QuorumError,
    ReceiptFormatError,
    inclusion_proof,
    verify_log_proof,
)
from ledger_core.log_proofs import PATH_LENGTH_MAX, PROOF_SIZE_MAX
from tests.unit.ledger_core.operators import POLICY, cosigned, log_note
from tests.unit.ledger_core.stored_tree import LEAVES, ROOTS, tree_of

INDEX = 5
NOTE = cosigned(log_note(8, ROOTS[7]))
PROOF = LogProof(INDEX, tuple(inclusion_proof(INDEX, 8, tree_of(LEAVES).read)), NOTE, b"extra")
DATA = PROOF.encode()

NOTE_TEXT = NOTE.encode().decode()
HEAD = """c2sp.org/tlog-proof@v1
extra ZXh0cmE=
index 5
vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=
yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=
037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=
"""


def test_form_is_that_of_the_specification() -> None:
    """Header, extra data, index, a hash a line, an empty line, the checkpoint."""
    assert DATA.decode() == f"{HEAD}\n{NOTE_TEXT}"
    assert LogProof.parse(DATA) == PROOF


def test_extra_data_and_path_may_be_missing() -> None:
    """The only leaf of a tree needs neither."""
    note = cosigned(log_note(1, LEAVES[0]))
    proof = LogProof(0, (), note)
    assert proof.encode().decode() == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note.encode().decode()}"
    assert LogProof.parse(proof.encode()) == proof


def test_a_good_proof_is_verified() -> None:
    """The leaf is in the log, whatever the extra data says."""
    for proof in (PROOF, replace(PROOF, extra=b"another")):
        assert verify_log_proof(proof, LEAVES[INDEX], POLICY).checkpoint.size == 8


def test_another_leaf_is_not_in_the_log() -> None:
    """The proof of one leaf proves no other."""
    with pytest.raises(InclusionError):
        verify_log_proof(PROOF, LEAVES[4], POLICY)


def test_the_quorum_has_to_have_signed() -> None:
    """The log alone proves nothing."""
    with pytest.raises(QuorumError):
        verify_log_proof(replace(PROOF, note=log_note(8, ROOTS[7])), LEAVES[INDEX], POLICY)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("proof@v1", "proof@v2", "does not begin with"),
        ("c2sp", "ĉ2sp", "does not begin with"),
        ("extra ZXh0cmE=", "extra ", "extra data"),
        ("extra ZXh0cmE=", "extra ZXh0cmF=", "extra data"),
        ("extra ZXh0cmE=", "extra  ZXh0cmE=", "extra data"),
        ("extra ZXh0cmE=", "Extra ZXh0cmE=", "no line with its index"),
        ("index 5\n", "", "no line with its index"),
        ("index 5", "index 05", "no line with its index"),
        ("index 5", "index 5 ", "no line with its index"),
        ("index 5", "index -5", "no line with its index"),
        ("index 5", "index", "no line with its index"),
        ("index 5\n", "index 5\nindex 5\n", "is no hash"),
        ("Znms=", "Znmt=", "is no hash"),
        ("Znms=", "Znms= ", "is no hash"),
        ("Znms=", "Zns=", "is no hash"),
        ("Znms=", "Zñms=", "is no hash"),
        ("index 5\n", "index 5\r\n", "no line with its index"),
    ],
)
def test_other_forms_are_refused(old: str, new: str, reason: str) -> None:
    """A line that is spelled differently is refused with the reason."""
    assert old in HEAD
    with pytest.raises(ReceiptFormatError, match=reason):
        LogProof.parse(DATA.replace(old.encode(), new.encode(), 1))


@pytest.mark.parametrize("data", [b"", b"\n", b"c2sp.org/tlog-proof@v1"])
def test_hardly_anything_is_refused(data: bytes) -> None:
    """What ends before the index is refused."""
    with pytest.raises(ReceiptFormatError):
        LogProof.parse(data)


def test_the_checkpoint_has_to_be_there() -> None:
    """A proof that ends behind its path is no proof."""
    with pytest.raises(ReceiptFormatError, match="ends before its checkpoint"):
        LogProof.parse(HEAD.encode())
    for data in (HEAD + "\n", HEAD + "\n" + "tangleway/berlin\n8\n"):
        with pytest.raises(NoteFormatError):
            LogProof.parse(data.encode())


def test_limits_hold_in_both_directions() -> None:
    """Too long proofs and paths are neither written nor read."""
    with pytest.raises(ReceiptFormatError, match=f"more than {PROOF_SIZE_MAX}"):
        replace(PROOF, extra=bytes(PROOF_SIZE_MAX)).encode()
    with pytest.raises(ReceiptFormatError, match=f"at most {PROOF_SIZE_MAX}"):
        LogProof.parse(DATA + bytes(PROOF_SIZE_MAX))
    longest = replace(PROOF, path=(bytes(32),) * PATH_LENGTH_MAX)
    assert LogProof.parse(longest.encode()) == longest
    line = b"\n" + b"A" * 43 + b"="
    with pytest.raises(ReceiptFormatError, match="at most 63 hashes, not 64"):
        LogProof.parse(longest.encode().replace(line, line * 2, 1))


@pytest.mark.parametrize(
    "proof",
    [
        replace(PROOF, index=-1),
        replace(PROOF, index=1 << 63),
        replace(PROOF, path=(bytes(32),) * (PATH_LENGTH_MAX + 1)),
        replace(PROOF, path=(bytes(31),)),
    ],
    ids=["negative", "too large", "too long", "no hash"],
)
def test_impossible_proofs_are_not_written(proof: LogProof) -> None:
    """An index or path that nobody could read is refused."""
    with pytest.raises(ReceiptFormatError, match="take those of an inclusion proof"):
        proof.encode()


def test_unsigned_checkpoints_are_not_written() -> None:
    """A proof carries a checkpoint that somebody has signed."""
    with pytest.raises(NoteFormatError, match="has 0 signatures"):
        replace(PROOF, note=Note(NOTE.text)).encode()


def test_sixty_signatures_fit() -> None:
    """As many signatures as a note may have fit into a proof, with a path and some extra data."""
    lines = (NoteSignature(f"v{number}.example", bytes(4), bytes(72)) for number in range(60))
    proof = LogProof(0, (bytes(32),) * 30, Note(NOTE.text).signed_by(*lines), bytes(1_500))
    assert LogProof.parse(proof.encode()) == proof
