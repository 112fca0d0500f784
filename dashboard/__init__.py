"""The window on a running city: it shows what happens and commands nobody.

- `observed`: what a viewer hears, as values of one JSON line each;
- `model`: pure; one bounded model, brought up to date by observations and by time;
- `feeds`: where observations come from: the node's events, the agents' telemetry, a run's folder;
- `widgets`, `screens`: what is drawn, with Textual.

What a runner tells, it tells as values of `observed` too, in files of its run's folder
(`run_files`), so those are offered here; everything else is entered by its own name, since screens
and sockets take a third of a second to import.
"""

from dashboard.observed import (
    AlarmRaised,
    Observation,
    Place,
    ProcessChanged,
    RunBegan,
    RunEnded,
    StepBegan,
    read_line,
    write_line,
)
from dashboard.run_files import (
    CARD_FILE,
    HAPPENINGS_FILE,
    RunCard,
    newest_run,
    read_card,
    write_card,
)

__all__ = [
    "CARD_FILE",
    "HAPPENINGS_FILE",
    "AlarmRaised",
    "Observation",
    "Place",
    "ProcessChanged",
    "RunBegan",
    "RunCard",
    "RunEnded",
    "StepBegan",
    "newest_run",
    "read_card",
    "read_line",
    "write_card",
    "write_line",
]
