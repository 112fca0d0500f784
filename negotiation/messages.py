"""What can be said: one frozen struct for each performative, named as FIPA names them.

`cfp → propose | refuse → (counter ↔ propose)* → accept | reject → confirm → [HOLD] → start →
(meter → voucher)* → stop → [SETTLE] → receipt`; `cancel` and `failure` from anywhere.
Unknown fields are ignored, so that a newer partner can add some.
"""

from enum import StrEnum

import msgspec

from ledger_core import ID_SIZE, RECORD_SIZE
from negotiation.bill import Chunk
from negotiation.tariff import Tariff
from negotiation.terms import Service, Terms

REASON_LENGTH_MAX = 200
"""Characters of a reason that are kept: one sentence."""


class Performative(StrEnum):
    """The name of a message."""

    CFP = "cfp"
    PROPOSE = "propose"
    REFUSE = "refuse"
    COUNTER = "counter"
    ACCEPT = "accept"
    REJECT = "reject"
    CONFIRM = "confirm"
    START = "start"
    METER = "meter"
    VOUCHER = "voucher"
    STOP = "stop"
    RECEIPT = "receipt"
    CANCEL = "cancel"
    FAILURE = "failure"


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer looks for; it says no more than a seller must know to make an offer."""

    energy_wh: int = 0
    """Energy wanted. [Wh]"""
    power_w_max: int = 0
    """Power the car can take. [W]"""
    time_s: int = 0
    """Time the place will be occupied. [story s]"""
    arrival_us: int = 0
    """When the car expects to be there. [µs since the Unix epoch]"""
    vehicle_class: str = "car"
    """Class of the vehicle, as toll tariffs name it."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="performative"):
    """The common base of all bodies."""

    @property
    def performative(self) -> Performative:
        """Return the message's name."""
        return Performative(str(self.__struct_config__.tag))


class Cfp(Message, frozen=True, kw_only=True, tag="cfp"):
    """Buyer: a call for proposals."""

    service: Service
    """What is wanted."""
    needs: Needs
    """How much of it."""


class Propose(Message, frozen=True, kw_only=True, tag="propose"):
    """Seller: binding terms, until the envelope's `reply_by_us`."""

    terms: Terms
    """The offer."""


class Refuse(Message, frozen=True, kw_only=True, tag="refuse"):
    """Seller: no offer."""

    reason: str
    """Why, one sentence."""


class Counter(Message, frozen=True, kw_only=True, tag="counter"):
    """Buyer: would take the offer at this tariff."""

    tariff: Tariff
    """The tariff the buyer would accept."""


class Accept(Message, frozen=True, kw_only=True, tag="accept"):
    """Buyer: takes the offer."""

    terms_digest: bytes
    """Digest of the terms that are taken."""


class Reject(Message, frozen=True, kw_only=True, tag="reject"):
    """Buyer: does not take the offer."""

    reason: str
    """Why, one sentence."""


class Confirm(Message, frozen=True, kw_only=True, tag="confirm", omit_defaults=True):
    """Seller: the place is kept until the terms' `start_by_us`."""

    terms_digest: bytes
    """Digest of the terms that are confirmed."""
    deposit: Chunk | None = None
    """What the reservation costs whom never comes: to be vouched for now, where there is one."""


class Start(Message, frozen=True, kw_only=True, tag="start"):
    """Buyer: is there and has the money ready."""

    hold: bytes = b""
    """Id of the accepted HOLD, for services on hold."""
    transfer: bytes = b""
    """The signed TRANSFER record, for services paid at once; the seller submits it."""
    demand_w: int = 0
    """Power the car asks for now. [W]"""

    def __post_init__(self) -> None:
        _check_size("a hold's id", self.hold, ID_SIZE)
        _check_size("a transfer", self.transfer, RECORD_SIZE)


class Meter(Message, frozen=True, kw_only=True, tag="meter"):
    """Seller: the pieces of the bill that are not vouched for yet."""

    index: int
    """Number of the first of them; the bill's first chunk has number 0."""
    chunks: tuple[Chunk, ...]
    """The pieces, up to the bill's end; a chunk once sent never changes."""
    total: int
    """The bill so far. [base units]"""
    final: bool = False
    """Whether delivery has ended, and the bill with it."""


class Voucher(Message, frozen=True, kw_only=True, tag="voucher"):
    """Buyer: a signed SETTLE over exactly the bill so far."""

    index: int
    """Number of the chunk up to which it pays."""
    record: bytes
    """The signed SETTLE, 256 bytes."""
    demand_w: int = 0
    """Power the car asks for now. [W]"""


class Stop(Message, frozen=True, kw_only=True, tag="stop"):
    """Either: ends the delivery."""

    reason: str
    """Why, one sentence."""


UNSEEN = -1
"""Position of a payment that the seller takes on trust: it has not seen it on the ledger yet."""


class Receipt(Message, frozen=True, kw_only=True, tag="receipt", omit_defaults=True):
    """Seller: the ledger has accepted the payment; or, of a toll, it is taken on trust."""

    transaction: bytes
    """Id of the SETTLE, RELEASE or TRANSFER."""
    position: int
    """Its position on the ledger, UNSEEN where a toll is taken on trust."""
    amount: int
    """What was paid. [base units]"""
    credit: bytes = b""
    """Id of the credit note: a TRANSFER back, where a paid service could not be given."""

    def __post_init__(self) -> None:
        _check_size("a credit note's id", self.credit, ID_SIZE)


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Either: withdraws before anything was delivered."""

    reason: str
    """Why, one sentence."""
    hold: bytes = b""
    """Id of a HOLD that the seller should release, if there is one."""

    def __post_init__(self) -> None:
        _check_size("a hold's id", self.hold, ID_SIZE)


class Failure(Message, frozen=True, kw_only=True, tag="failure"):
    """Either: can not go on."""

    reason: str
    """Why, one sentence."""


Body = (
    Cfp
    | Propose
    | Refuse
    | Counter
    | Accept
    | Reject
    | Confirm
    | Start
    | Meter
    | Voucher
    | Stop
    | Receipt
    | Cancel
    | Failure
)
"""Any message."""


def _check_size(what: str, value: bytes, size: int) -> None:
    """Refuse bytes that are neither absent nor of the right length."""
    if value and len(value) != size:
        raise ValueError(f"{what} has {size} bytes, not {len(value)}")
