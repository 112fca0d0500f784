"""Canonical text: one spelling each, and everything else is refused."""

import pytest

from ledger_core.canonical_text import SIZE_MAX, base64_text, from_base64, from_decimal, is_name


@pytest.mark.parametrize("data", [b"", b"\x00", b"ab", bytes(range(256))])
def test_bytes_come_back(data: bytes) -> None:
    """What was spelled is read again."""
    assert from_base64(base64_text(data)) == data


@pytest.mark.parametrize(
    "text",
    ["YQ", "YQ=", "YQ===", "YR==", "Y Q==", "YQ==\n", "=YQ=", "YQ==YQ==", "Y-Q=", "ÄQ==", "YWJjZ"],
)
def test_other_spellings_of_bytes_are_refused(text: str) -> None:
    """Missing padding, stray bits, spaces, foreign letters: none of it is skipped."""
    assert from_base64(text) is None


@pytest.mark.parametrize("number", [0, 1, 9, 10, 1432088532, SIZE_MAX])
def test_numbers_are_read(number: int) -> None:
    """A number in its usual spelling is read."""
    assert from_decimal(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-1", "1_0", " 1", "1 ", "1.0", "0x1", "٣", "²", str(SIZE_MAX + 1),
     "9" * 5_000],
)  # fmt: skip
def test_other_spellings_of_numbers_are_refused(text: str) -> None:
    """Leading zeros, signs, foreign digits and numbers beyond the limit are refused."""
    assert from_decimal(text) is None


@pytest.mark.parametrize("name", ["a", "tangleway/berlin", "city.example", "Straße"])
def test_names_are_known(name: str) -> None:
    """What has no space, plus or control character can name a key."""
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\tb", "a\nb", "a\u00a0b", "a\u2028b", "a\x01"]
)
def test_other_names_are_refused(name: str) -> None:
    """A name that would break a signature line is none."""
    assert not is_name(name)
