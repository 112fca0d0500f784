"""What car parks and toll gates ask for."""

import pytest

from negotiation import Element, ElementKind, HourPrice, Limits, Needs, Tariff
from parking_agent import (
    ParkingPricing,
    TollPricing,
    parking_tariff,
    slice_worth,
    stay_limits,
    toll_limits,
    toll_tariff,
)


def tariff(time: int, overstay: int, *, flat: int = 0, maximum: int | None = None) -> Tariff:
    """Return a parking tariff."""
    return Tariff(
        elements=(
            Element(kind=ElementKind.FLAT, price=flat),
            Element(kind=ElementKind.TIME, price=time, step=60),
            Element(kind=ElementKind.PARKING_TIME, price=overstay, step=60),
        ),
        maximum=maximum,
    )


RUSH = HourPrice(from_hour=7, until_hour=9, percent=200)
PRICING = ParkingPricing(tariff=tariff(1_000, 3_000, flat=50), hours=(RUSH,))


@pytest.mark.parametrize(
    ("occupancy", "hour", "prices"),
    [
        (0, 12, (50, 1_000, 3_000)),
        (0.5, 12, (50, 1_250, 3_750)),
        (1, 12, (50, 1_500, 4_500)),
        (0, 7, (50, 2_000, 6_000)),
        (1, 24 + 8.9, (50, 3_000, 9_000)),
        (-1, 9, (50, 1_000, 3_000)),
    ],
)
def test_time_follows_occupancy_and_hour(
    occupancy: float, hour: float, prices: tuple[int, int, int]
) -> None:
    """A full park and a busy hour make time and overstay dearer, the flat fee stays."""
    offered = parking_tariff(PRICING, occupancy=occupancy, at_s=hour * 3_600)
    assert tuple(element.price for element in offered.elements) == prices


def test_overstay_is_never_cheaper() -> None:
    """A tariff that rewards overstaying is refused."""
    with pytest.raises(ValueError, match="parking_time of 1000 base units per hour or more"):
        ParkingPricing(tariff=tariff(1_000, 999))


def test_limits_cover_stay_and_overstay() -> None:
    """Two booked hours, half an hour more, and a tenth of money above it."""
    limits = stay_limits(
        Needs(time_s=7_200), tariff(1_000, 3_000), overstay_s=1_800, reserved_s=900
    )
    assert limits == Limits(time_s_max=7_200, amount_max=3_850)


@pytest.mark.parametrize(
    ("time_s", "cap", "amount_max"),
    [(7_200, 3_000, 3_000), (7_200, 2_000, 2_000), (7_200, 1_999, None), (0, None, None)],
)
def test_what_can_be_sold(time_s: int, cap: int | None, amount_max: int | None) -> None:
    """A buyer must be able to pay for what it books; overstay may exceed what it can spend."""
    limits = stay_limits(
        Needs(time_s=time_s),
        tariff(1_000, 3_000),
        overstay_s=1_800,
        reserved_s=0,
        amount_cap=cap,
    )
    assert (limits.amount_max if limits else None) == amount_max


@pytest.mark.parametrize(("slice_s", "worth"), [(600, 500), (1, 1), (86_400, 9_000)])
def test_a_slice_has_a_worth(slice_s: int, worth: int) -> None:
    """It follows the dearer of the two times and never exceeds the whole."""
    limits = Limits(amount_max=9_000)
    assert slice_worth(tariff(1_000, 3_000), limits, slice_s=slice_s) == worth


TOLL = TollPricing(classes={"car": 1_000, "truck": 4_001}, hours=(RUSH,))


@pytest.mark.parametrize(
    ("vehicle_class", "hour", "price"),
    [("car", 0, 1_000), ("car", 8, 2_000), ("truck", 0, 4_001), ("truck", 8, 8_002)],
)
def test_tolls_follow_class_and_hour(vehicle_class: str, hour: int, price: int) -> None:
    """One flat price for each, and exactly that as the limit."""
    offered = toll_tariff(TOLL, vehicle_class=vehicle_class, at_s=hour * 3_600)
    assert offered == Tariff(elements=(Element(kind=ElementKind.FLAT, price=price),))
    assert toll_limits(offered) == Limits(amount_max=price)


def test_an_unknown_class_can_not_pass() -> None:
    """What has no price is not let through for nothing."""
    assert toll_tariff(TOLL, vehicle_class="tank", at_s=0) is None
    with pytest.raises(ValueError, match="one vehicle class at least"):
        TollPricing(classes={})
