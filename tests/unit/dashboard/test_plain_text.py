"""Texts from strangers."""

import pytest

from dashboard.plain_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("harbour hub 2", "harbour hub 2"),
        ("Überlauf ✓ 充电", "Überlauf ✓ 充电"),
        ("a\x1b[31mb", "a [31mb"),
        ("a\x9b31mb", "a 31mb"),
        ("a\r\nb\tc\x00", "a  b c "),
        ("abc\u202edcba\u2069", "abc dcba "),
        ("zero\u200bwidth", "zero width"),
        ("line\u2028end", "line end"),
        (7, ""),
        (None, ""),
        (b"x", ""),
    ],
)
def test_nothing_reaches_the_terminal(text: object, shown: str) -> None:
    """What a terminal would act on becomes a blank; what people write stays."""
    assert plain(text) == shown


def test_long_texts_are_cut() -> None:
    """The cut shows, and the limit counts it."""
    assert plain("abcdef", 6) == "abcdef"
    assert plain("abcdefg", 6) == "abcde…"
    assert len(plain("x" * 10_000_000, 64)) == 64
