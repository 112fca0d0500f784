"""What a person may do to a fake: the words, and the reading of lines.

`charger_controls` are those of every charger; a device adds its own beside them.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from fake_devices.device import Control, Tell
from fake_devices.errors import FakeOptionError
from fake_devices.outlet_physics import OutletPhysics

DEMAND_W = 11_000
"""What a car asks for when nothing is said. [W]"""

Link = Callable[[bool], None]
"""Takes whether the device may be connected from now on."""


def charger_controls(
    outlet: OutletPhysics, *, changed: Callable[[], None], link: Link
) -> dict[str, Control]:
    """Return what can be done to any charger.

    Args:
        outlet: Its physics.
        changed: Is called after each change, so that the device says what is new.
        link: Cuts the device's connection, or lets it come back.
    """

    async def plug(words: Sequence[str]) -> None:
        outlet.plug_in(_watts(words), needs_wh=_needs_wh(words))
        changed()

    async def unplug(words: Sequence[str]) -> None:
        _nothing_more(words)
        outlet.unplug()
        changed()

    async def fault(words: Sequence[str]) -> None:
        outlet.break_down(" ".join(words) or "ground failure")
        changed()

    async def repair(words: Sequence[str]) -> None:
        _nothing_more(words)
        outlet.repair()
        changed()

    return {
        "plug": Control("plug [WATTS [WATT-HOURS]]", plug),
        "unplug": Control("unplug", unplug),
        "fault": Control("fault [REASON]", fault),
        "repair": Control("repair", repair),
        **link_controls(link),
    }


def link_controls(link: Link) -> dict[str, Control]:
    """Return what can be done to any device's connection.

    Args:
        link: Cuts it, or lets it come back.
    """

    async def cut(words: Sequence[str]) -> None:
        _nothing_more(words)
        link(False)

    async def join(words: Sequence[str]) -> None:
        _nothing_more(words)
        link(True)

    return {"cut": Control("cut", cut), "join": Control("join", join)}


def usage(controls: Mapping[str, Control]) -> str:
    """Return all that may be typed, in one line."""
    return ", ".join(control.usage for control in controls.values())


async def obey(line: str, controls: Mapping[str, Control]) -> None:
    """Do what one line says; an empty one says nothing.

    Raises:
        FakeOptionError: It says nothing that the device knows.
    """
    first, *words = line.split() or [""]
    if not first:
        return
    control = controls.get(first)
    if control is None:
        raise FakeOptionError(f"{first!r} is nothing to do: type {usage(controls)}")
    await control.act(words)


async def obey_lines(
    lines: AsyncIterator[str], controls: Mapping[str, Control], tell: Tell
) -> None:
    """Do what lines say, one after the other; what is wrong with one is told.

    Args:
        lines: What is typed.
        controls: What the device knows.
        tell: Takes what is wrong with a line.
    """
    async for line in lines:
        try:
            await obey(line, controls)
        except FakeOptionError as error:
            tell(str(error))


def whole_number(word: str, what: str) -> int:
    """Return a word as a number of 0 or more.

    Raises:
        FakeOptionError: It is none.
    """
    if not word.isascii() or not word.isdigit():
        raise FakeOptionError(f"{word!r} is no {what}: type a whole number")
    return int(word)


def _watts(words: Sequence[str]) -> int:
    return whole_number(words[0], "number of watts") if words else DEMAND_W


def _needs_wh(words: Sequence[str]) -> int | None:
    return whole_number(words[1], "number of watt-hours") if len(words) > 1 else None


def _nothing_more(words: Sequence[str]) -> None:
    if words:
        raise FakeOptionError(f"{' '.join(words)!r} is too much: the first word says all")
