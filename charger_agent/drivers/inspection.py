"""What a driver may tell of its device to whoever puts it into service; a driver need not.

`tangleway doctor charger` asks for it. A driver that speaks of itself has `inspect`; one that can
lose its link on purpose and take it up again has `reconnect`.
"""

from typing import Protocol, runtime_checkable

import msgspec


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a device."""

    protocol: str
    """What it speaks, with the version: `OCPP 1.6J`, `MQTT 5, go-e API v2`."""
    firmware: str = ""
    """Its firmware, where it tells."""
    clock_off_s: float | None = None
    """How far its clock is ahead; None where it has none that matters. [s]"""
    last_will: bool | None = None
    """Whether the broker tells when it vanishes; None where there is no broker."""


@runtime_checkable
class Inspectable(Protocol):
    """A driver that tells of its device."""

    async def inspect(self) -> DeviceFacts:
        """Return what is known of the device; the driver is open.

        Raises:
            DriverError: The device does not answer.
        """
        ...


@runtime_checkable
class Reconnecting(Protocol):
    """A driver that can lose its link on purpose."""

    async def reconnect(self) -> None:
        """Cut the link, and return as soon as the device answers again.

        Raises:
            DriverError: It does not.
        """
        ...
