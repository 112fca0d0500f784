"""What can go wrong with a simulation itself, as opposed to in it.

```
TanglewayError (ledger_core)
├── DeadlockError          everybody waits for somebody else
├── LivelockError          something happens again and again while no time passes
└── SimulationFailedError  a worker died while it simulated
JournalUnavailableError (agent_runtime)
└── PowerLostError         a machine of the world is off
```
"""

from agent_runtime import JournalUnavailableError
from ledger_core import TanglewayError

__all__ = ["DeadlockError", "LivelockError", "PowerLostError", "SimulationFailedError"]


class DeadlockError(TanglewayError):
    """Everybody waits for somebody else: a mistake in the program."""


class LivelockError(TanglewayError):
    """Something happens again and again while no time passes: a mistake in the program."""


class PowerLostError(JournalUnavailableError):
    """A machine of the world is off; whoever hears of it is off as well."""


class SimulationFailedError(TanglewayError):
    """A worker died while it simulated: a mistake in the program."""
