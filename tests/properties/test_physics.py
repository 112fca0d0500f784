"""What physics and prices never do, whatever happens.

A register never falls (P1), energy is never above rated power x
time (P2), a battery never holds more than fits (P3), a site never gives more than it has and never
keeps back what somebody wants (P4), prices stay positive and above their floors (P5), a policy is
a function of its offers and never leaves the budget (P6), a barrier never closes on a vehicle (P7),
seconds count once (P8).
"""

import asyncio
import math
import random
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from charger_agent import DriverSetup, Pricing, present_tariff, share_power
from charger_agent import Stay as ChargingStay
from charger_agent.drivers.simulated import SimulatedCharger
from negotiation import Element, ElementKind, Tariff, check_step, conceded_tariff
from parking_agent import Barrier, ParkingPricing, parking_tariff
from parking_agent import Stay as ParkingStay
from tests.conformance.story_clock import BenchClock
from vehicle_agent import (
    POLICIES,
    Battery,
    BatteryModel,
    CurvePoint,
    Offer,
    Wish,
    choose,
    counter_offer,
    is_acceptable,
    load_policy,
)

seconds = st.floats(0, 5_000, allow_nan=False)
watts = st.integers(0, 400_000)
prices = st.integers(1, 10**9)


@st.composite
def models(draw: st.DrawFn) -> BatteryModel:
    """Draw any battery."""
    inner = draw(st.lists(st.integers(1, 99), unique=True, max_size=6))
    shares = [0, *sorted(inner), 100]
    curve = tuple(CurvePoint(share, draw(st.integers(1, 400_000))) for share in shares)
    return BatteryModel(capacity_wh=draw(st.integers(1, 200_000)), curve=curve)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("plug_in"), watts),
        st.tuples(st.just("unplug"), st.none()),
        st.tuples(st.just("limit"), st.tuples(watts, st.floats(1, 4_000))),
        st.tuples(st.just("enable"), st.booleans()),
        st.tuples(st.just("wait"), st.floats(-500, 5_000)),
    ),
    max_size=40,
)
"""What may happen to a charger; waiting for less than nothing sets its clock back."""


async def carry_out(driver: SimulatedCharger, clock: BenchClock, move: tuple[str, object]) -> None:
    """Do one of the moves."""
    match move:
        case ("plug_in", int(demand_w)):
            driver.plug_in(demand_w)
        case ("unplug", _):
            driver.unplug()
        case ("limit", (int(power_w), float(valid_for_s))):
            await driver.set_limit(power_w, valid_for_s=valid_for_s)
        case ("enable", bool(on)):
            await driver.enable(on)
        case ("wait", float(story_s)):
            clock.advance(story_s)


@given(moves=moves, seed=st.integers(0, 99), rating_w=st.integers(1, 400_000))
def test_a_chargers_register_is_plausible(
    moves: list[tuple[str, object]], seed: int, rating_w: int
) -> None:
    """P1, P2: the register never falls, nor rises faster than rated power x time."""

    async def play() -> None:
        clock = BenchClock()
        driver = SimulatedCharger(
            DriverSetup(
                outlet="any",
                power_w_max=rating_w,
                fallback_w=rating_w // 10,
                options={"ripple": 0.05},
                clock=clock,
                random=random.Random(seed),
            )
        )
        before = await driver.meter()
        for move in moves:
            await carry_out(driver, clock, move)
            after = await driver.meter()
            assert 0 <= after.power_w <= rating_w
            energy_wh, elapsed_s = after.energy_wh - before.energy_wh, after.at_s - before.at_s
            assert 0 <= energy_wh <= rating_w * elapsed_s / 3_600 + 1
            before = after

    asyncio.run(play())


@given(
    steps=st.lists(st.tuples(st.floats(0, 3_000), st.booleans()), max_size=30),
    began_s=seconds,
    power_w=watts,
)
def test_a_charging_stay_satisfies_the_payer(
    steps: list[tuple[float, bool]], began_s: float, power_w: int
) -> None:
    """P1, P8: its readings pass the payer's own check, and each second counts once."""
    stay = ChargingStay(started_s=began_s, reserved_s=30)
    readings = [stay.opening(energy_wh=0, at_us=0)]
    now_s, energy_wh = began_s, 0.0
    for step_s, idle in steps:
        now_s += step_s
        energy_wh += 0 if idle else power_w * step_s / 3_600
        stay.advance(until_s=now_s, idle=idle)
        readings.append(stay.reading(energy_wh=int(energy_wh), at_us=int(now_s * 1e6)))
    for before, after in pairwise(readings):
        check_step(before, after, power_w_max=power_w)
    assert readings[-1].time_s + readings[-1].idle_s <= now_s - began_s
    assert readings[-1].time_s + readings[-1].idle_s > now_s - began_s - 1.001 or not steps


@given(steps=st.lists(seconds, max_size=30), booked_s=st.floats(1, 20_000))
def test_a_parking_stay_counts_seconds_once(steps: list[float], booked_s: float) -> None:
    """P1, P8: time and overstay add up to the stay, and overstay begins after what was booked."""
    stay = ParkingStay(started_s=10, booked_s=booked_s)
    now_s, before = 10.0, stay.opening(at_us=0)
    for step_s in steps:
        now_s += step_s
        after = stay.reading(at_s=now_s, at_us=int(now_s))
        check_step(before, after, power_w_max=0)
        assert after.time_s + after.idle_s == math.floor(now_s - 10)
        assert after.idle_s == 0 or after.time_s == math.ceil(booked_s)
        before = after


@given(
    model=models(),
    amounts=st.lists(st.tuples(st.booleans(), st.integers(0, 50_000)), max_size=40),
    share=st.floats(0, 1),
)
def test_a_battery_holds_what_fits(
    model: BatteryModel, amounts: list[tuple[bool, int]], share: float
) -> None:
    """P3: between empty and full, and what went in less what came out is what is there."""
    battery = Battery(model, energy_wh=int(model.capacity_wh * share))
    expected_wh = battery.energy_wh
    for charges, energy_wh in amounts:
        if charges:
            expected_wh += battery.charge(energy_wh)
        else:
            expected_wh -= battery.drive(energy_wh)
        assert 0 <= battery.energy_wh == expected_wh <= model.capacity_wh
        assert 0 <= battery.demand_w <= model.power_w_max
        assert (battery.demand_w == 0) == (battery.energy_wh == model.capacity_wh)


@given(model=models(), limit_w=st.integers(1, 400_000), cuts=st.tuples(*[st.floats(0, 1)] * 3))
def test_charging_times_add_up(
    model: BatteryModel, limit_w: int, cuts: tuple[float, float, float]
) -> None:
    """P2: two parts take as long as the whole, and no part is faster than its powers allow."""
    first, middle, last = (share * model.capacity_wh for share in sorted(cuts))

    def time_s(from_wh: float, to_wh: float) -> float:
        return model.time_to_charge_s(from_wh=from_wh, to_wh=to_wh, power_w_limit=limit_w)

    whole_s = time_s(first, last)
    assert math.isclose(
        time_s(first, middle) + time_s(middle, last), whole_s, rel_tol=1e-6, abs_tol=1e-6
    )
    least_s = 3_600 * (last - first) / min(limit_w, model.power_w_max)
    assert whole_s >= least_s * (1 - 1e-9)


@given(
    demands_w=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), watts, max_size=12),
    limit_w=st.integers(0, 2_000_000),
)
def test_a_site_shares_all_it_has(demands_w: dict[str, int], limit_w: int) -> None:
    """P4: nobody above its demand, all within the limit, nothing kept back, and fair."""
    shares_w = share_power(demands_w, limit_w=limit_w)
    assert shares_w.keys() == demands_w.keys()
    assert all(0 <= shares_w[name] <= demands_w[name] for name in demands_w)
    assert sum(shares_w.values()) == min(limit_w, sum(demands_w.values()))
    cut_w = [shares_w[name] for name in demands_w if shares_w[name] < demands_w[name]]
    assert all(power_w <= min(cut_w) + 1 for power_w in shares_w.values() if cut_w)


@given(energy=prices, load=st.floats(-1, 3), at_s=st.floats(0, 1e7), wish=prices)
def test_charging_prices_stay_above_their_floor(
    energy: int, load: float, at_s: float, wish: int
) -> None:
    """P5: never free, never above the dearest load, never below the floor of a concession."""
    base = Tariff(elements=(Element(kind=ElementKind.ENERGY, price=energy),))
    pricing = Pricing(tariff=base, load_percent=50, floor_percent=90)
    offered = present_tariff(pricing, load=load, at_s=at_s)
    price = offered.price(ElementKind.ENERGY)
    assert energy <= price <= -(-energy * 3 // 2)
    asked = Tariff(elements=(Element(kind=ElementKind.ENERGY, price=wish),), maximum=1)
    conceded = conceded_tariff(offered, asked, floor_percent=90).price(ElementKind.ENERGY)
    assert price * 9 / 10 <= conceded <= price
    assert conceded >= min(wish, price)


@given(time=prices, more=st.integers(0, 10**9), occupancy=st.floats(-1, 3), at_s=st.floats(0, 1e7))
def test_overstay_stays_dearer(time: int, more: int, occupancy: float, at_s: float) -> None:
    """P5: whatever occupancy and hour, an overstayed hour costs no less than a booked one."""
    elements = (
        Element(kind=ElementKind.TIME, price=time),
        Element(kind=ElementKind.PARKING_TIME, price=time + more),
    )
    pricing = ParkingPricing(tariff=Tariff(elements=elements))
    offered = parking_tariff(pricing, occupancy=occupancy, at_s=at_s)
    assert time <= offered.price(ElementKind.TIME) <= offered.price(ElementKind.PARKING_TIME)


offers = st.builds(
    Offer,
    seller=st.text("abc", min_size=1, max_size=3),
    price=st.integers(0, 10**7),
    amount_max=st.integers(0, 10**7),
    duration_s=st.floats(0, 10_000),
    detour_s=st.floats(0, 10_000),
    detour_m=st.floats(0, 100_000),
)
wishes = st.builds(Wish, budget=st.integers(1, 10**7), time_left_s=st.none() | st.floats(0, 10_000))


@given(
    several=st.lists(offers, max_size=8, unique_by=lambda offer: offer.seller),
    wish=wishes,
    name=st.sampled_from(sorted(POLICIES)),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_choice_is_a_function_of_the_offers(
    several: list[Offer], wish: Wish, name: str, shuffle: random.Random
) -> None:
    """P6: the order of offers does not matter, and no choice may exceed the budget."""
    policy = load_policy(name)
    chosen = choose(several, policy, wish)
    mixed = several.copy()
    shuffle.shuffle(mixed)
    assert choose(mixed, policy, wish) == chosen
    assert (chosen is None) == (not any(is_acceptable(offer, wish) for offer in several))
    assert chosen is None or max(chosen.price, chosen.amount_max) <= wish.budget


@given(energy=prices, minimum=st.integers(0, 10**6), wish=wishes, cap=st.none() | prices)
def test_counter_offers_ask_for_less(
    energy: int, minimum: int, wish: Wish, cap: int | None
) -> None:
    """P5, P6: a counter-offer is a tariff that is nowhere dearer and stays within the budget."""
    tariff = Tariff(
        elements=(Element(kind=ElementKind.ENERGY, price=energy),),
        minimum=minimum,
        maximum=None if cap is None else max(cap, minimum),
    )
    for policy in POLICIES.values():
        asked = counter_offer(tariff, policy, wish, counters_made=0)
        if asked is not None:
            assert 0 < asked.price(ElementKind.ENERGY) <= energy
            assert asked.minimum <= minimum
            assert asked.maximum is not None
            assert asked.minimum <= asked.maximum <= max(wish.budget, asked.minimum)
            assert msgspec.convert(msgspec.to_builtins(asked), Tariff) == asked


@given(
    move_s=st.sampled_from([0.0, 0.5, 2.0, 10.0]),
    happenings=st.lists(
        st.tuples(st.floats(0, 15), st.sampled_from(["pulse", "comes", "leaves"])), max_size=40
    ),
)
def test_a_barrier_never_closes_on_a_vehicle(
    move_s: float, happenings: list[tuple[float, str]]
) -> None:
    """P7: while a vehicle is under it, it may rise but not fall; shut, it waits for a pulse."""
    barrier, now_s = Barrier(started_s=0, move_s=move_s), 0.0
    for wait_s, happening in happenings:
        begins = barrier.openness(now_s)
        was_there = barrier.vehicle_present()
        for part in range(1, 5):
            after = barrier.openness(now_s + wait_s * part / 4)
            assert 0 <= after <= 1
            assert after >= begins or not was_there
            begins = after if was_there else begins
        now_s += wait_s
        if happening == "pulse":
            barrier.pulse_open(3, at_s=now_s)
        elif happening == "comes":
            barrier.vehicle_comes(at_s=now_s)
        else:
            barrier.vehicle_leaves(at_s=now_s)
