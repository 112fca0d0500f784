"""What all sellers compute alike: hours, loads, margins, and how far a price yields."""

from typing import Any

import pytest

from negotiation import (
    Element,
    ElementKind,
    HourPrice,
    Tariff,
    Usage,
    amount_to_hold,
    conceded_tariff,
    hour_percent,
    load_percent,
    scaled_tariff,
    share_of,
)

NIGHT = HourPrice(from_hour=22, until_hour=6, percent=50)
RUSH = HourPrice(from_hour=5, until_hour=9, percent=200)


@pytest.mark.parametrize(
    ("hour", "percent"),
    [
        (4, 50),
        (5, 50),
        (6, 200),
        (8.99, 200),
        (9, 100),
        (21.99, 100),
        (22, 50),
        (47, 50),
        (33, 100),
    ],
)
def test_the_first_hour_that_covers_counts(hour: float, percent: int) -> None:
    """Hours may pass midnight and come again each day; an uncovered hour changes nothing."""
    assert hour_percent([NIGHT, RUSH], first_hour=0, at_s=hour * 3_600) == percent


def test_a_story_may_begin_at_any_hour() -> None:
    """Second 0 is the first hour of the story."""
    assert hour_percent([NIGHT], first_hour=22, at_s=0) == 50
    assert hour_percent([NIGHT], first_hour=22, at_s=8 * 3_600) == 100


@pytest.mark.parametrize(("from_hour", "until_hour"), [(-1, 5), (24, 5), (3, 0), (3, 25)])
def test_hours_are_those_of_a_day(from_hour: int, until_hour: int) -> None:
    """Hours that no clock shows are refused."""
    with pytest.raises(ValueError, match="from_hour lies between 0 and 23"):
        HourPrice(from_hour=from_hour, until_hour=until_hour, percent=100)


@pytest.mark.parametrize(("load", "percent"), [(-1, 100), (0, 100), (0.5, 120), (1, 140), (7, 140)])
def test_load_counts_between_empty_and_full(load: float, percent: int) -> None:
    """More than full is full, less than empty is empty."""
    assert load_percent(40, load=load) == percent


@pytest.mark.parametrize(
    ("price", "part", "whole", "share"),
    [(100, 50, 100, 50), (1, 1, 100, 1), (0, 50, 100, 0), (7, 3, 0, 7)],
)
def test_a_share_is_rounded_up(price: int, part: int, whole: int, share: int) -> None:
    """What costs something never becomes free, what is free stays free."""
    assert share_of(price, part, whole) == share


def energy(price: int, **changes: Any) -> Tariff:  # noqa: ANN401 (fields of a tariff)
    """Return a tariff with a price for energy and some other fields."""
    return Tariff(elements=(Element(kind=ElementKind.ENERGY, price=price),), **changes)


def test_only_the_named_kinds_are_scaled() -> None:
    """Percentages multiply before they are rounded, and steps stay."""
    idle = Element(kind=ElementKind.PARKING_TIME, price=600, step=60)
    tariff = Tariff(elements=(*energy(101).elements, idle), maximum=9)
    scaled = scaled_tariff(tariff, (ElementKind.ENERGY,), 150, 50)
    assert scaled == Tariff(elements=(*energy(76).elements, idle), maximum=9)


@pytest.mark.parametrize(("wish", "price"), [(390, 390), (360, 360), (1, 360), (500, 400)])
def test_a_price_yields_to_its_floor(wish: int, price: int) -> None:
    """A price meets the wish between its floor and itself."""
    assert conceded_tariff(energy(400), energy(wish), floor_percent=90) == energy(price)


def test_only_prices_yield() -> None:
    """Caps, minima and missing elements of a counter-offer move nothing below the floor."""
    idle = Element(kind=ElementKind.PARKING_TIME, price=600, step=60)
    offered = Tariff(elements=(*energy(400).elements, idle), minimum=7)
    answer = conceded_tariff(offered, energy(400, maximum=1), floor_percent=90)
    assert (answer.minimum, answer.maximum) == (7, None)
    assert answer.elements[1] == Element(kind=ElementKind.PARKING_TIME, price=540, step=60)


@pytest.mark.parametrize(("cap", "amount"), [(None, 1_100), (900, 900), (5_000, 1_100)])
def test_a_hold_has_a_margin_below_the_cap(cap: int | None, amount: int) -> None:
    """A tenth more than the cost is set aside, and never more than the buyer can spend."""
    assert amount_to_hold(energy(1_000), Usage(energy_wh=1_000), cap=cap) == amount


def test_a_hold_is_never_empty() -> None:
    """A free service has a hold of one base unit: the ledger knows no empty ones."""
    assert amount_to_hold(energy(0), Usage(energy_wh=1_000)) == 1
