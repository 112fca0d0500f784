"""A small agent for tests: it listens, advertises, and then ends, waits or fails as it is told.

python -m tests.integration.toy_agent --config FILE
"""

import asyncio
import sys

import msgspec

from agent_runtime import AgentSettings, Runtime, run_agents
from ledger_core import RefusedError


class ToySettings(AgentSettings, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the toy is told."""

    then: str = "wait"
    """`wait`, `end`, `refuse` or `fail`."""


class Toy:
    """A seller of nothing."""

    def __init__(self, settings: ToySettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    async def run(self) -> None:
        """Live."""
        runtime = self._runtime
        listener = runtime.transport.listen(self._settings.listen, runtime.key_pair)
        await runtime.discovery.advertise(
            endpoint=listener.endpoint, services=(), position_m=(0, 0), details={}
        )
        facts = {
            "event": "facts",
            "endpoint": listener.endpoint,
            "boot": runtime.boot,
            "balance": await runtime.wallet.balance(),
            "chance": runtime.random.random(),
        }
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        sys.stdout.flush()
        match self._settings.then:
            case "end":
                return
            case "refuse":
                raise RefusedError("nobody wants a toy; build a charger")
            case "fail":
                raise ZeroDivisionError("a toy broke")
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(run_agents(None, ToySettings, Toy, role="toy"))
