"""Who calls next is offered another place, where there is one."""

from agent_runtime import ManualClock
from agent_runtime.recent_offers import RecentOffers
from negotiation import OFFER_S

PLACES = ("best", "good", "poor")


async def test_each_caller_is_offered_another_place() -> None:
    """The best first; when all are on offer, the one that was offered the longest ago."""
    clock = ManualClock()
    offers = RecentOffers(clock)
    chosen = []
    for _ in range(5):
        chosen.append(offers.choose(PLACES))
        await clock.advance(1)
    assert chosen == ["best", "good", "poor", "best", "good"]


async def test_an_offer_that_has_expired_counts_no_more() -> None:
    """Then the best is the best again."""
    clock = ManualClock()
    offers = RecentOffers(clock)
    assert offers.choose(PLACES) == "best"
    await clock.advance(OFFER_S)
    assert offers.choose(PLACES) == "best"


async def test_a_buyer_that_bargains_stays_with_its_place() -> None:
    """As long as that is free."""
    offers = RecentOffers(ManualClock())
    assert offers.choose(PLACES) == "best"
    assert offers.choose(PLACES, favourite="best") == "best"
    assert offers.choose(PLACES[1:], favourite="best") == "good"


async def test_no_place_is_none() -> None:
    """A full house has nothing to offer."""
    assert RecentOffers(ManualClock()).choose(()) is None
