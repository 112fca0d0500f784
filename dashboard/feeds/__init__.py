"""Where observations come from: a node's events, a broker's agents, a run's folder.

`Feeds` listens to `Targets` for as long as its block lasts and tells what it hears; `targets_of`
finds those of a run. Nothing here commands anybody: a node is asked what it tells everybody, a
broker is only listened to.
"""

from dashboard.feeds.agent_feed import BrokerTarget
from dashboard.feeds.feeds import Feeds, Targets, targets_of
from dashboard.feeds.ledger_feed import LedgerTarget

__all__ = ["BrokerTarget", "Feeds", "LedgerTarget", "Targets", "targets_of"]
