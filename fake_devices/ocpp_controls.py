"""What a person may do to a fake OCPP station: the same as for any charger, by connector."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from fake_devices.controls import DEMAND_W, link_controls, whole_number
from fake_devices.device import Control
from fake_devices.errors import FakeOptionError

if TYPE_CHECKING:
    from fake_devices.ocpp_station import Station


def station_controls(station: "Station") -> dict[str, Control]:
    """Return what can be done to a station."""

    async def plug(words: Sequence[str]) -> None:
        number, *rest = _connector(station, words, more=2)
        power_w = whole_number(rest[0], "number of watts") if rest else DEMAND_W
        needs_wh = whole_number(rest[1], "number of watt-hours") if len(rest) > 1 else None
        station.plug_in(int(number), power_w, needs_wh=needs_wh)

    async def fault(words: Sequence[str]) -> None:
        number, *rest = _connector(station, words, more=1)
        station.break_down(int(number), *rest)

    async def power(words: Sequence[str]) -> None:
        match list(words):
            case ["off"]:
                station.power_off()
            case ["on"]:
                station.power_on()
            case _:
                raise FakeOptionError("type power off, or power on")

    async def tap(words: Sequence[str]) -> None:
        number, *rest = _connector(station, words, more=1)
        if not rest:
            raise FakeOptionError("type the card's id after the connector")
        station.tap(int(number), rest[0])

    def at_connector(act: Callable[[int], None]) -> Callable[[Sequence[str]], Awaitable[None]]:
        async def do(words: Sequence[str]) -> None:
            act(int(_connector(station, words, more=0)[0]))

        return do

    def link(on: bool) -> None:
        if on:
            station.link.restore()
        else:
            station.link.cut()

    return {
        "plug": Control("plug CONNECTOR [WATTS [WATT-HOURS]]", plug),
        "unplug": Control("unplug CONNECTOR", at_connector(station.unplug)),
        "tap": Control("tap CONNECTOR CARD", tap),
        "stop": Control("stop CONNECTOR", at_connector(station.press_stop)),
        "fault": Control("fault CONNECTOR [CODE]", fault),
        "repair": Control("repair CONNECTOR", at_connector(station.repair)),
        "power": Control("power off|on", power),
        **link_controls(link),
    }


def _connector(station: "Station", words: Sequence[str], *, more: int) -> Sequence[str]:
    """Return the words, if they begin with a connector and are not too many."""
    if not words or not words[0].isdecimal() or int(words[0]) not in station.connectors:
        raise FakeOptionError(f"name a connector first: 1 to {len(station.connectors)}")
    if len(words) > more + 1:
        raise FakeOptionError(f"{' '.join(words[more + 1 :])!r} is too much")
    return words
