"""What a buyer and a seller say to each other, and what each may do next.

Pure: values in, values out.

One conversation is one *dialogue* between a buyer and a seller. The parts:

- **words**: `messages` (one struct for each performative), `envelope` (who says it, signed);
- **what they agree on**: `tariff`, `terms`; `pricing` (what all sellers compute alike);
- **what is delivered**: `readings` (registers, and when to believe them), `bill` (a sum of chunks);
- **what it is worth**: `vouchers` (is this signed record what was agreed?), `session_receipts`
  (the proof, for later and for others, of what was agreed, billed and paid), `shortfalls` (the
  proof that a buyer took back what it had vouched for);
- **what may happen**: `transitions` (two tables, one for each role), `diagrams` (their pictures);
- **the two sides**: `BuyerDialogue` and `SellerDialogue` (moves on a `Memory` that survives a
  crash; they return `commands` which the shell carries out), and `pacing` (how far a seller goes
  before it is paid).

Naming: a method named by a participle (`quoted`, `metered`, `held`) tells the dialogue what has
happened; one named by a verb (`accept`, `stop`) makes it speak. Every method is deterministic,
takes the present `Instant` as an argument, and either moves along the table or raises and changes
nothing.
"""

from negotiation.bill import Bill, Chunk, check_chunk, cost_at, extend, next_chunk
from negotiation.buyer import BuyerDialogue
from negotiation.commands import (
    AskLedger,
    Command,
    Confirmed,
    Credit,
    Deliver,
    EndDelivery,
    Ended,
    LookUpHold,
    Offered,
    Pause,
    Quote,
    Release,
    Reserve,
    Send,
    SignVoucher,
    Submit,
)
from negotiation.delivery import Delivery
from negotiation.diagrams import state_diagram
from negotiation.dialogue import ANSWER_S, COUNTERS_MAX, RESEND_US, WORK_S, Dialogue
from negotiation.envelope import FRAME_SIZE_MAX, VERSION, Envelope, seal, unseal, unseal_own
from negotiation.errors import (
    DamagedMemoryError,
    ForeignVersionError,
    FrameError,
    IllegalMoveError,
    ImplausibleError,
    SessionReceiptError,
    ShortfallError,
)
from negotiation.memory import Instant, Memory
from negotiation.messages import (
    UNSEEN,
    Accept,
    Body,
    Cancel,
    Cfp,
    Confirm,
    Counter,
    Failure,
    Message,
    Meter,
    Needs,
    Performative,
    Propose,
    Receipt,
    Refuse,
    Reject,
    Start,
    Stop,
    Voucher,
)
from negotiation.pacing import METER_EVERY_S
from negotiation.payment import PACE_SLACK_S
from negotiation.pricing import (
    HourPrice,
    amount_to_hold,
    conceded_tariff,
    hour_percent,
    load_percent,
    scaled_tariff,
    share_of,
)
from negotiation.readings import Reading, check_pace, check_step
from negotiation.seller import OFFER_S, SellerDialogue
from negotiation.session_receipts import (
    SessionReceipt,
    VerifiedSession,
    is_session_receipt,
    verify_session_receipt,
)
from negotiation.shortfalls import Shortfall
from negotiation.stop_reasons import SignedValue, StopReason
from negotiation.tariff import Element, ElementKind, Tariff, Usage
from negotiation.terms import DIALOGUE_SIZE, Limits, Service, Terms
from negotiation.transitions import ENDS, TABLES, Fact, Role, State, Way, next_state
from negotiation.vouchers import (
    VoucherDue,
    check_hold,
    check_transfer,
    check_voucher,
    is_credit_note,
    is_hold_of,
)

__all__ = [
    "ANSWER_S",
    "COUNTERS_MAX",
    "DIALOGUE_SIZE",
    "ENDS",
    "FRAME_SIZE_MAX",
    "METER_EVERY_S",
    "OFFER_S",
    "PACE_SLACK_S",
    "RESEND_US",
    "TABLES",
    "UNSEEN",
    "VERSION",
    "WORK_S",
    "Accept",
    "AskLedger",
    "Bill",
    "Body",
    "BuyerDialogue",
    "Cancel",
    "Cfp",
    "Chunk",
    "Command",
    "Confirm",
    "Confirmed",
    "Counter",
    "Credit",
    "DamagedMemoryError",
    "Deliver",
    "Delivery",
    "Dialogue",
    "Element",
    "ElementKind",
    "EndDelivery",
    "Ended",
    "Envelope",
    "Fact",
    "Failure",
    "ForeignVersionError",
    "FrameError",
    "HourPrice",
    "IllegalMoveError",
    "ImplausibleError",
    "Instant",
    "Limits",
    "LookUpHold",
    "Memory",
    "Message",
    "Meter",
    "Needs",
    "Offered",
    "Pause",
    "Performative",
    "Propose",
    "Quote",
    "Reading",
    "Receipt",
    "Refuse",
    "Reject",
    "Release",
    "Reserve",
    "Role",
    "SellerDialogue",
    "Send",
    "Service",
    "SessionReceipt",
    "SessionReceiptError",
    "Shortfall",
    "ShortfallError",
    "SignVoucher",
    "SignedValue",
    "Start",
    "State",
    "Stop",
    "StopReason",
    "Submit",
    "Tariff",
    "Terms",
    "Usage",
    "VerifiedSession",
    "Voucher",
    "VoucherDue",
    "Way",
    "amount_to_hold",
    "check_chunk",
    "check_hold",
    "check_pace",
    "check_step",
    "check_transfer",
    "check_voucher",
    "conceded_tariff",
    "cost_at",
    "extend",
    "hour_percent",
    "is_credit_note",
    "is_hold_of",
    "is_session_receipt",
    "load_percent",
    "next_chunk",
    "next_state",
    "scaled_tariff",
    "seal",
    "share_of",
    "state_diagram",
    "unseal",
    "unseal_own",
    "verify_session_receipt",
]
