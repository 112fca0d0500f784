"""The agent of a toll gate, and `python -m parking_agent.toll --config gate.toml`."""

import sys

from agent_runtime import Runtime, run_agents, sell
from negotiation import Memory, Service
from parking_agent.passing import DevicePorts
from parking_agent.toll_settings import TollSettings
from parking_agent.toll_trade import TollTrade
from parking_agent.trust import TrustBook


class TollAgent:
    """A toll gate that sells passages by itself.

    Args:
        settings: The gate.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: TollSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._trade = TollTrade(
            settings,
            DevicePorts(clock=runtime.clock, random=runtime.random, log=runtime.log),
            account=runtime.key_pair.public_key,
        )

    async def run(self) -> None:
        """Sell until cancelled."""
        if self._settings.offline.max_total:
            entries = await self._runtime.journal.sessions()
            known = (Memory.decode(entry.snapshot) for entry in entries)
            self._trade.book = TrustBook(self._settings.offline, known)
        await sell(
            self._runtime,
            self._trade,
            service=Service.TOLL,
            position_m=self._settings.position_m,
            details={"classes": dict(self._settings.pricing.classes)},
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the gates of the settings files that `arguments` name; return the exit code."""
    return run_agents(arguments, TollSettings, TollAgent, role="toll")


if __name__ == "__main__":
    sys.exit(main())
