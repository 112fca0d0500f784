"""What the driver of EVerest is told by its table in the settings."""

from typing import Annotated

import msgspec

from charger_agent.drivers.mqtt_options import BrokerOptions

ModuleId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Name of a module in EVerest's configuration file."""


class EverestOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings."""

    evse_manager: ModuleId = "evse_manager_consumer"
    """Module that offers the EVSE manager."""
    auth: ModuleId = "auth_token_provider"
    """Module that takes tokens."""
    limits: ModuleId = "external_energy_limits_consumer"
    """Module that takes limits."""
    cost: ModuleId = "session_cost"
    """Module that takes what the session costs."""
    connector: Annotated[int, msgspec.Meta(ge=1, le=128)] = 1
    """Connector that a token is for."""
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")] = "EUR"
    """Currency that the display shows tokens as; EVerest knows those of ISO 4217 only."""
    has_clock: bool = True
    """Whether its clock can be relied on; without it limits end by the agent alone."""
