"""The site's limit holds on the devices, whatever fails while the limits are set."""

import pytest

from agent_runtime import ManualClock
from charger_agent import DriverFaultedError
from charger_agent.power_sharing import PowerSharing


class Device:
    """A device that obeys, unless it is broken; all of them write into one list."""

    def __init__(self, name: str, told: list[tuple[str, int]]) -> None:
        self.name = name
        self.told = told
        self.broken = False

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Take a limit."""
        if self.broken:
            raise DriverFaultedError(f"{self.name} is broken")
        self.told.append((self.name, power_w))


class Site:
    """Three outlets behind 30 kW, and what they have been told."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.told: list[tuple[str, int]] = []
        self.devices = {name: Device(name, self.told) for name in ("a", "b", "c")}
        self.sharing = PowerSharing(
            self.devices,  # type: ignore[arg-type]
            clock=self.clock,
            site_power_w=30_000,
            valid_for_s=90,
        )

    async def share(self, renewed: str = "", **allotments_w: int) -> list[tuple[str, int]]:
        """Share, and return what the devices were told."""
        self.told.clear()
        await self.sharing.share(allotments_w, renewed=renewed)
        return list(self.told)


@pytest.fixture
async def site() -> Site:
    """Return a site that has told its devices nothing yet."""
    return Site()


async def test_what_falls_is_set_before_what_rises(site: Site) -> None:
    """At no instant the devices may take more than there is."""
    assert await site.share(a=20_000, c=10_000) == [("a", 20_000), ("c", 10_000)]
    assert await site.share(a=10_000, b=10_000, c=10_000) == [("a", 10_000), ("b", 10_000)]


async def test_a_limit_in_force_is_not_set_again(site: Site) -> None:
    """Only when a part of its life is over it is renewed, and a zero never is."""
    await site.share(a=20_000, b=0)
    assert await site.share("a", a=20_000, b=0) == []
    await site.clock.advance(31)
    assert await site.share("b", a=20_000, b=0) == []
    assert await site.share("a", a=20_000, b=0) == [("a", 20_000)]


async def test_a_session_that_falls_silent_loses_its_limit(site: Site) -> None:
    """Others do not renew it, and what it had is theirs when it has died."""
    site.sharing.keep_short("a", 10)
    await site.share("a", a=20_000, b=10_000)
    await site.clock.advance(9)
    assert await site.share("b", a=0, b=10_000) == [("a", 0)]
    await site.share("a", a=20_000, b=10_000)
    await site.clock.advance(4)
    assert await site.share("a", a=20_000, b=10_000) == [("a", 20_000)]


async def test_one_broken_outlet_harms_no_other(site: Site) -> None:
    """It is told, and the others get their limits."""
    site.devices["a"].broken = True
    assert await site.share(a=10_000, b=10_000, c=10_000) == [("b", 10_000), ("c", 10_000)]
    assert site.sharing.faults == {"a": "a is broken"}
    site.devices["a"].broken = False
    assert await site.share(a=10_000, b=10_000, c=10_000) == [("a", 10_000)]
    assert site.sharing.faults == {}


async def test_an_outlet_that_does_not_fall_keeps_its_share(site: Site) -> None:
    """What it may still take is given to nobody else until its limit dies by itself."""
    await site.share(a=20_000, b=10_000)
    site.devices["a"].broken = True
    assert await site.share(a=0, b=30_000) == []
    assert sum((20_000, 10_000)) <= 30_000
    await site.clock.advance(90)
    assert await site.share(a=0, b=30_000) == [("b", 30_000)]
