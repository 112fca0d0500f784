"""Deposits: what a reservation costs whom never comes, and what a buyer does not believe."""

import msgspec
import pytest

from negotiation import Chunk, Element, ElementKind, ImplausibleError, Reading, Tariff
from negotiation.deposits import check_deposit, deposit_bill, deposit_for
from tests.transcripts.cast import ENERGY, NOW_US, START_BY_US, TERMS, TOLL

KEPT = Tariff(
    elements=(*ENERGY.elements, Element(kind=ElementKind.RESERVATION, price=360_000)),
    minimum=50_000,
)
TERMS_KEPT = msgspec.structs.replace(TERMS, tariff=KEPT)
GOOD = Chunk(
    start=Reading(at_us=NOW_US), end=Reading(at_us=START_BY_US, reserved_s=600), cost=60_000
)


def test_a_deposit_is_the_reservation_alone() -> None:
    """No minimum and no energy is in it, and its bill is one chunk."""
    assert deposit_for(TERMS_KEPT, reserved_s=600, at_us=NOW_US) == GOOD
    check_deposit(TERMS_KEPT, GOOD, kept_s=600)
    assert deposit_bill(GOOD).total == 60_000


def test_where_a_reservation_is_free_nothing_is_asked() -> None:
    """Neither without the element, nor without time, nor for a toll."""
    assert deposit_for(TERMS, reserved_s=600, at_us=NOW_US) is None
    assert deposit_for(TERMS_KEPT, reserved_s=0, at_us=NOW_US) is None
    toll = msgspec.structs.replace(TOLL, tariff=KEPT)
    assert deposit_for(toll, reserved_s=600, at_us=NOW_US) is None


@pytest.mark.parametrize(("maximum", "cost"), [(None, 400_000), (300_000, 300_000)])
def test_a_deposit_is_at_most_a_slice(maximum: int | None, cost: int) -> None:
    """What is paid before anything is delivered is bounded like everything else."""
    capped = msgspec.structs.replace(
        TERMS_KEPT, tariff=msgspec.structs.replace(KEPT, maximum=maximum)
    )
    deposit = deposit_for(capped, reserved_s=100_000, at_us=NOW_US)
    assert deposit is not None
    assert deposit.cost == cost


@pytest.mark.parametrize(
    ("deposit", "words"),
    [
        (msgspec.structs.replace(GOOD, cost=60_001), "60001 base units is asked for where"),
        (
            Chunk(start=GOOD.start, end=Reading(at_us=START_BY_US, reserved_s=601), cost=60_100),
            "something else",
        ),
        (
            msgspec.structs.replace(
                GOOD, end=Reading(at_us=START_BY_US, reserved_s=600, energy_wh=1)
            ),
            "something else",
        ),
        (
            msgspec.structs.replace(GOOD, start=Reading(at_us=NOW_US, reserved_s=-600)),
            "something else",
        ),
        (msgspec.structs.replace(GOOD, end=GOOD.start, cost=0), "something else"),
    ],
)
def test_a_buyer_believes_nothing_else(deposit: Chunk, words: str) -> None:
    """Too dear, for too long, for energy, from registers that are not at zero, or for nothing."""
    with pytest.raises(ImplausibleError, match=words):
        check_deposit(TERMS_KEPT, deposit, kept_s=600)
