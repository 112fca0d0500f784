"""Which charging profile counts at an instant, and when that changes."""

from typing import Any

import pytest

from fake_devices.ocpp_profiles import NEVER_S, Period, Profile, ProfileStack, Purpose

LIMIT_W = 7_000.0


def profile(**changes: Any) -> Profile:  # noqa: ANN401 (fields)
    """Return a default profile of one period, if nothing else is said."""
    values: dict[str, Any] = {
        "number": 1,
        "connector": 0,
        "stack_level": 0,
        "purpose": Purpose.DEFAULT,
        "periods": (Period(0, LIMIT_W),),
    }
    return Profile(**(values | changes))


def limit_w(stack: ProfileStack, at_s: float = 1_000.0, *, transaction: str = "a") -> float:
    """Return what connector 1 may give; charging began at 900."""
    return stack.limit_w(1, at_s, transaction=transaction, began_s=900.0)


def stacked(*profiles: Profile) -> ProfileStack:
    """Return a stack of profiles."""
    stack = ProfileStack()
    for each in profiles:
        stack.install(each)
    return stack


def test_without_a_profile_nothing_bounds() -> None:
    """That is the trap: a station without any profile charges without constraint."""
    assert limit_w(ProfileStack()) == NEVER_S


def test_the_transactions_own_counts_before_the_default() -> None:
    """And only for that transaction, and only while it lasts."""
    own = profile(
        number=2, connector=1, purpose=Purpose.TRANSACTION, transaction="a", duration_s=200,
        periods=(Period(0, 11_000),),
    )  # fmt: skip
    stack = stacked(profile(), own)
    assert limit_w(stack) == 11_000
    assert limit_w(stack, 1_100.0) == LIMIT_W
    assert limit_w(stack, transaction="b") == LIMIT_W
    assert limit_w(stack, transaction="") == LIMIT_W


def test_the_maximum_bounds_both() -> None:
    """The station's bound is never exceeded."""
    stack = stacked(
        profile(), profile(number=2, purpose=Purpose.MAXIMUM, periods=(Period(0, 3_000),))
    )
    assert limit_w(stack) == 3_000


def test_the_higher_level_counts_while_it_says_something() -> None:
    """A higher level that is not active yet, or no more, leaves it to the lower one."""
    upper = profile(number=2, stack_level=1, start_s=950.0, duration_s=100, periods=(Period(0, 1),))
    stack = stacked(profile(), upper)
    assert [limit_w(stack, at_s) for at_s in (949.0, 950.0, 1_049.0, 1_050.0)] == [
        LIMIT_W, 1, 1, LIMIT_W,
    ]  # fmt: skip


@pytest.mark.parametrize("same", [{"number": 1, "stack_level": 5}, {"number": 2}])
def test_the_same_id_or_level_replaces(same: dict[str, int]) -> None:
    """One profile of an id, and one of a level, purpose and connector."""
    stack = stacked(profile(), profile(periods=(Period(0, 1),), **same))
    assert len(stack.profiles) == 1
    assert limit_w(stack) == 1
    assert stack.remove(stack.profiles)
    assert not stack.remove([profile()])


def test_periods_amperes_and_days() -> None:
    """Periods follow each other, amperes are for their phases, a day begins anew."""
    days = profile(
        unit="A", start_s=0.0, duration_s=7_200, repeats_s=86_400.0,
        periods=(Period(0, 16), Period(3_600, 10, 1)),
    )  # fmt: skip
    stack = stacked(days)
    wanted = {0: 11_040, 3_599: 11_040, 3_600: 2_300, 7_200: NEVER_S, 86_400 + 3_600: 2_300}
    assert {at_s: limit_w(stack, at_s) for at_s in wanted} == wanted


def test_a_relative_schedule_begins_with_the_charge() -> None:
    """Its duration counts from the beginning of the charge, not from when it was set."""
    stack = stacked(profile(duration_s=150))
    assert limit_w(stack, 1_049.0) == LIMIT_W
    assert limit_w(stack, 1_050.0) == NEVER_S


def test_the_next_change_is_found() -> None:
    """All instants at which a limit may change by itself, the next one first."""
    stack = stacked(
        profile(start_s=100.0, duration_s=50, periods=(Period(0, 5), Period(20, 6))),
        profile(number=2, stack_level=1, valid_from_s=130.0, valid_until_s=140.0),
    )
    found, at_s = [], 0.0
    while (at_s := stack.next_change_s(at_s, began_s=0.0)) < NEVER_S:
        found.append(at_s)
    assert found == [100, 120, 130, 140, 150]
