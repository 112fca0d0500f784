"""`python -m parking_agent --config car_park.toml`: run one car park, or several."""

import sys

from agent_runtime import run_agents
from parking_agent.agent import ParkingAgent
from parking_agent.settings import ParkingSettings


def main(arguments: list[str] | None = None) -> int:
    """Run the agents of the settings files that `arguments` name; return the exit code."""
    return run_agents(arguments, ParkingSettings, ParkingAgent, role="car_park")


if __name__ == "__main__":
    sys.exit(main())
