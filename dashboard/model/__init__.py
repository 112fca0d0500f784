"""The pure half of the viewer: one bounded model, and how observations change it.

`new_model` begins one, `take` brings it up to date by an observation, `advance` lets time pass;
the time is always an argument. `Model` is plain data: what a screen shows, `status` prints and a
recording keeps.
"""

from dashboard.model.agents import Activity, Agent, activity_of
from dashboard.model.alerts import Alert, Alerts
from dashboard.model.charts import Charts
from dashboard.model.city import Bounds, City
from dashboard.model.ledger import Ledger, Validator
from dashboard.model.logbook import Level, Logbook, LogLine
from dashboard.model.model import BROKER, LEDGER, RUN, Model
from dashboard.model.money import quantity, tokens
from dashboard.model.reducer import advance, new_model, take
from dashboard.model.run import Process, Run
from dashboard.model.series import SECONDS_KEPT, Series
from dashboard.model.sessions import Move, Session, stage
from dashboard.model.sources import Source, SourceState
from dashboard.model.tangle import Checkpoint, Standing, Tangle, Tx

__all__ = [
    "BROKER",
    "LEDGER",
    "RUN",
    "SECONDS_KEPT",
    "Activity",
    "Agent",
    "Alert",
    "Alerts",
    "Bounds",
    "Charts",
    "Checkpoint",
    "City",
    "Ledger",
    "Level",
    "LogLine",
    "Logbook",
    "Model",
    "Move",
    "Process",
    "Run",
    "Series",
    "Session",
    "Source",
    "SourceState",
    "Standing",
    "Tangle",
    "Tx",
    "Validator",
    "activity_of",
    "advance",
    "new_model",
    "quantity",
    "stage",
    "take",
    "tokens",
]
