"""What a viewer hears, as values: the one language of feeds, the model and `watch`.

Each observation says when it reached the viewer (`at_us`, its clock). They are plain JSON, one line
each, so that any tool can read them. Nobody who is heard is believed: texts from the
network are cleaned where they enter the model, numbers are only shown.

====================  =============================================================================
`type`                what it tells
====================  =============================================================================
``source.up``         a source is connected
``source.beat``       a source is there, though it may have nothing to say
``source.down``       the connection to a source is lost
``ledger.state``      how the ledger stands: what a viewer that comes later has missed
``ledger.records``    records were accepted
``ledger.refused``    records were refused
``ledger.final``      a quorum stands by more of the ledger
``ledger.alarm``      a validator stands by another tree
``ledger.metrics``    how the node does, once a second
``ledger.lost``       events were missed
``ledger.account``    how an account stands, because somebody asked
``agent.advert``      what an agent offers, and where
``agent.state``       whether an agent is there
``agent.news``        what an agent does
``run.began``         which story is played, by whom, where
``run.step``          what the runner does
``run.process``       what became of a process
``run.ended``         the run is over
====================  =============================================================================
"""

import msgspec

from dashboard.observed.agents import AdvertSeen, AgentNews, AgentStateSeen
from dashboard.observed.base import Observed
from dashboard.observed.ledger import (
    AccountSeen,
    AlarmRaised,
    EventsLost,
    LedgerState,
    MetricsTold,
    Record,
    RecordsAccepted,
    RecordsFinal,
    RecordsRefused,
    RefusedRecord,
)
from dashboard.observed.runs import Place, ProcessChanged, RunBegan, RunEnded, StepBegan
from dashboard.observed.sources import SourceBeat, SourceDown, SourceUp

__all__ = [
    "AccountSeen",
    "AdvertSeen",
    "AgentNews",
    "AgentStateSeen",
    "AlarmRaised",
    "EventsLost",
    "LedgerState",
    "MetricsTold",
    "Observation",
    "Observed",
    "Place",
    "ProcessChanged",
    "Record",
    "RecordsAccepted",
    "RecordsFinal",
    "RecordsRefused",
    "RefusedRecord",
    "RunBegan",
    "RunEnded",
    "SourceBeat",
    "SourceDown",
    "SourceUp",
    "StepBegan",
    "read_line",
    "write_line",
]

Observation = (
    SourceUp
    | SourceBeat
    | SourceDown
    | LedgerState
    | RecordsAccepted
    | RecordsRefused
    | RecordsFinal
    | AlarmRaised
    | MetricsTold
    | EventsLost
    | AccountSeen
    | AdvertSeen
    | AgentStateSeen
    | AgentNews
    | RunBegan
    | StepBegan
    | ProcessChanged
    | RunEnded
)
"""Anything that a viewer can hear."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Observation] = msgspec.json.Decoder(Observation)


def write_line(observation: Observation) -> bytes:
    """Return an observation as one line of JSON, its newline included.

    Args:
        observation: What was heard.
    """
    return _encoder.encode(observation) + b"\n"


def read_line(line: bytes) -> Observation | None:
    """Return the observation that a line holds, None if it is none that this program knows.

    Args:
        line: A line, with or without its newline.
    """
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
