"""Signed notes: published ones are read and written back, and nothing is read leniently."""

import pytest

from ledger_core import (
    NOTE_SIZE_MAX,
    SIGNATURES_MAX,
    Note,
    NoteFormatError,
    NoteSignature,
    VerifierKey,
)

EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
"""The note of the specification."""

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

NEUMANN = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The note of Go's sumdb/note."""

NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

LINE = NoteSignature("a", bytes(4), b"b")


@pytest.mark.parametrize(
    ("text", "vkey"), [(EXAMPLE, EXAMPLE_KEY), (NEUMANN, NEUMANN_KEY)], ids=["C2SP", "Go"]
)
def test_published_notes_are_good(text: str, vkey: str) -> None:
    """A stranger's note is read, verified and written back as it was."""
    note, key = Note.parse(text.encode()), VerifierKey.parse(vkey)
    [signature] = note.signatures_of(key)
    assert key.has_signed(note.text.encode(), signature)
    assert not key.has_signed(note.text.encode() + b"\n", signature)
    assert note.encode() == text.encode()


def test_text_may_have_empty_lines() -> None:
    """The last empty line separates; those before belong to the text."""
    note = Note.parse("one\n\ntwo\n\n\n— a AAAAAGI=\n".encode())
    assert note.text == "one\n\ntwo\n\n"
    assert note.signatures == (LINE,)


def test_other_line_ends_belong_to_the_text() -> None:
    """What Unicode counts as a line's end is none in a note."""
    text = "one\u2028two\u0085three\n"
    assert Note.parse(Note(text, (LINE,)).encode()).text == text


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n— a AAAAAGI=",
        "text\n— a AAAAAGI=\n",
        "text\n\n— a AAAAAGI=\n\n",
        "text\n\n- a AAAAAGI=\n",
        "text\n\n—  AAAAAGI=\n",
        "text\n\n— a  AAAAAGI=\n",
        "text\n\n— a AAAAAGI= \n",
        "text\n\n— a b AAAAAGI=\n",
        "text\n\n— a+b AAAAAGI=\n",
        "text\n\n— a\u00a0b AAAAAGI=\n",
        "text\n\n— a AAAAAGJ=\n",
        "text\n\n— a AAAAAA==\n",
        "text\n\n— a\n",
        "text\n\n— a AAAAAGI=\r\n",
        "te\txt\n\n— a AAAAAGI=\n",
        "te\x00xt\n\n— a AAAAAGI=\n",
    ],
)
def test_other_forms_are_refused(data: str) -> None:
    """What is not exactly in the form of the specification is refused by name."""
    with pytest.raises(NoteFormatError):
        Note.parse(data.encode())


def test_only_utf8_is_text() -> None:
    """Bytes that are no text are refused, a lone surrogate included."""
    for data in (b"\xff\n\n", "text\n\n— a AAAAAGI=\n".encode().replace(b"text", b"\xed\xa0\x80")):
        with pytest.raises(NoteFormatError, match="is no UTF-8 text"):
            Note.parse(data)


@pytest.mark.parametrize("text", ["", "no end", "bell\a\n", "carriage\r\n"])
def test_texts_that_can_not_be_signed(text: str) -> None:
    """A text without its newline or with control characters is no note."""
    with pytest.raises(NoteFormatError, match="ends in a newline"):
        Note(text)


def test_limits_hold_in_both_directions() -> None:
    """Too many signatures and too long texts are neither written nor read."""
    most = Note("a\n", (LINE,) * SIGNATURES_MAX)
    assert Note.parse(most.encode()) == most
    with pytest.raises(NoteFormatError, match="has 65 signatures"):
        Note("a\n", (LINE,) * (SIGNATURES_MAX + 1)).encode()
    with pytest.raises(NoteFormatError, match="has 65 signatures"):
        Note.parse(most.encode() + LINE.encode().encode())
    long = Note("a" * NOTE_SIZE_MAX + "\n", (LINE,))
    with pytest.raises(NoteFormatError, match=f"more than {NOTE_SIZE_MAX}"):
        long.encode()
    with pytest.raises(NoteFormatError, match=f"more than {NOTE_SIZE_MAX}"):
        Note.parse(b"a" * (NOTE_SIZE_MAX + 1))


def test_a_note_needs_a_signature() -> None:
    """A text that nobody has signed is not sent."""
    with pytest.raises(NoteFormatError, match="has 0 signatures"):
        Note("a\n").encode()


def test_signatures_are_added_once() -> None:
    """The same line twice is one line; another by the same key is another."""
    other = NoteSignature("a", bytes(4), b"c")
    note = Note("a\n").signed_by(LINE, other).signed_by(LINE)
    assert note.signatures == (LINE, other)
    assert note.text == "a\n"


def test_name_and_id_have_to_fit() -> None:
    """A signature that shares only a name or only an id with a known key is a stranger's."""
    key = VerifierKey.parse(EXAMPLE_KEY)
    note = Note("a\n").signed_by(
        NoteSignature(key.name, bytes(4), b"1"),
        NoteSignature("other", key.key_id, b"2"),
        NoteSignature(key.name, key.key_id, b"3"),
    )
    assert note.signatures_of(key) == [b"3"]
