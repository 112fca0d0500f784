"""A site shares its power fairly and knows who has which outlet."""

import pytest

from charger_agent import Outlet, Site, share_power

ADA, BOB = b"a" * 16, b"b" * 16


@pytest.mark.parametrize(
    ("demands_w", "limit_w", "shares_w"),
    [
        ({}, 10, {}),
        ({"a": 5, "b": 7}, 20, {"a": 5, "b": 7}),
        ({"a": 30, "b": 30}, 20, {"a": 10, "b": 10}),
        ({"a": 4, "b": 30, "c": 30}, 20, {"a": 4, "b": 8, "c": 8}),
        ({"b": 30, "a": 30, "c": 30}, 20, {"a": 7, "b": 7, "c": 6}),
        ({"a": 0, "b": 30}, 20, {"a": 0, "b": 20}),
        ({"a": 5, "b": 5}, 0, {"a": 0, "b": 0}),
    ],
)
def test_power_is_shared(demands_w: dict[str, int], limit_w: int, shares_w: dict[str, int]) -> None:
    """Everybody gets the same, but nobody more than it asks for."""
    assert share_power(demands_w, limit_w=limit_w) == shares_w


@pytest.fixture
def site() -> Site:
    """Return a site of three outlets that can not all give their most."""
    outlets = (
        Outlet("slow", power_w_max=11_000),
        Outlet("fast-b", power_w_max=50_000),
        Outlet("fast-a", power_w_max=50_000),
    )
    return Site(outlets, power_w_max=60_000)


def test_the_strongest_free_outlet_is_offered(site: Site) -> None:
    """Strength first, then the name; taken ones are left out."""
    for name in ("fast-a", "fast-b", "slow"):
        outlet = site.free_outlet()
        assert outlet is not None
        assert outlet.name == name
        outlet.occupy(name.encode())
    assert site.free_outlet() is None
    assert site.occupancy == 1


def test_new_demands_change_all_allotments(site: Site) -> None:
    """A car that comes takes from the others, one that leaves gives back."""
    site.demand("fast-a", 80_000)
    assert site.allotments_w() == {"fast-a": 50_000}
    site.demand("fast-b", 40_000)
    site.demand("slow", 7_000)
    assert site.allotments_w() == {"fast-a": 27_000 - 500, "fast-b": 26_500, "slow": 7_000}
    assert site.load == pytest.approx(97 / 60)
    site.demand("fast-a", 0)
    assert site.allotments_w() == {"fast-a": 0, "fast-b": 40_000, "slow": 7_000}


def test_dialogues_find_their_outlets(site: Site) -> None:
    """Each dialogue has one outlet at most; nobody has none."""
    site.outlets["slow"].reserve(ADA, until_s=10)
    outlet = site.outlet_of(ADA)
    assert outlet is not None
    assert outlet.name == "slow"
    assert site.outlet_of(BOB) is None
    assert site.outlet_of(b"") is None


def test_no_shows_are_released(site: Site) -> None:
    """The site names the dialogues that missed their time."""
    site.outlets["slow"].reserve(ADA, until_s=10)
    site.outlets["fast-a"].reserve(BOB, until_s=20)
    assert site.occupancy == pytest.approx(2 / 3)
    assert site.expire(15) == (ADA,)
    assert site.expire(15) == ()
    assert site.outlet_of(BOB) is not None
