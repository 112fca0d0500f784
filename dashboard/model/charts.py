"""The curves of the overview and the ledger screen, one value a second each."""

import msgspec

from dashboard.model.series import Series

__all__ = ["Charts"]


class Charts(msgspec.Struct, kw_only=True):
    """All curves that are not an agent's own."""

    accepted: Series = msgspec.field(default_factory=Series)
    """Records accepted. [1/s]"""
    refused: Series = msgspec.field(default_factory=Series)
    """Records refused. [1/s]"""
    final: Series = msgspec.field(default_factory=Series)
    """Records that became final. [1/s]"""
    payments: Series = msgspec.field(default_factory=Series)
    """Transfers and settlements. [1/s]"""
    wait_ms: Series = msgspec.field(default_factory=Series)
    """Half of the latest records waited no longer for their quorum. [ms]"""
    queue: Series = msgspec.field(default_factory=Series)
    """Records waiting at the node's door."""
    power_w: Series = msgspec.field(default_factory=Series)
    """What all chargers give. [W]"""
    sessions: Series = msgspec.field(default_factory=Series)
    """Dialogues under way."""
    agents: Series = msgspec.field(default_factory=Series)
    """Agents that speak."""
