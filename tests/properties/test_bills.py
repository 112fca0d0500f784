"""Bills and tariffs: one bill on both sides however it is cut, which only grows."""

from fractions import Fraction
from itertools import pairwise

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from negotiation import (
    Bill,
    Chunk,
    Element,
    ElementKind,
    ImplausibleError,
    Reading,
    Tariff,
    Terms,
    Usage,
    check_chunk,
    check_step,
    cost_at,
    extend,
    next_chunk,
)
from tests.transcripts.cast import TERMS

POWER_W = TERMS.limits.power_w_max

prices = st.one_of(st.integers(0, 10), st.integers(0, 10**9))
elements = st.builds(
    Element,
    kind=st.sampled_from(ElementKind),
    price=prices,
    step=st.sampled_from([1, 7, 60, 1_000]),
)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Draw a tariff."""
    minimum = draw(prices)
    maximum = draw(st.none() | st.integers(minimum, minimum + 10**9))
    some = draw(st.lists(elements, min_size=1, max_size=8))
    return Tariff(elements=tuple(some), minimum=minimum, maximum=maximum)


quantities = st.integers(0, 10**6)
usages = st.builds(
    Usage, energy_wh=quantities, time_s=quantities, idle_s=quantities, reserved_s=quantities
)


@st.composite
def meters(draw: st.DrawFn) -> list[Reading]:
    """Draw what a real meter shows, at least twice."""
    readings = [Reading(at_us=draw(quantities), energy_wh=draw(quantities))]
    for _ in range(draw(st.integers(1, 12))):
        time_s, idle_s = draw(st.integers(0, 900)), draw(st.integers(0, 900))
        before = readings[-1]
        readings.append(
            Reading(
                at_us=before.at_us + draw(st.integers(0, 10**6)),
                energy_wh=before.energy_wh + draw(st.integers(0, POWER_W * time_s // 3600)),
                time_s=before.time_s + time_s,
                idle_s=before.idle_s + idle_s,
                reserved_s=before.reserved_s + draw(st.sampled_from([0, 0, 600])),
            )
        )
    return readings


def under(tariff: Tariff, amount_max: int) -> Terms:
    """Return terms with that tariff and limit."""
    limits = msgspec.structs.replace(TERMS.limits, amount_max=amount_max)
    return msgspec.structs.replace(TERMS, tariff=tariff, limits=limits, slice_amount=1)


agreements = st.builds(under, tariffs(), st.integers(1, 10**12))


def billed(terms: Terms, readings: list[Reading]) -> Bill:
    """Return the bill that a seller writes over these readings."""
    bill = Bill()
    for start, end in pairwise(readings):
        bill = bill.plus(next_chunk(terms, bill, start=start, end=end))
    return bill


@given(terms=agreements, readings=meters(), data=st.data())
def test_how_a_bill_is_cut_does_not_matter(
    terms: Terms, readings: list[Reading], data: st.DataObject
) -> None:
    """Any choice of readings in between gives the same total, which is the cost of the whole."""
    kept = [reading for reading in readings[1:-1] if data.draw(st.booleans())]
    coarse = billed(terms, [readings[0], *kept, readings[-1]])
    fine = billed(terms, readings)
    whole = terms.tariff.cost(readings[-1].since(readings[0]))
    assert coarse.total == fine.total == min(whole, terms.limits.amount_max)
    assert coarse.usage == fine.usage == readings[-1].since(readings[0])


@given(terms=agreements, readings=meters())
def test_a_bill_only_grows(terms: Terms, readings: list[Reading]) -> None:
    """No chunk has a negative cost, and no bill exceeds what was agreed."""
    bill = billed(terms, readings)
    totals = [bill.until(count).total for count in range(len(bill.chunks) + 1)]
    assert totals == sorted(totals)
    assert totals[-1] == bill.total <= terms.limits.amount_max
    assert all(chunk.cost >= 0 for chunk in bill.chunks)


@given(terms=agreements, readings=meters(), data=st.data())
def test_both_sides_know_one_bill(
    terms: Terms, readings: list[Reading], data: st.DataObject
) -> None:
    """A buyer that hears any overlapping parts, in order, ends with the seller's bill."""
    bill, known = billed(terms, readings), Bill()
    while known != bill:
        index = data.draw(st.integers(0, len(known.chunks)))
        until = data.draw(st.integers(len(known.chunks) + 1, len(bill.chunks)))
        known = extend(terms, known, index=index, chunks=bill.chunks[index:until])
    assert extend(terms, known, index=0, chunks=bill.chunks) == bill


@given(terms=agreements, readings=meters(), data=st.data())
def test_a_known_chunk_never_changes(
    terms: Terms, readings: list[Reading], data: st.DataObject
) -> None:
    """A seller that tells a known chunk otherwise, or leaves it out, is not believed."""
    bill = billed(terms, readings)
    index = data.draw(st.integers(0, len(bill.chunks) - 1))
    old = bill.chunks[index]
    other = msgspec.structs.replace(old, cost=old.cost + data.draw(st.sampled_from([-1, 1])))
    told = (*bill.chunks[:index], other, *bill.chunks[index + 1 :])
    with pytest.raises(ImplausibleError, match="a chunk of the bill has changed"):
        extend(terms, bill, index=0, chunks=told)
    with pytest.raises(ImplausibleError, match="a chunk of the bill has changed"):
        extend(terms, bill, index=index, chunks=bill.chunks[index + 1 :])
    with pytest.raises(ImplausibleError, match="a chunk of the bill is missing"):
        extend(terms, bill.until(index), index=index + 1, chunks=bill.chunks[index + 1 :])


@given(terms=agreements, readings=meters(), data=st.data())
def test_a_wrong_cost_is_found(terms: Terms, readings: list[Reading], data: st.DataObject) -> None:
    """One base unit more or less than the tariff says is not the bill."""
    bill = billed(terms, readings)
    last = bill.chunks[-1]
    wrong = data.draw(st.integers(-(10**6), 10**6).filter(bool))
    forged = Chunk(start=last.start, end=last.end, cost=last.cost + wrong)
    with pytest.raises(ImplausibleError, match="where the tariff says"):
        check_chunk(terms, bill.until(len(bill.chunks) - 1), forged)


@given(tariff=tariffs(), usage=usages, more=usages)
def test_more_never_costs_less(tariff: Tariff, usage: Usage, more: Usage) -> None:
    """A tariff is monotone in every quantity, and stays between its minimum and maximum."""
    total = Usage(
        energy_wh=usage.energy_wh + more.energy_wh,
        time_s=usage.time_s + more.time_s,
        idle_s=usage.idle_s + more.idle_s,
        reserved_s=usage.reserved_s + more.reserved_s,
    )
    assert tariff.cost(usage) <= tariff.cost(total)
    assert tariff.minimum <= tariff.cost(usage)
    assert tariff.maximum is None or tariff.cost(total) <= tariff.maximum


@given(element=elements, usage=usages)
def test_rounding_is_as_stated(element: Element, usage: Usage) -> None:
    """Quantities go up to whole steps, money goes down to whole base units: never further."""
    assume(element.kind is not ElementKind.FLAT)
    quantity, unit = {
        ElementKind.ENERGY: (usage.energy_wh, 1_000),
        ElementKind.TIME: (usage.time_s, 3_600),
        ElementKind.PARKING_TIME: (usage.idle_s, 3_600),
        ElementKind.RESERVATION: (usage.reserved_s, 3_600),
    }[element.kind]
    exact = Fraction(element.price * quantity, unit)
    most = Fraction(element.price * (quantity + element.step - 1), unit)
    assert exact - 1 < element.cost(usage) <= most
    if quantity % element.step == 0:
        assert element.cost(usage) == exact // 1


@given(readings=meters())
def test_a_real_meter_is_always_believed(readings: list[Reading]) -> None:
    """Whatever flows within the rated power passes, over any stretch of the meter."""
    for start in range(len(readings)):
        for end in range(start, len(readings)):
            check_step(readings[start], readings[end], power_w_max=POWER_W)


@given(terms=agreements, readings=meters())
def test_both_ends_cost_alike(terms: Terms, readings: list[Reading]) -> None:
    """The cost at a reading does not depend on who computes it when."""
    costs = [cost_at(terms, readings[0], reading) for reading in readings]
    assert costs == sorted(costs)
    assert billed(terms, readings).total == costs[-1]
