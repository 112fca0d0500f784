"""`python -m vehicle_agent --config car.toml`: run one car, or several in one process."""

import sys

from agent_runtime import run_agents
from vehicle_agent.agent import VehicleAgent
from vehicle_agent.settings import VehicleSettings


def main(arguments: list[str] | None = None) -> int:
    """Run the agents of the settings files that `arguments` name; return the exit code."""
    return run_agents(arguments, VehicleSettings, VehicleAgent, role="vehicle")


if __name__ == "__main__":
    sys.exit(main())
