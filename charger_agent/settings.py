"""The settings of one charging site."""

from typing import Annotated, Any

import msgspec

from agent_runtime import AgentSettings
from charger_agent.outlet import Outlet
from charger_agent.policy import Pricing, slice_worth
from charger_agent.site import Site
from negotiation import Limits, Tariff

OutletName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""It travels in the terms, which allow as much."""

Watts = Annotated[int, msgspec.Meta(gt=0, le=10_000_000)]
"""Power; ten megawatts are a truck stop. [W]"""

OUTLETS_MAX = 256
"""Outlets of one agent: a motorway site has a tenth of it."""


class OutletSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outlet and the device behind it."""

    name: OutletName
    """Name, unique on the site."""
    power_w_max: Watts = 22_000
    """Rated power of connector and cable. [W]"""
    fallback_w: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Power that is left when a limit has died; 0 is the safe one. [W]"""
    driver: str = "simulated"
    """Driver by name, or `package.module:Class`."""
    options: dict[str, Any] = {}
    """What this outlet adds to its driver's table, see `ChargerSettings.drivers`."""

    def __post_init__(self) -> None:
        if self.fallback_w > self.power_w_max:
            raise ValueError("fallback_w is not above power_w_max")


class ChargerSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one charging site: where it is, its outlets, its connection, its prices.

    Raises:
        ValueError: Two outlets have one name.
    """

    position_m: tuple[float, float]
    """Where it stands on the road map. [m]"""
    outlets: Annotated[
        tuple[OutletSettings, ...], msgspec.Meta(min_length=1, max_length=OUTLETS_MAX)
    ]
    """Its outlets."""
    drivers: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    """Options by driver for all outlets that have it; an outlet's own options go before. The driver
    checks both together."""
    site_power_w: Watts
    """What the grid connection carries for all outlets together. [W]"""
    pricing: Pricing
    """What it asks for."""
    reservation_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)] = 900
    """How long an outlet is kept for a car that has accepted. [story s]"""
    slice_wh: Annotated[int, msgspec.Meta(gt=0, le=100_000)] = 500
    """Energy that is delivered before it is vouched for. [Wh]"""
    slice_amount: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The same as money; 0 means that `slice_wh` says it. [base units]"""
    limit_valid_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 120
    """How long a power limit lives in the device without being renewed. [story s]"""

    def __post_init__(self) -> None:
        names = [outlet.name for outlet in self.outlets]
        if len(set(names)) != len(names):
            raise ValueError("the outlets of a site have different names")
        if unused := set(self.drivers) - {outlet.driver for outlet in self.outlets}:
            raise ValueError(f"no outlet has the driver {min(unused)!r} of the table drivers")

    def options_of(self, outlet: OutletSettings) -> dict[str, Any]:
        """Return an outlet's options together with those of its driver's table."""
        return self.drivers.get(outlet.driver, {}) | outlet.options

    def new_site(self) -> Site:
        """Return the site as it is at first: all outlets free."""
        outlets = (Outlet(each.name, power_w_max=each.power_w_max) for each in self.outlets)
        return Site(tuple(outlets), power_w_max=self.site_power_w)

    def slice_of(self, tariff: Tariff, limits: Limits) -> int:
        """Return what is delivered before it is vouched for, as terms want it. [base units]"""
        if self.slice_amount:
            return min(self.slice_amount, limits.amount_max)
        return slice_worth(tariff, limits, slice_wh=self.slice_wh)
