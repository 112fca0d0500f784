"""What a charger asks for, and how far it goes."""

from typing import Any

import msgspec
import pytest

from charger_agent import Pricing, present_tariff, session_limits, slice_worth
from negotiation import Element, ElementKind, HourPrice, Limits, Needs, Tariff

BASE = Tariff(
    elements=(
        Element(kind=ElementKind.ENERGY, price=400_000),
        Element(kind=ElementKind.PARKING_TIME, price=6_000_000, step=60),
    )
)
PRICING = Pricing(
    tariff=BASE,
    load_percent=50,
    hours=(
        HourPrice(from_hour=17, until_hour=21, percent=150),
        HourPrice(from_hour=22, until_hour=6, percent=80),
    ),
)


@pytest.mark.parametrize(
    ("load", "hour", "price"),
    [
        (0, 12, 400_000),
        (0.5, 12, 500_000),
        (1, 12, 600_000),
        (7, 12, 600_000),
        (0, 17, 600_000),
        (0, 21, 400_000),
        (0, 23, 320_000),
        (0, 24 + 5, 320_000),
        (0, 6, 400_000),
        (1, 20.99, 900_000),
    ],
)
def test_energy_follows_load_and_hour(load: float, hour: float, price: int) -> None:
    """A busy site and a dear hour make energy dearer, and nothing else."""
    tariff = present_tariff(PRICING, load=load, at_s=hour * 3_600)
    assert tariff.price(ElementKind.ENERGY) == price
    assert tariff.price(ElementKind.PARKING_TIME) == 6_000_000


def test_a_story_may_begin_at_any_hour() -> None:
    """Second 0 is the first hour of the story."""
    pricing = msgspec.structs.replace(PRICING, first_hour=16)
    prices = [
        present_tariff(pricing, load=0, at_s=at_s).price(ElementKind.ENERGY) for at_s in (0, 3_600)
    ]
    assert prices == [400_000, 600_000]


def asked(energy: int, **changes: Any) -> Tariff:  # noqa: ANN401 (fields of a tariff)
    """Return a counter-offer with a price for energy and some other fields."""
    return Tariff(elements=(Element(kind=ElementKind.ENERGY, price=energy),), **changes)


def test_limits_cover_the_session() -> None:
    """Energy, time for a slow car, and a tenth more money than it all costs."""
    limits = session_limits(
        Needs(energy_wh=10_000, power_w_max=20_000),
        BASE,
        power_w_max=50_000,
        idle_s=600,
        reserved_s=0,
    )
    assert limits == Limits(
        power_w_max=50_000, energy_wh_max=10_000, time_s_max=2_700, amount_max=5_500_000
    )


@pytest.mark.parametrize(
    ("needs", "cap", "is_sold"),
    [
        (Needs(energy_wh=1_000), None, True),
        (Needs(energy_wh=0), None, False),
        (Needs(energy_wh=-5), None, False),
        (Needs(energy_wh=1_000), 300_000, True),
        (Needs(energy_wh=1_000), 0, False),
    ],
)
def test_what_can_be_sold(needs: Needs, cap: int | None, is_sold: bool) -> None:
    """Nothing is offered for nothing; what a buyer can spend limits what is delivered."""
    limits = session_limits(
        needs, asked(400_000), power_w_max=11_000, idle_s=0, reserved_s=0, amount_cap=cap
    )
    assert (limits is not None) == is_sold
    assert limits is None or limits.amount_max == (cap or 440_000)


def test_a_minimum_must_fit_under_the_cap() -> None:
    """A buyer that can not even pay the minimum gets no offer."""
    tariff = asked(1, minimum=500)
    limits = session_limits(
        Needs(energy_wh=1), tariff, power_w_max=1, idle_s=0, reserved_s=0, amount_cap=499
    )
    assert limits is None


@pytest.mark.parametrize(("slice_wh", "worth"), [(500, 200_000), (1, 400), (50_000, 1_000_000)])
def test_a_slice_has_a_worth(slice_wh: int, worth: int) -> None:
    """It follows the price of energy and never exceeds the whole."""
    limits = Limits(amount_max=1_000_000)
    assert slice_worth(BASE, limits, slice_wh=slice_wh) == worth
    assert slice_worth(asked(0), limits, slice_wh=slice_wh) == 1
