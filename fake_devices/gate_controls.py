"""What a person may do to any fake gate."""

from collections.abc import Callable, Sequence

from fake_devices.controls import Link, link_controls
from fake_devices.device import Control
from fake_devices.gate_physics import GatePhysics


def gate_controls(gate: GatePhysics, *, link: Link, wake: Callable[[], None]) -> dict[str, Control]:
    """Return what can be done to a gate.

    Args:
        gate: Its physics.
        link: Cuts the device's connection, or lets it come back.
        wake: Does what the firmware does when the power comes.
    """

    async def vehicle(_words: Sequence[str]) -> None:
        gate.vehicle(present=True)

    async def leave(_words: Sequence[str]) -> None:
        gate.vehicle(present=False)

    async def off(_words: Sequence[str]) -> None:
        gate.lose_power()
        link(False)

    async def on(_words: Sequence[str]) -> None:
        gate.get_power()
        wake()
        link(True)

    return {
        "vehicle": Control("vehicle", vehicle),
        "leave": Control("leave", leave),
        "off": Control("off", off),
        "on": Control("on", on),
        **link_controls(link),
    }
