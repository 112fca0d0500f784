"""The agent of a charging site: it makes itself known, and sells what its trade has to offer."""

from agent_runtime import Runtime, sell
from charger_agent.devices import DevicePorts
from charger_agent.settings import ChargerSettings
from charger_agent.trade import ChargingTrade
from negotiation import Service


class ChargerAgent:
    """A charging site that sells energy by itself.

    Args:
        settings: The site.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: ChargerSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._trade = ChargingTrade(
            settings,
            DevicePorts(
                clock=runtime.clock,
                random=runtime.random,
                log=runtime.log,
                notes=runtime.journal,
            ),
            account=runtime.key_pair.public_key,
        )

    async def run(self) -> None:
        """Sell until cancelled."""
        outlets = self._settings.outlets
        await sell(
            self._runtime,
            self._trade,
            service=Service.CHARGE,
            position_m=self._settings.position_m,
            details={
                "outlets": len(outlets),
                "power_w_max": max(outlet.power_w_max for outlet in outlets),
            },
        )
