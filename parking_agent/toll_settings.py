"""The settings of one toll gate."""

from typing import Annotated

import msgspec

from agent_runtime import AgentSettings
from parking_agent.policy import TollPricing
from parking_agent.settings import BarrierSettings

FREE_FLOW = BarrierSettings(options={"move_s": 0}, pulse_s=3)
"""A light instead of a barrier: it is green at once."""


class OfflineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a gate risks while it has no link to the node."""

    max_total: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    """The most that all payments together may be worth that it has let through on trust and not
    seen on the ledger, losses included; 0: it opens for nobody then. [base units]"""
    max_account: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    """The same of one account. [base units]"""
    after_s: Annotated[float, msgspec.Meta(gt=0, le=9)] = 1.0
    """How long the node may take to judge a toll before it counts as away: less than a car waits
    for the gate's word. [real s]"""
    within_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 600
    """How much longer than usual payments must be valid, to be submitted later. [real s]"""


class TollSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one toll gate: where it is, its barrier, its prices.

    The gate's name is the one that stands at its place on the vehicles' road map.
    """

    position_m: tuple[float, float]
    """Where it stands on the road map. [m]"""
    pricing: TollPricing
    """What it asks for."""
    gate: BarrierSettings = FREE_FLOW
    """The barrier or light."""
    offline: OfflineSettings = OfflineSettings()
    """What it risks while it has no link to the node."""
