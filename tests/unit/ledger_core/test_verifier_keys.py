"""Verifier keys: published ones are read and written letter by letter, others are refused."""

import pytest

from ledger_core import KeyFormatError, KeyPair, SignatureType, VerifierKey

PUBLISHED = {
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k": SignatureType.ED25519,
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW": SignatureType.ED25519,
    "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6": SignatureType.ED25519,
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2":
        SignatureType.COSIGNATURE,
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO":
        SignatureType.COSIGNATURE,
}  # fmt: skip
"""Keys of the specification, of Go's sumdb/note, and of real witnesses."""

FOO = next(iter(PUBLISHED))


@pytest.mark.parametrize(("text", "signature_type"), PUBLISHED.items())
def test_published_keys_are_read(text: str, signature_type: SignatureType) -> None:
    """A key of a stranger is read, and written back as it was."""
    key = VerifierKey.parse(text)
    assert key.name == text.split("+")[0]
    assert key.key_id.hex() == text.split("+")[1]
    assert key.signature_type is signature_type
    assert key.encode() == text


def test_types_have_ids_of_their_own() -> None:
    """One key for two types of signature has two ids, so neither passes for the other."""
    public_key = KeyPair.from_seed(bytes(32)).public_key
    log, validator = (VerifierKey("a", public_key, kind) for kind in SignatureType)
    assert log.key_id != validator.key_id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no verifier key"),
        ("example.com/foo", "is no verifier key"),
        ("example.com/foo+530d903a", "is no verifier key"),
        (FOO[:-1], "is no verifier key"),
        (FOO + "=", "is no verifier key"),
        (FOO.replace("+A", "+ A"), "is no verifier key"),
        (FOO.replace("+AekyeR", "+CekyeR"), "has type 9 and 32 bytes"),
        ("example.com/foo+530d903a+AQ==", "has type 1 and 0 bytes"),
        (FOO.replace("530d903a", "530d903b"), "does not fit its id 530d903b"),
        (FOO.replace("530d903a", "530D903A"), "does not fit its id 530D903A"),
        (FOO.replace("foo", "fop"), "does not fit its id"),
        (FOO.replace("+Aeky", "+Aekz"), "does not fit its id|is no Ed25519 public key"),
        (FOO.replace("example.com/foo", "example com"), "can not name a key"),
        (FOO.replace("example.com/foo", ""), "can not name a key"),
    ],
)
def test_other_texts_are_refused(text: str, reason: str) -> None:
    """What is cut short, mistyped or of another type is refused by name."""
    with pytest.raises(KeyFormatError, match=reason):
        VerifierKey.parse(text)


@pytest.mark.parametrize("public_key", [bytes(32), bytes([1]) + bytes(31), bytes(31)])
def test_weak_keys_are_refused(public_key: bytes) -> None:
    """A key under which anything could be signed is no key."""
    with pytest.raises(KeyFormatError):
        VerifierKey("a", public_key)


def test_only_the_very_bytes_are_signed() -> None:
    """Another message, key or length is no signature."""
    pair = KeyPair.from_seed(bytes(32))
    key = VerifierKey("a", pair.public_key)
    signature = pair.sign(b"hello")
    assert key.has_signed(b"hello", signature)
    assert not key.has_signed(b"hallo", signature)
    assert not key.has_signed(b"hello", signature[:63])
    assert not key.has_signed(b"", signature + b"hello")
    assert not VerifierKey("a", KeyPair.from_seed(bytes([1]) * 32).public_key).has_signed(
        b"hello", signature
    )
