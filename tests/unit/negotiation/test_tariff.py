"""Tariffs: elements, steps, the stated rounding, minimum and maximum."""

import pytest

from ledger_core import SUPPLY_MAX
from negotiation import Element, ElementKind, Tariff, Usage

USAGE = Usage(energy_wh=2_500, time_s=5_400, idle_s=900, reserved_s=600)


def element(kind: ElementKind, price: int, step: int = 1) -> Element:
    """Return one line of a tariff."""
    return Element(kind=kind, price=price, step=step)


@pytest.mark.parametrize(
    ("line", "cost"),
    [
        (element(ElementKind.FLAT, 70), 70),
        (element(ElementKind.ENERGY, 400_000), 1_000_000),
        (element(ElementKind.TIME, 400_000), 600_000),
        (element(ElementKind.PARKING_TIME, 400_000), 100_000),
        (element(ElementKind.RESERVATION, 60), 10),
    ],
)
def test_each_kind_charges_for_its_quantity(line: Element, cost: int) -> None:
    """A price is per kWh, per hour, or once."""
    assert line.cost(USAGE) == cost
    assert Tariff(elements=(line,)).cost(USAGE) == cost


@pytest.mark.parametrize(
    ("energy_wh", "step", "cost"),
    [(0, 100, 0), (1, 100, 40), (100, 100, 40), (101, 100, 80), (2_500, 1_000, 1_200)],
)
def test_started_steps_are_billed_whole(energy_wh: int, step: int, cost: int) -> None:
    """A quantity goes up to the next multiple of the step; nothing costs nothing."""
    line = element(ElementKind.ENERGY, 400, step)
    assert line.cost(Usage(energy_wh=energy_wh)) == cost


@pytest.mark.parametrize(("time_s", "cost"), [(35, 0), (36, 1), (71, 1), (72, 2)])
def test_money_is_rounded_down(time_s: int, cost: int) -> None:
    """A fraction of a base unit is the buyer's."""
    assert element(ElementKind.TIME, 100).cost(Usage(time_s=time_s)) == cost


@pytest.mark.parametrize(
    ("energy_wh", "cost"), [(0, 500), (1_249, 500), (1_251, 500), (1_300, 520), (99_000, 2_000)]
)
def test_a_sum_is_kept_between_minimum_and_maximum(energy_wh: int, cost: int) -> None:
    """What has begun costs the minimum, and however long it takes, the maximum."""
    tariff = Tariff(elements=(element(ElementKind.ENERGY, 400),), minimum=500, maximum=2_000)
    assert tariff.cost(Usage(energy_wh=energy_wh)) == cost


def test_elements_of_one_kind_add_up() -> None:
    """A tariff may have several lines of a kind, for example with different steps."""
    lines = (element(ElementKind.ENERGY, 100), element(ElementKind.ENERGY, 20, 1_000))
    tariff = Tariff(elements=(*lines, element(ElementKind.FLAT, 5)))
    assert tariff.price(ElementKind.ENERGY) == 120
    assert tariff.price(ElementKind.TIME) == 0
    assert tariff.cost(Usage(energy_wh=1_500)) == 150 + 40 + 5


@pytest.mark.parametrize("price", [-1, SUPPLY_MAX + 1])
def test_a_price_has_bounds(price: int) -> None:
    """No price is negative, or more than all the money there can be."""
    with pytest.raises(ValueError, match="price must lie between 0 and"):
        element(ElementKind.FLAT, price)


@pytest.mark.parametrize("step", [0, -1, 86_401])
def test_a_step_has_bounds(step: int) -> None:
    """A step is something, and at most a day."""
    with pytest.raises(ValueError, match="step must lie between 1 and 86400"):
        element(ElementKind.TIME, 1, step)


@pytest.mark.parametrize("count", [0, 9])
def test_a_tariff_has_some_elements(count: int) -> None:
    """An empty price list is none, and a long one is a trap."""
    with pytest.raises(ValueError, match="a tariff has 1 to 8 elements"):
        Tariff(elements=(element(ElementKind.FLAT, 1),) * count)


@pytest.mark.parametrize("minimum", [-1, SUPPLY_MAX + 1])
def test_a_minimum_has_bounds(minimum: int) -> None:
    """Nobody is paid for buying, and nobody asks for more than there is."""
    with pytest.raises(ValueError, match="minimum must lie between 0 and"):
        Tariff(elements=(element(ElementKind.FLAT, 1),), minimum=minimum)


def test_a_maximum_is_not_below_the_minimum() -> None:
    """Otherwise the two would contradict each other."""
    with pytest.raises(ValueError, match="maximum must not lie below minimum"):
        Tariff(elements=(element(ElementKind.FLAT, 1),), minimum=2, maximum=1)
