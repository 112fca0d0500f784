"""A car at an outlet, as the trade knows it."""

from dataclasses import dataclass, field

from agent_runtime import ServiceTime
from charger_agent.outlet import Outlet
from charger_agent.stay import Stay


@dataclass(slots=True)
class Visit:
    """A car at an outlet."""

    outlet: Outlet
    """Where it stands."""
    stay: Stay
    """Its time registers."""
    time: ServiceTime = field(default_factory=ServiceTime)
    """Story time without the pauses."""
    demand_w: int = 0
    """What it asks for. [W]"""
    is_on: bool = False
    """Whether power may flow."""
    is_begun: bool = False
    """Whether the device knows of it."""
    charge_percent: int | None = None
    """How full its battery is, where the device knows. [%]"""
    is_read: bool = False
    """Whether the opening reading has been taken."""
