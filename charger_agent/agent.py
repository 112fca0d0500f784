"""The agent of a charging site: it makes itself known, and sells what its trade has to offer.

`ChargerHousehold` is the same with the devices open before the ledger's node has ever answered:
stations that call are served, whatever becomes of the node.
"""

import contextlib
from collections.abc import AsyncIterator

from agent_runtime import EarlyPorts, Runtime, announce, sell
from charger_agent.devices import DevicePorts
from charger_agent.settings import ChargerSettings
from charger_agent.trade import ChargingTrade
from negotiation import Service


class ChargerAgent:
    """A charging site that sells energy by itself.

    Args:
        settings: The site.
        runtime: The ports of the agent.
        trade: What it sells, where that is open already.
    """

    def __init__(
        self, settings: ChargerSettings, runtime: Runtime, trade: ChargingTrade | None = None
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._trade = trade or ChargingTrade(
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


class ChargerHousehold:
    """A charging site whose devices are open before its agent is.

    Args:
        settings: The site.
    """

    def __init__(self, settings: ChargerSettings) -> None:
        self._settings = settings
        self._trade: ChargingTrade | None = None

    @contextlib.asynccontextmanager
    async def open(self, early: EarlyPorts) -> AsyncIterator[None]:
        """Open the devices for the length of a block, and say where stations call.

        Raises:
            EndpointInUseError: Something listens where stations are to call.
        """
        ports = DevicePorts(
            clock=early.clock, random=early.random, log=early.log, notes=early.journal
        )
        self._trade = ChargingTrade(self._settings, ports, account=early.key_pair.public_key)
        try:
            await self._trade.open()
            for door in ports.shared.doors:
                announce(
                    "listening",
                    name=self._settings.name,
                    stations=f"{door.url}<station>",
                    accepts=door.identities,
                )
            yield
        finally:
            await self._trade.close()

    def agent(self, runtime: Runtime) -> ChargerAgent:
        """Return the agent that sells what these devices deliver."""
        return ChargerAgent(self._settings, runtime, self._trade)
