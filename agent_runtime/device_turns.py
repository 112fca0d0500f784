"""Calls on the devices of a trade: one after the other, and each of them ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent_runtime.clock import Clock
from agent_runtime.errors import DeliveryOverError, DeviceFailedError
from ledger_core import TanglewayError

DEVICE_S = 20.0
"""How long a call on a device may take; drivers promise to end, and this holds them to it.
[real s]"""

_ResultT = TypeVar("_ResultT")


class DeviceTurns:
    """The turns in which one dialogue's calls on its devices are made.

    So a late "go on" never overtakes an "end", however long a device takes for each.

    Args:
        clock: Real time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()

    async def call(self, work: Callable[[], Awaitable[_ResultT]]) -> _ResultT:
        """Make a call in its turn and return what comes of it.

        Args:
            work: Makes the call.

        Raises:
            DeviceFailedError: The device failed, or took longer than DEVICE_S.
            DeliveryOverError: It works, and there is nothing to deliver to any more.
        """
        async with self._lock:
            try:
                async with self._clock.timeout(DEVICE_S):
                    return await work()
            except TimeoutError as error:
                raise DeviceFailedError(f"it did not answer within {DEVICE_S:g} s") from error
            except DeliveryOverError:
                raise
            except (OSError, TanglewayError) as error:
                raise DeviceFailedError(str(error)) from error
