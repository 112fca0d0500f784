"""Amounts: decimal text at the border, integers inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import SUPPLY_MAX, TOKEN, AmountError, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("1", TOKEN),
        ("1.25", 1_250_000),
        ("0.000001", 1),
        ("007.5", 7_500_000),
        (" 3 ", 3 * TOKEN),
        ("1000000000", SUPPLY_MAX),
    ],
)
def test_text_is_read(text: str, amount: int) -> None:
    """What people write becomes base units, digit by digit."""
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1,5",
        "1_000",
        "0x10",
        "1.0000001",
        "nan",
        "\u0661",
        "1 2",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Anything but plain digits is refused by name, and the sentence shows how to write it."""
    with pytest.raises(AmountError, match=r"at most six decimals, like 1\.25"):
        parse_amount(text)


@pytest.mark.parametrize("text", ["1000000000.000001", "9999999999.999999"])
def test_more_than_any_supply_is_refused(text: str) -> None:
    """No amount exceeds the largest supply."""
    with pytest.raises(AmountError, match="give at most 1000000000"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (1, "0.000001"), (TOKEN, "1"), (1_500_000, "1.5"), (-250_000, "-0.25")],
)
def test_amounts_are_written(amount: int, text: str) -> None:
    """Needless zeros are left out, and a difference keeps its sign."""
    assert format_amount(amount) == text


@given(st.integers(0, SUPPLY_MAX))
def test_written_amounts_are_read_back(amount: int) -> None:
    """Every amount survives the way to text and back."""
    assert parse_amount(format_amount(amount)) == amount
