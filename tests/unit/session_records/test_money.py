"""Base units become currency digit by digit: exact, rounded once, and the parts sum up."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import SUPPLY_MAX
from session_records import Money, RecordSettings, TaxSettings
from tests.unit.session_records.sold import SETTINGS


def settings(token_price: str, *percentages: str) -> RecordSettings:
    """Return settings with a price and taxes."""
    taxes = tuple(TaxSettings(name=f"tax {each}", percentage=each) for each in percentages)
    return msgspec.structs.replace(SETTINGS, token_price=token_price, taxes=taxes)


@pytest.mark.parametrize(
    ("base_units", "token_price", "amount"),
    [
        (1_000_000, "0.42", "0.4200"),
        (1, "0.42", "0.0000"),
        (120, "0.42", "0.0001"),
        (119, "0.42", "0.0000"),
        (250, "0.2", "0.0001"),
        (-250, "0.2", "-0.0001"),
        (10**15, "0.333333333333", "333333333.3330"),
        (3, "1000000", "3.0000"),
    ],
)
def test_amounts_are_exact(base_units: int, token_price: str, amount: str) -> None:
    """Products are of decimals; halves are rounded away from zero, once."""
    assert str(Money(settings(token_price)).amount(base_units)) == amount


@given(
    st.integers(-SUPPLY_MAX, SUPPLY_MAX),
    st.decimals("0.000001", "1000", places=6),
    st.lists(st.decimals(0, 30, places=1), max_size=3),
)
def test_parts_sum_up(base_units: int, token_price: Decimal, rates: list[Decimal]) -> None:
    """Before taxes and all taxes together are what was paid, to the last digit."""
    money = Money(settings(f"{token_price:f}", *(f"{rate:f}" for rate in rates)))
    price = money.price(base_units)
    taxes = price.get("taxes", [])
    assert isinstance(taxes, list)
    parts = [price["before_taxes"], *(tax["amount"] for tax in taxes)]
    assert sum(parts) == money.amount(base_units)
    assert all(part == round(part, 4) for part in parts)


@pytest.mark.parametrize("token_price", ["0", "-1", "nan", "Infinity", "a lot", ""])
def test_wrong_prices_are_named(token_price: str) -> None:
    """A token has a positive price in decimal digits."""
    with pytest.raises(ValueError, match="token_price is"):
        settings(token_price)
