"""The agent of a car park: it makes itself known, and sells what its trade has to offer."""

from agent_runtime import Runtime, sell
from negotiation import Service
from parking_agent.passing import DevicePorts
from parking_agent.settings import ParkingSettings
from parking_agent.trade import ParkingTrade


class ParkingAgent:
    """A car park that sells bays by itself.

    Args:
        settings: The car park.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: ParkingSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._trade = ParkingTrade(
            settings,
            DevicePorts(clock=runtime.clock, random=runtime.random, log=runtime.log),
            account=runtime.key_pair.public_key,
        )

    async def run(self) -> None:
        """Sell until cancelled."""
        await sell(
            self._runtime,
            self._trade,
            service=Service.PARK,
            position_m=self._settings.position_m,
            details={"bays": self._settings.bays},
        )
