"""Amounts and quantities as people read them, in whole numbers throughout."""

from ledger_core import TOKEN

__all__ = ["quantity", "tokens"]

DIGITS = 2
"""Digits behind the point of an amount in a table; detail pages show all."""


def tokens(amount: int, *, digits: int = DIGITS, group: str = " ") -> str:
    """Return an amount of tokens, rounded down in size, as `12 017.40`.

    Args:
        amount: The amount. [base units]
        digits: Digits behind the point, 0 to 6.
        group: What stands between groups of three digits.
    """
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    whole, rest = divmod(size, TOKEN)
    text = f"{whole:,}".replace(",", group)
    if not digits:
        return f"{sign}{text}"
    return f"{sign}{text}.{rest * 10**digits // TOKEN:0{digits}}"


def quantity(amount: int, unit: str) -> str:
    """Return a delivery as a person says it: `5.20 kWh`, `10 min`, `1 passage`.

    Args:
        amount: How much.
        unit: What it is counted in: `Wh`, `s`, `passage`.
    """
    match unit:
        case "Wh":
            return f"{amount / 1000:.2f} kWh"
        case "s":
            return f"{amount // 60} min" if amount >= 60 else f"{amount} s"
        case "passage":
            return "1 passage" if amount == 1 else f"{amount} passages"
    return f"{amount} {unit}".strip()
