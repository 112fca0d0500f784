"""What a dialogue asks of the world: returned by its methods, carried out by its shell, in order.

The dialogue itself touches nothing. Its memory is made durable before any of these is carried out.
"""

import msgspec

from negotiation.messages import Cfp, Counter
from negotiation.terms import Terms


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all commands."""


class Send(Command, frozen=True, kw_only=True):
    """Send a signed frame to the partner; it may get lost, come twice or come late."""

    frame: bytes
    """The frame."""


class Quote(Command, frozen=True, kw_only=True):
    """Seller: ask the policy for terms; answer with `quoted` or `declined`."""

    call: Cfp
    """What is wanted."""
    counter: Counter | None = None
    """The tariff the buyer would take, if it has made a counter-offer."""


class Reserve(Command, frozen=True, kw_only=True):
    """Seller: keep the place; answer with `reserved` or `declined`."""

    terms: Terms
    """The accepted terms."""


class LookUpHold(Command, frozen=True, kw_only=True):
    """Seller: ask the ledger for the hold; answer with `hold_seen`."""

    hold: bytes
    """The hold's id."""


class Deliver(Command, frozen=True, kw_only=True):
    """Seller: deliver, or go on, at most at the power asked for; for a toll: open the gate."""

    demand_w: int
    """Power the car asks for. [W]"""


class Pause(Command, frozen=True, kw_only=True):
    """Seller: a slice is delivered and not vouched for: stop delivering until it is."""


class EndDelivery(Command, frozen=True, kw_only=True):
    """Seller: end the delivery and read the meter; answer with `metered(..., final=True)`.

    After a crash it may be asked for again.
    """


class Submit(Command, frozen=True, kw_only=True):
    """Seller: submit the buyer's signed record; answer with `submitted`.

    After a crash it may be asked for again; the ledger gives the same answer to the same bytes.
    """

    record: bytes
    """The SETTLE or TRANSFER, 256 bytes."""


class Release(Command, frozen=True, kw_only=True):
    """Seller: give the hold back, of which nothing is due; answer with `submitted`."""

    hold: bytes
    """The hold's id."""


class Credit(Command, frozen=True, kw_only=True):
    """Seller: give a toll back: sign a TRANSFER, `credit_signed`, submit it; then `credited`.

    After a crash it may be asked for again; a note that was signed before is submitted first.
    """

    amount: int
    """How much. [base units]"""
    paid_by: bytes
    """Id of the toll's TRANSFER: the credit note's digest names it."""
    note: bytes
    """The note that was signed before, 256 bytes or none."""


class Offered(Command, frozen=True, kw_only=True):
    """Buyer: let the policy choose; answer with `accept`, `counter` or `reject`."""

    terms: Terms
    """The offer."""


class Confirmed(Command, frozen=True, kw_only=True):
    """Buyer: the place is kept; go there, sign a HOLD, then `prepared`, submit it, `held`, `start`.

    For a toll, sign a TRANSFER and `pay`. Where the seller asks for a deposit, sign the HOLD before
    going, and `secure` the place once it is held.
    """

    terms: Terms
    """The agreement."""


class SignVoucher(Command, frozen=True, kw_only=True):
    """Buyer: sign a SETTLE over exactly the bill; answer with `voucher_signed`."""

    index: int
    """Number of the last chunk that it pays for; also the voucher's number."""
    amount: int
    """The bill so far. [base units]"""
    digest: bytes
    """The bill's digest, 32 bytes; the SETTLE carries it."""


class AskLedger(Command, frozen=True, kw_only=True):
    """Buyer: ask what became of the money until it is known; answer with `ledger_said`."""

    transaction: bytes
    """Id of the HOLD or TRANSFER."""


class Ended(Command, frozen=True, kw_only=True):
    """The dialogue has ended: free the place, close the books."""

    reason: str
    """Why it ended as it did, one sentence; empty when nobody had to say anything."""
