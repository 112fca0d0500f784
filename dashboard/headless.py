"""The viewer without a screen, for those who print what it hears; Textual is not loaded here."""

from dashboard.feeds import BrokerTarget, LedgerTarget, Targets, targets_of
from dashboard.listening import Wanted, collect, listen
from dashboard.model import Model
from dashboard.observed import Observation, write_line
from dashboard.plain_lines import line_of
from dashboard.status import is_live, is_sound, status_of
from dashboard.status_document import Status
from dashboard.summary import summary

__all__ = [
    "BrokerTarget",
    "LedgerTarget",
    "Model",
    "Observation",
    "Status",
    "Targets",
    "Wanted",
    "collect",
    "is_live",
    "is_sound",
    "line_of",
    "listen",
    "status_of",
    "summary",
    "targets_of",
    "write_line",
]
