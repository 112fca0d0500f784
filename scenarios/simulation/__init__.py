"""Simulation: a story's whole world in one process, on virtual time and one seed.

- `loop`: an asyncio event loop that never waits; `clock`: each agent's own, right or wrong.
- `network`, `transport`, `broker`: frames and messages that weather delays, loses, repeats.
- `disk`: what was synced outlives a crash, anything else is lost.
- `ledger_process`: the real node core, with the real client; `agent_process`: the live agents'
  code; both can crash at any instant and start again.
- `trouble`: what strikes, drawn from the seed; `plants`: mistakes that have to be found.
- `world` has it all; `play` plays a story and holds the invariants against what is left behind;
  `seeds` plays many.

Nothing in here knows how an agent works, and no agent knows that it is simulated.
"""

from scenarios.simulation.errors import DeadlockError
from scenarios.simulation.plants import Plant
from scenarios.simulation.play import Outcome, simulate
from scenarios.simulation.seeds import Worker, outcomes

__all__ = ["DeadlockError", "Outcome", "Plant", "Worker", "outcomes", "simulate"]
