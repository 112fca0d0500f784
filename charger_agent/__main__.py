"""`python -m charger_agent --config charger.toml`: run one charging site, or several."""

import sys

from agent_runtime import run_agents
from charger_agent.agent import ChargerAgent, ChargerHousehold
from charger_agent.settings import ChargerSettings


def main(arguments: list[str] | None = None) -> int:
    """Run the agents of the settings files that `arguments` name; return the exit code."""
    return run_agents(
        arguments, ChargerSettings, ChargerAgent, role="charger", household=ChargerHousehold
    )


if __name__ == "__main__":
    sys.exit(main())
