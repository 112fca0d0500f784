"""The settings of one toll gate."""

from agent_runtime import AgentSettings
from parking_agent.policy import TollPricing
from parking_agent.settings import BarrierSettings

FREE_FLOW = BarrierSettings(options={"move_s": 0}, pulse_s=3)
"""A light instead of a barrier: it is green at once."""


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
