"""Amounts of tokens: integers in base units inside, decimal text at the border only.

A float never touches money here: text is parsed digit by digit and printed the same way.
"""

import re

from ledger_core.errors import AmountError

__all__ = ["SUPPLY_MAX", "TOKEN", "format_amount", "parse_amount"]

TOKEN = 1_000_000
"""One token. [base units]"""

SUPPLY_MAX = 10**15
"""The largest supply of a ledger, so that int64 sums over a batch can not overflow. [base units]"""

DECIMALS = 6
"""Digits behind the point that a base unit has: TOKEN == 10 ** DECIMALS."""

_AMOUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,6}))?")

assert TOKEN == 10**DECIMALS


def parse_amount(text: str) -> int:
    """Read an amount as people write it, for example ``1.25`` tokens.

    Args:
        text: Decimal digits, with at most six behind a point; no sign, no exponent, no separators.

    Returns:
        The amount. [base units]

    Raises:
        AmountError: When the text is no such number, or the amount exceeds `SUPPLY_MAX`.

    >>> parse_amount("1.25")
    1250000
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise AmountError(
            f"{text!r} is no amount of tokens: write digits with at most six decimals, like 1.25."
        )
    whole, fraction = match.groups(default="")
    amount = int(whole) * TOKEN + int(fraction.ljust(DECIMALS, "0"))
    if amount > SUPPLY_MAX:
        raise AmountError(
            f"{text.strip()} tokens are more than any ledger holds: "
            f"give at most {format_amount(SUPPLY_MAX)}."
        )
    return amount


def format_amount(amount: int) -> str:
    """Write an amount as people read it, without needless zeros.

    Args:
        amount: Any amount, a negative one for a difference. [base units]

    >>> format_amount(1_250_000), format_amount(3_000_000), format_amount(-1)
    ('1.25', '3', '-0.000001')
    """
    whole, fraction = divmod(abs(amount), TOKEN)
    sign = "-" if amount < 0 else ""
    decimals = f"{fraction:0{DECIMALS}d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
