"""Bytes and numbers as text with exactly one spelling each, so that no changed letter goes unseen.

Usual decoders are lenient: they skip foreign letters, leading zeros or stray bits in the last
letter. Then two texts mean the same, and a receipt could be altered without anybody's noticing.
"""

import binascii

__all__ = ["SIZE_MAX", "base64_text", "from_base64", "from_decimal", "is_name"]

SIZE_MAX = (1 << 63) - 1
"""The largest number that formats carry: what every language has a signed type for."""

_DIGITS_MAX = len(str(SIZE_MAX))


def base64_text(data: bytes) -> str:
    """Spell bytes in standard Base 64 (RFC 4648, section 4), with padding.

    Args:
        data: What to spell.

    >>> base64_text(b"tangle")
    'dGFuZ2xl'
    """
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Read standard Base 64, or return None when it is not spelled as `base64_text` spells it.

    Args:
        text: What was spelled.

    >>> from_base64("dGFuZ2xl"), from_base64("dGFuZ2xlZR=="), from_base64("dGFu Z2xl")
    (b'tangle', None, None)
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None
    return data if base64_text(data) == text else None


def from_decimal(text: str) -> int | None:
    """Read a number from 0 to `SIZE_MAX`, or return None when it is not in its one spelling.

    Args:
        text: ASCII digits without leading zeros.

    >>> from_decimal("10"), from_decimal("0"), from_decimal("010"), from_decimal("+1")
    (10, 0, None, None)
    """
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS_MAX:
        return None
    number = int(text)
    return number if str(number) == text and number <= SIZE_MAX else None


def is_name(text: str) -> bool:
    """Tell whether a text can name a key in a signed note.

    A space would end it, a plus sign separates it from the key; control characters have no place
    in a note.

    Args:
        text: The name.

    >>> is_name("tangleway/berlin"), is_name("two words"), is_name("")
    (True, False, False)
    """
    return bool(text) and not any(
        letter.isspace() or letter < " " or letter == "+" for letter in text
    )
