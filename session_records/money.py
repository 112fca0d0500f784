"""Base units as an amount of currency: exact products of decimals, rounded once, to four places.

OCPI writes numbers with four decimals. What the buyer has paid contains the taxes; the price before
them is that amount divided by one and all taxes together, and the taxes are what remains, so the
parts always sum up to what was paid.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from ledger_core import TOKEN
from session_records.settings import RecordSettings, TaxSettings, decimal

PLACES = Decimal("0.0001")
"""OCPI's numbers have four decimals."""

PERCENT = 100

_exact = Context(prec=60, rounding=ROUND_HALF_UP)
"""15 digits of base units times any sensible price fit into it without rounding."""


class Money:
    """How base units become currency.

    Args:
        settings: Currency, price of a token, taxes.
    """

    def __init__(self, settings: RecordSettings) -> None:
        self.currency = settings.currency
        """The currency."""
        self._token_price = decimal(settings.token_price, "token_price")
        self._taxes: Sequence[TaxSettings] = settings.taxes

    @property
    def has_taxes(self) -> bool:
        """Whether taxes are contained in what is paid."""
        return bool(self._taxes)

    def amount(self, base_units: int) -> Decimal:
        """Return what an amount is worth, taxes included, rounded half up to four places.

        Args:
            base_units: The amount; negative ones are credits. [base units]
        """
        worth = _exact.multiply(Decimal(base_units), self._token_price) / TOKEN
        return number(worth)

    def price(self, base_units: int) -> dict[str, object]:
        """Return an amount as OCPI's Price: before taxes, and each tax.

        Args:
            base_units: The amount; negative ones are credits. [base units]
        """
        total = self.amount(base_units)
        if not self._taxes:
            return {"before_taxes": total}
        rates = [decimal(tax.percentage, "percentage") for tax in self._taxes]
        before = number(_exact.divide(total * PERCENT, PERCENT + sum(rates)))
        amounts = [number(before * rate / PERCENT) for rate in rates[:-1]]
        amounts.append(total - before - sum(amounts, Decimal(0)))
        return {
            "before_taxes": before,
            "taxes": [
                {
                    "name": tax.name,
                    **({"account_number": tax.account_number} if tax.account_number else {}),
                    "percentage": rate,
                    "amount": amount,
                }
                for tax, rate, amount in zip(self._taxes, rates, amounts, strict=True)
            ],
        }


def number(value: Decimal) -> Decimal:
    """Return a number with four decimals, rounded half up."""
    return value.quantize(PLACES, rounding=ROUND_HALF_UP, context=_exact)


def share(quantity: int, unit: int) -> Decimal:
    """Return a quantity in another unit, with four decimals.

    Args:
        quantity: How much, in small units: Wh or s.
        unit: How many of them make a large one.
    """
    return number(_exact.divide(Decimal(quantity), Decimal(unit)))
