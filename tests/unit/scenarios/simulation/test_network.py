"""The simulated network: what its weather does to frames."""

from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from scenarios.simulation.loop import VirtualLoop
from scenarios.simulation.network import Network, Weather


class Wire:
    """A network, and what arrived over it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.seen: list[tuple[str, str]] = []
        self.arrived: list[tuple[int, float]] = []
        self.network = Network(loop, Random(1), lambda *ends: self.seen.append(ends))

    def send(self, count: int) -> None:
        """Send numbered frames from a to b, and let all arrive."""
        for number in range(count):
            self.network.carry(partial(self._take, number), source="a", target="b")
        self.loop.advance(10)

    def _take(self, number: int) -> None:
        self.arrived.append((number, self.loop.time()))

    @property
    def numbers(self) -> list[int]:
        """What arrived, in order."""
        return [number for number, _ in self.arrived]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Give a network on a loop of its own."""
    loop = VirtualLoop()
    yield Wire(loop)
    loop.end()


def test_in_fair_weather_all_arrive_in_order_and_late(wire: Wire) -> None:
    """Frames take time, and do not overtake each other."""
    wire.send(50)
    assert wire.numbers == list(range(50))
    assert all(at_s > 0 for _, at_s in wire.arrived)
    assert wire.seen == [("a", "b")] * 50


def test_a_storm_loses_repeats_and_reorders(wire: Wire) -> None:
    """Each thing that weather can do is done to some frame."""
    wire.network.weather = Weather(delay_s=(0.01, 0.5), loss=0.2, repeat=0.2, reorder=True)
    wire.send(200)
    assert wire.network.lost > 10
    assert len(wire.numbers) > len(set(wire.numbers))
    assert wire.numbers != sorted(wire.numbers)
    assert len(set(wire.numbers)) == 200 - wire.network.lost


def test_nothing_passes_a_cut(wire: Wire) -> None:
    """Who is cut off gets nothing, not even what was under way, and comes back whole."""
    wire.network.owners["b"] = "bob"
    wire.network.carry(lambda: wire.arrived.append((-1, 0.0)), source="a", target="b")
    wire.network.cut_off("bob")
    wire.network.cut_off("bob")
    wire.send(5)
    wire.network.connect_again("bob")
    wire.send(5)
    assert wire.numbers == []
    assert wire.network.lost == 11
    wire.network.connect_again("bob")
    wire.send(5)
    assert wire.numbers == list(range(5))


def test_a_clogged_link_is_slow(wire: Wire) -> None:
    """What goes to or from somebody clogged comes later by as much."""
    wire.network.clog("b", 1.5)
    wire.send(1)
    wire.network.clog("b", 0.0)
    wire.send(1)
    (_, slow_s), (_, quick_s) = wire.arrived
    assert 1.5 < slow_s < 1.6
    assert quick_s < 10.1
