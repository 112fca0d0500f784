"""What a vehicle may spend: a limit beside the ledger's, set by its owner."""

import msgspec

from vehicle_agent.needs import Amount

SPEND_MAX = 10**15
"""No limit of its own: the whole supply. [base units]"""


class Purse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits on the vehicle's own wallet; a stolen or mistaken agent can lose no more."""

    spend_max: Amount = SPEND_MAX
    """All that it may spend while it runs. [base units]"""
    hold_max: Amount = SPEND_MAX
    """All that may be set aside in open holds at one time. [base units]"""
    toll_max: Amount = 5_000_000
    """What one toll passage may cost. [base units]"""

    def room(self, *, spent: int, held: int) -> int:
        """Return what the vehicle may still commit to. [base units]

        Args:
            spent: What it has paid so far. [base units]
            held: What its open holds set aside; all of it may yet be spent. [base units]
        """
        return max(0, min(self.spend_max - spent - held, self.hold_max - held))
