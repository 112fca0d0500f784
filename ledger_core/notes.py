"""Signed notes (C2SP signed-note): a text, and the signatures of everyone who stands by it.

People can read them, and tools of other projects can check them. The text must be ignored until a
signature by a known key was verified; signatures of unknown keys are ignored.

    tangleway/berlin
    7
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — tangleway/berlin Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9…
"""

from dataclasses import dataclass, replace
from typing import Self

from ledger_core.canonical_text import base64_text, from_base64, is_name
from ledger_core.errors import NoteFormatError
from ledger_core.verifier_keys import KEY_ID_SIZE, VerifierKey

__all__ = ["NOTE_SIZE_MAX", "SIGNATURES_MAX", "Note", "NoteSignature"]

NOTE_SIZE_MAX = 128 * 1024
"""Length of a note: sixteen signatures of the largest kind (5 KiB, safe against quantum computers)
have to be accepted, as the specification demands. [bytes]"""

SIGNATURES_MAX = 64
"""Signatures on a note: four times what has to be accepted, and checked within milliseconds."""

_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """Hold one signature line; what its bytes mean depends on the key."""

    name: str
    """Name of the key."""

    key_id: bytes
    """First bytes of a hash over name, type and key; it tells keys apart, 4 bytes."""

    signature: bytes
    """What the key's type of signature consists of."""

    def encode(self) -> str:
        r"""Write the signature as a line, with its newline.

        >>> NoteSignature("a", bytes(4), b"b").encode()
        '— a AAAAAGI=\n'
        """
        return f"{_DASH}{self.name} {base64_text(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a signature line, with or without its newline.

        Args:
            line: What `encode` writes.

        Raises:
            NoteFormatError: When it is spelled differently.

        >>> NoteSignature.parse("— a AAAAAGI=").signature
        b'b'
        """
        name, _, text = line.removesuffix("\n").removeprefix(_DASH).partition(" ")
        data = from_base64(text)
        if not line.startswith(_DASH) or not is_name(name) or data is None:
            raise NoteFormatError(
                "A line is no signature: expected a dash, a name and a signature in Base 64."
            )
        if len(data) <= KEY_ID_SIZE:
            raise NoteFormatError(f"The signature by {name} is empty: fetch the note again.")
        return cls(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])


@dataclass(frozen=True, slots=True)
class Note:
    """Hold a text and its signatures, none of them verified."""

    text: str
    """The signed text; it ends in a newline."""

    signatures: tuple[NoteSignature, ...] = ()
    """The signatures, in order; a note that is sent has at least one."""

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or _has_controls(self.text):
            raise NoteFormatError(
                "The text of a note ends in a newline and has no other control characters."
            )

    def encode(self) -> bytes:
        r"""Write the note, as it is stored and sent.

        Raises:
            NoteFormatError: When nobody has signed it, or it is beyond the limits.

        >>> Note("hello\n", (NoteSignature("a", bytes(4), b"b"),)).encode().decode()
        'hello\n\n— a AAAAAGI=\n'
        """
        if not 0 < len(self.signatures) <= SIGNATURES_MAX:
            raise NoteFormatError(
                f"The note has {len(self.signatures)} signatures, but has to have from 1 to "
                f"{SIGNATURES_MAX}: leave out those that nobody asks for."
            )
        lines = "".join(signature.encode() for signature in self.signatures)
        data = f"{self.text}\n{lines}".encode()
        _check_size(len(data))
        return data

    @classmethod
    def parse(cls, data: bytes) -> Self:
        r"""Read a note; nothing is verified.

        Args:
            data: The whole of it, UTF-8.

        Raises:
            NoteFormatError: When it is not in the form of the specification, or beyond the limits.

        >>> Note.parse("hello\n\n— a AAAAAGI=\n".encode()).text
        'hello\n'
        """
        _check_size(len(data))
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NoteFormatError("The note is no UTF-8 text: fetch it again.") from error
        text, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise NoteFormatError(
                "The note has no signatures after an empty line at its end: fetch it again."
            )
        signatures = lines[:-1].split("\n")
        if len(signatures) > SIGNATURES_MAX:
            raise NoteFormatError(
                f"The note has {len(signatures)} signatures, more than {SIGNATURES_MAX}."
            )
        return cls(text + "\n", tuple(NoteSignature.parse(line) for line in signatures))

    def signed_by(self, *signatures: NoteSignature) -> Self:
        r"""Return the note with more signatures; one that it has already is not added again.

        Args:
            signatures: Those to add; check them before.

        >>> one = NoteSignature("a", bytes(4), b"b")
        >>> len(Note("hello\n").signed_by(one).signed_by(one).signatures)
        1
        """
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *signatures))))

    def signatures_of(self, key: VerifierKey) -> list[bytes]:
        r"""Return the signatures that claim to be by a key; they are not verified.

        Args:
            key: A known key; name and id both have to be its own.

        >>> from ledger_core.keys import KeyPair
        >>> key = VerifierKey("a", KeyPair.from_seed(bytes(32)).public_key)
        >>> Note("hello\n").signatures_of(key)
        []
        """
        return [
            line.signature
            for line in self.signatures
            if line.name == key.name and line.key_id == key.key_id
        ]


def _has_controls(text: str) -> bool:
    return any(letter < " " for letter in text.replace("\n", ""))


def _check_size(size: int) -> None:
    if size > NOTE_SIZE_MAX:
        raise NoteFormatError(
            f"The note has {size} bytes, more than {NOTE_SIZE_MAX}: it is no note of a ledger."
        )
