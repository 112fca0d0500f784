"""Terms: what a buyer and a seller agree on before anything is delivered.

Both sign them: the seller by the signed envelope of its `propose`, the buyer by its `accept`, which
names their digest. The same digest stands in the HOLD (or TRANSFER), so the ledger binds the money
to the terms.
"""

import hashlib
from enum import StrEnum

import msgspec

from ledger_core import SUPPLY_MAX
from negotiation.tariff import Tariff

DIALOGUE_SIZE = 16
"""Bytes in a dialogue's id: 128 random bits never meet by chance."""

KEY_SIZE = 32
PLACE_LENGTH_MAX = 64
"""Characters in the name of an outlet, bay or gate; OCPP allows 36 to 50."""


class Service(StrEnum):
    """What is sold."""

    CHARGE = "charge"
    PARK = "park"
    TOLL = "toll"

    @property
    def on_hold(self) -> bool:
        """Whether the service runs on HOLD, vouchers and SETTLE (otherwise on one TRANSFER)."""
        return self is not Service.TOLL


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the agreement reaches; delivery stops at the first limit it meets."""

    power_w_max: int = 0
    """Rated power, against which readings are checked. [W]"""
    energy_wh_max: int = 0
    """Energy at most, 0: no such limit. [Wh]"""
    time_s_max: int = 0
    """Service time at most, 0: no such limit; idle time has none of its own. [story s]"""
    amount_max: int
    """The most that can be billed; the amount of the HOLD. [base units]"""

    def __post_init__(self) -> None:
        if min(self.power_w_max, self.energy_wh_max, self.time_s_max) < 0:
            raise ValueError("a limit is not negative")
        if not 0 < self.amount_max <= SUPPLY_MAX:
            raise ValueError(f"amount_max must lie between 1 and {SUPPLY_MAX} base units")


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agreement; its digest is what both sign and what the ledger carries.

    A field that one side does not know would not be in its digest, so unknown ones are refused.
    """

    dialogue: bytes
    """The dialogue it was reached in, 16 bytes."""
    service: Service
    """What is sold."""
    network: int
    """Number of the ledger network on which it is paid."""
    buyer: bytes
    """The payer's account key, 32 bytes."""
    seller: bytes
    """The payee's account key, 32 bytes."""
    place: str
    """The outlet, bay or gate."""
    tariff: Tariff
    """What it costs."""
    limits: Limits
    """How far it reaches."""
    slice_amount: int
    """The most that may be delivered and not yet vouched for. [base units]"""
    start_by_us: int
    """Until when the place is kept. [µs since the Unix epoch]"""
    hold_until_us: int
    """Until when the HOLD must live at least. [µs since the Unix epoch]"""

    def __post_init__(self) -> None:
        if len(self.dialogue) != DIALOGUE_SIZE:
            raise ValueError(f"a dialogue's id has {DIALOGUE_SIZE} bytes")
        if len(self.buyer) != KEY_SIZE or len(self.seller) != KEY_SIZE:
            raise ValueError(f"an account key has {KEY_SIZE} bytes")
        if not 0 < len(self.place) <= PLACE_LENGTH_MAX:
            raise ValueError(f"a place's name has 1 to {PLACE_LENGTH_MAX} characters")
        if not 0 < self.slice_amount <= self.limits.amount_max:
            raise ValueError("slice_amount must lie between 1 and amount_max")
        if not 0 <= self.start_by_us <= self.hold_until_us:
            raise ValueError("hold_until_us must not lie before start_by_us")

    def encode(self) -> bytes:
        """Return the exact bytes of the terms, MessagePack, that both sides sign the digest of."""
        return msgspec.msgpack.encode(self)

    def digest(self) -> bytes:
        """Return the SHA-256 of the terms' exact bytes, 32 bytes."""
        return hashlib.sha256(self.encode()).digest()
