"""Why a delivery ends, in one word: devices and their protocols have a word for each of them.

The sentence that people read stands beside it, in a memory's `reason`.
"""

from enum import StrEnum

import msgspec


class StopReason(StrEnum):
    """Why a delivery ends."""

    BUYER = "buyer"
    """The buyer has asked for it."""
    CREDIT = "credit"
    """The agreed amount is spent, or the hold that covers it ends."""
    UNPAID = "unpaid"
    """A voucher that was due did not come, or is worth nothing."""
    ENERGY = "energy"
    """The agreed energy is delivered."""
    TIME = "time"
    """The agreed time is over."""
    CABLE = "cable"
    """The car has unplugged."""
    FAULT = "fault"
    """The device does not work, or does not answer."""
    METER = "meter"
    """The meter shows what can not be."""
    EMERGENCY = "emergency"
    """Somebody has hit the emergency stop."""
    LOCAL = "local"
    """Somebody has ended it at the device: a button, a card."""
    SELLER = "seller"
    """The seller winds up."""
    RESTART = "restart"
    """The seller's agent has restarted and does not go on with what it left open."""


class SignedValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A meter value as the meter itself has signed it; it is passed on and never altered."""

    format: str
    """How it is written and signed, as the device calls it: `OCMF`, `EDL`, `Alfen` ..."""
    data: str
    """The signed text, or its Base64 where it is binary."""
    public_key: str = ""
    """The meter's public key where the device tells it, as it writes it."""
