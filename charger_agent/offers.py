"""What a charging site offers when a car calls: an outlet, a price, and how far both go."""

import math

from agent_runtime import Clock, Deadlines, RecentOffers, terms_for
from charger_agent.outlet import Outlet, OutletState
from charger_agent.policy import present_tariff, session_limits
from charger_agent.settings import ChargerSettings
from charger_agent.site import Site
from negotiation import Cfp, Counter, Memory, Service, Tariff, Terms, conceded_tariff

ARRIVAL_MAX_S = 7_200.0
"""How far ahead an outlet is promised: longer ahead it only blocks others. [story s]"""


class Offers:
    """The offers of one site.

    Args:
        settings: The site's settings.
        site: Its outlets as they are.
        clock: Real and story time.
        account: The site's account key.
    """

    def __init__(
        self, settings: ChargerSettings, site: Site, *, clock: Clock, account: bytes
    ) -> None:
        self._settings = settings
        self._site = site
        self._clock = clock
        self._account = account
        self._recent = RecentOffers(clock)

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for the strongest free outlet, at a price from load and hour."""
        if call.service is not Service.CHARGE:
            return f"this site does not sell {call.service}"
        outlet = self._free_outlet(memory)
        if outlet is None:
            return "all outlets are taken"
        pricing = self._settings.pricing
        deadlines = Deadlines.of(
            self._clock, arrival_us=call.needs.arrival_us, kept_s=self._settings.reservation_s
        )
        if deadlines.arrives_in_s > ARRIVAL_MAX_S:
            return "no outlet is kept for so long"
        tariff = self._tariff(memory, counter)
        limits = session_limits(
            call.needs,
            tariff,
            power_w_max=outlet.power_w_max,
            idle_s=pricing.idle_grace_s,
            reserved_s=math.ceil(deadlines.kept_s),
            amount_cap=counter.tariff.maximum if counter is not None else None,
        )
        if limits is None:
            return "nothing can be sold within what was asked for"
        return terms_for(
            memory,
            deadlines,
            seller=self._account,
            place=outlet.name,
            tariff=tariff,
            limits=limits,
            slice_amount=self._settings.slice_of(tariff, limits),
            service_s=limits.time_s_max + pricing.idle_grace_s,
        )

    def _free_outlet(self, memory: Memory) -> Outlet | None:
        """Return the outlet to offer: the strongest that is free and on offer to nobody else."""
        free = [each for each in self._site.outlets.values() if each.state is OutletState.FREE]
        free.sort(key=lambda outlet: (-outlet.power_w_max, outlet.name))
        before = memory.terms.place if memory.terms else ""
        name = self._recent.choose((outlet.name for outlet in free), favourite=before)
        return None if name is None else self._site.outlets[name]

    def _tariff(self, memory: Memory, counter: Counter | None) -> Tariff:
        pricing = self._settings.pricing
        if counter is not None and memory.terms is not None:
            return conceded_tariff(
                memory.terms.tariff, counter.tariff, floor_percent=pricing.floor_percent
            )
        return present_tariff(pricing, load=self._site.load, at_s=self._clock.story_s())
