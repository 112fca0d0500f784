"""Set the power limits of all outlets so that the site's limit holds on real devices.

Limits are set one after the other, so the order matters: what falls is set before what rises, and
an outlet that does not obey keeps its share until its limit dies by itself. So the sum of what the
devices have been told never exceeds the site's power, whatever fails on the way.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from charger_agent.drivers import ChargerDriver, StoryClock
from ledger_core import TanglewayError

RENEW_SHARE = 3
"""A limit is set anew when one part in so many of its life is over: two renewals may fail."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """What an outlet was told last."""

    power_w: int
    set_at_s: float
    valid_for_s: float


class PowerSharing:
    """The limits that the outlets of one site have been told.

    Args:
        drivers: The outlets' devices by name.
        clock: Story time.
        site_power_w: What there is for all together. [W]
        valid_for_s: How long a limit lives in a device at most. [story s]
    """

    def __init__(
        self,
        drivers: Mapping[str, ChargerDriver],
        *,
        clock: StoryClock,
        site_power_w: int,
        valid_for_s: float,
    ) -> None:
        self._drivers = drivers
        self._clock = clock
        self._site_power_w = site_power_w
        self._valid_for_s = valid_for_s
        self._lives_s: dict[str, float] = {}
        self._limits: dict[str, _Limit] = {}
        self._turn = asyncio.Lock()
        self.faults: dict[str, str] = {}
        """Outlets that did not obey the last time, and why."""

    def keep_short(self, name: str, valid_for_s: float) -> None:
        """Let the limits of an outlet live no longer than this from now on. [story s]"""
        self._lives_s[name] = min(valid_for_s, self._valid_for_s)

    async def share(self, allotments_w: Mapping[str, int], *, renewed: str = "") -> None:
        """Tell the outlets what each may give; one that fails is noted and harms no other.

        Args:
            allotments_w: What each outlet may give. [W]
            renewed: The outlet whose session is alive: its limit is set anew before it dies. That
                of a session which has fallen silent is not.
        """
        async with self._turn:
            told_w = {name: self._told_w(name) for name in {**self._limits, **allotments_w}}
            room_w = self._site_power_w - sum(told_w.values())
            for name in sorted(
                allotments_w, key=lambda name: (allotments_w[name] > told_w[name], name)
            ):
                power_w = min(allotments_w[name], max(0, room_w + told_w[name]))
                if self._is_due(name, power_w, is_renewed=name == renewed):
                    await self._tell(name, power_w)
                    room_w += told_w[name] - self._told_w(name)

    async def _tell(self, name: str, power_w: int) -> None:
        valid_for_s = self._lives_s.get(name, self._valid_for_s)
        try:
            await self._drivers[name].set_limit(power_w, valid_for_s=valid_for_s)
        except (OSError, TanglewayError) as error:
            self.faults[name] = str(error)
        else:
            self._limits[name] = _Limit(power_w, self._clock.story_s(), valid_for_s)
            self.faults.pop(name, None)

    def _told_w(self, name: str) -> int:
        """Return what an outlet may give as far as we know; a limit that has died is none. [W]"""
        limit = self._limits.get(name)
        if limit is None or self._clock.story_s() >= limit.set_at_s + limit.valid_for_s:
            return 0
        return limit.power_w

    def _is_due(self, name: str, power_w: int, *, is_renewed: bool) -> bool:
        limit = self._limits.get(name)
        if limit is None or limit.power_w != power_w or name in self.faults:
            return True
        renew_at_s = limit.set_at_s + limit.valid_for_s / RENEW_SHARE
        return is_renewed and power_w > 0 and self._clock.story_s() >= renew_at_s
