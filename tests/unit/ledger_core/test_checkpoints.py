"""Checkpoints: what a log signs, and what is no checkpoint of it."""

import pytest

from ledger_core import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointFormatError,
    KeyPair,
    Note,
    NoteSignatureError,
    VerifierKey,
    cosign,
    log_key,
    network_origin,
    open_checkpoint,
    sign_checkpoint,
)
from tests.unit.ledger_core.operators import LOG, NETWORK, POLICY, log_note

ROOT = bytes(range(32))
TEXT = "tangleway/berlin\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_text_is_that_of_the_specification() -> None:
    """Origin, size and root stand in a line each."""
    checkpoint = Checkpoint("tangleway/berlin", 7, ROOT)
    assert checkpoint.text() == TEXT
    assert Checkpoint.parse(TEXT) == checkpoint


def test_foreign_lines_are_kept() -> None:
    """Further lines, which only foreign logs have, come back."""
    checkpoint = Checkpoint.parse(TEXT + "time 1\nmore\n")
    assert checkpoint.extensions == ("time 1", "more")
    assert checkpoint.text() == TEXT + "time 1\nmore\n"


def test_an_empty_log_has_one_root() -> None:
    """Size 0 stands with the root of the empty tree, and with no other."""
    assert Checkpoint.parse(Checkpoint("a", 0, EMPTY_ROOT).text()).size == 0
    with pytest.raises(CheckpointFormatError, match="root of the empty tree"):
        Checkpoint("a", 0, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "tangleway/berlin\n7\n",
        TEXT[:-1],
        TEXT + "\n",
        "\n" + TEXT,
        TEXT + "\nmore\n",
        TEXT.replace("7\n", "07\n"),
        TEXT.replace("7\n", "-7\n"),
        TEXT.replace("7\n", "7 \n"),
        TEXT.replace("7\n", "9223372036854775808\n"),
        TEXT.replace("8=\n", "9=\n"),
        TEXT.replace("Hh8=\n", "Hg==\n"),
        TEXT.replace("AAEC", "AAE"),
        TEXT.replace("berlin", "ber\tlin"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """What is not spelled exactly so is no checkpoint."""
    with pytest.raises(CheckpointFormatError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("size", [-1, 1 << 63])
def test_sizes_have_a_limit(size: int) -> None:
    """A size that no language could read is refused."""
    with pytest.raises(CheckpointFormatError, match=f"not {size} and 32 bytes"):
        Checkpoint("a", size, ROOT)


@pytest.mark.parametrize("network", ["", "new york", "a+b", "a\n"])
def test_networks_have_plain_names(network: str) -> None:
    """A name that would break the key's name is refused."""
    with pytest.raises(CheckpointFormatError, match="can not be called"):
        network_origin(network)


def test_the_log_signs_under_its_origin() -> None:
    """What the log signed is opened with its key, whatever cosignatures stand beside."""
    note = log_note(7, ROOT)
    assert note.text == TEXT
    note = note.signed_by(cosign(KeyPair.from_seed(bytes(32)), "who", note, at_s=1))
    assert open_checkpoint(Note.parse(note.encode()), POLICY.log).size == 7


def test_the_key_is_what_is_trusted() -> None:
    """Another key under the same name is a stranger's, and the checkpoint is not signed."""
    other = KeyPair.from_seed(bytes(32))
    note = sign_checkpoint(other, Checkpoint(network_origin(NETWORK), 7, ROOT))
    with pytest.raises(NoteSignatureError, match="is not signed by the log tangleway/berlin"):
        open_checkpoint(note, POLICY.log)


def test_a_changed_text_is_noticed() -> None:
    """A signature over another text is forged."""
    note = log_note(7, ROOT)
    with pytest.raises(NoteSignatureError, match="of the log tangleway/berlin is forged"):
        open_checkpoint(Note(note.text.replace("7", "8"), note.signatures), POLICY.log)


def test_every_signature_of_the_log_has_to_be_good() -> None:
    """A forged signature beside a good one is refused, too."""
    note = log_note(7, ROOT).signed_by(*log_note(8, ROOT).signatures)
    with pytest.raises(NoteSignatureError, match="forged"):
        open_checkpoint(note, POLICY.log)


def test_a_key_speaks_for_one_log() -> None:
    """A checkpoint of another log, though signed with the trusted key and name, is refused."""
    text = Checkpoint("tangleway/paris", 7, ROOT).text()
    key = log_key(NETWORK, LOG.public_key)
    [line] = sign_checkpoint(LOG, Checkpoint(key.name, 7, ROOT)).signatures
    note = Note(text, (type(line)(key.name, key.key_id, LOG.sign(text.encode())),))
    with pytest.raises(CheckpointFormatError, match="is one of tangleway/paris, not of"):
        open_checkpoint(note, key)


def test_what_is_signed_need_not_be_a_checkpoint() -> None:
    """A note that the log signed for another purpose is no checkpoint."""
    key = VerifierKey("a", LOG.public_key)
    [line] = sign_checkpoint(LOG, Checkpoint("a", 7, ROOT)).signatures
    note = Note("hello\n", (type(line)("a", key.key_id, LOG.sign(b"hello\n")),))
    with pytest.raises(CheckpointFormatError, match="a line each"):
        open_checkpoint(note, key)
