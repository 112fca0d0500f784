"""What a person types to a fake does what it says, or is answered with what may be typed."""

from collections.abc import AsyncIterator

import pytest

from fake_devices import (
    Control,
    FakeOptionError,
    OutletPhysics,
    charger_controls,
    obey,
    obey_lines,
    usage,
)
from tests.conformance.story_clock import BenchClock


class Bench:
    """An outlet with its controls, and what they have told."""

    def __init__(self) -> None:
        self.outlet = OutletPhysics(BenchClock(), rated_w=11_000)
        self.changes = 0
        self.links: list[bool] = []
        self.controls: dict[str, Control] = charger_controls(
            self.outlet, changed=self._change, link=self.links.append
        )

    def _change(self) -> None:
        self.changes += 1


async def test_a_car_comes_and_goes() -> None:
    """Plug and unplug, with a power and a need or without."""
    bench = Bench()
    bench.outlet.switch(on=True)
    await obey("plug 3000", bench.controls)
    assert bench.outlet.power_w == 3_000
    await obey("  plug  ", bench.controls)
    assert bench.outlet.power_w == 11_000
    await obey("plug 5000 0", bench.controls)
    assert bench.outlet.power_w == 0
    await obey("unplug", bench.controls)
    assert not bench.outlet.is_plugged
    assert bench.changes == 4


async def test_it_breaks_and_is_repaired() -> None:
    """A fault has a reason, given or usual."""
    bench = Bench()
    await obey("fault relay welded", bench.controls)
    assert bench.outlet.fault == "relay welded"
    await obey("repair", bench.controls)
    assert bench.outlet.fault == ""
    await obey("fault", bench.controls)
    assert bench.outlet.fault


async def test_its_connection_is_cut_and_joined() -> None:
    """Both are passed on to the wire."""
    bench = Bench()
    await obey("cut", bench.controls)
    await obey("join", bench.controls)
    assert bench.links == [False, True]


@pytest.mark.parametrize("line", ["plug much", "plug -1", "unplug now", "explode", "plug ²"])
async def test_wrong_words_change_nothing(line: str) -> None:
    """They are refused with what is wrong."""
    bench = Bench()
    with pytest.raises(FakeOptionError):
        await obey(line, bench.controls)
    assert (bench.changes, bench.outlet.is_plugged, bench.links) == (0, False, [])


async def test_lines_go_on_behind_a_wrong_one() -> None:
    """What is wrong is told, and the next line counts."""
    bench, told = Bench(), list[str]()

    async def lines() -> AsyncIterator[str]:
        for line in ("", "explode", "plug 1000"):
            yield line

    await obey_lines(lines(), bench.controls, told.append)
    assert bench.outlet.is_plugged
    assert told == [f"'explode' is nothing to do: type {usage(bench.controls)}"]
