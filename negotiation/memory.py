"""What a dialogue must remember across a crash: one plain struct, kept in the journal.

Everything a dialogue decides, it decides from its memory and its arguments, so whoever has the
memory can go on where the other left off.
"""

import msgspec

from negotiation.bill import Bill, Chunk
from negotiation.errors import DamagedMemoryError
from negotiation.messages import Cfp, Performative
from negotiation.readings import Reading
from negotiation.stop_reasons import StopReason
from negotiation.terms import Service, Terms
from negotiation.transitions import ENDS, Role, State

US_PER_S = 1_000_000


class Instant(msgspec.Struct, frozen=True):
    """One moment in the two times: protocol deadlines are real, physics is story time."""

    at_us: int
    """Real time. [µs since the Unix epoch]"""
    story_s: float
    """Story time. [s since the story's epoch]"""

    def after(self, seconds: int) -> int:
        """Return the real time so many real seconds later. [µs since the Unix epoch]"""
        return self.at_us + seconds * US_PER_S


class Memory(msgspec.Struct, kw_only=True):
    """All that one side knows of one dialogue."""

    role: Role
    """Which side this is."""
    dialogue: bytes
    """The dialogue's id, 16 bytes."""
    partner: bytes
    """The partner's key, 32 bytes."""
    peer: bytes = b""
    """Seller: how its transport names the buyer's connection; the shell's own note."""
    service: Service
    """What is sold."""
    network: int
    """Number of the ledger network."""
    state: State = State.NEW
    """Where the dialogue stands."""
    reason: str = ""
    """Why it ended or is ending, one sentence."""
    stopped: StopReason | None = None
    """Seller: why the delivery ended, in the word that its devices understand."""

    sent: int = 0
    """Messages sent, which is the number of the next one."""
    heard: int = -1
    """Number of the latest message heard."""
    answered: bool = False
    """Whether something was sent since it was heard."""
    said: Performative | None = None
    """The latest message sent."""
    last_frame: bytes = b""
    """Its frame, to be repeated."""
    resend_at_us: int = 0
    """When to repeat it, 0: not by itself. [µs]"""
    deadline_us: int = 0
    """When the time of the present state is over, 0: never. [µs]"""

    call: Cfp | None = None
    """What was asked for."""
    counters: int = 0
    """Counter-offers made so far."""
    terms: Terms | None = None
    """What was offered, and later agreed."""
    confirmed: Instant | None = None
    """Buyer: when the promise to keep the place was heard."""
    deposit: Chunk | None = None
    """What is due if the buyer does not come; void once it has started."""
    hold: bytes = b""
    """Id of the HOLD (of a toll's TRANSFER), once there is one."""
    hold_until_us: int = 0
    """When the hold ends; for a seller 0 until the ledger has shown it the hold. [µs]"""
    transfer: bytes = b""
    """A toll's signed TRANSFER record."""
    on_trust: bool = False
    """Whether a toll's gate opens, or has opened, before the ledger has shown the payment."""
    opened: bool = False
    """Whether a toll's gate has opened; of a buyer, whether it says so."""
    jammed: str = ""
    """Seller: why a toll's gate did not open, though it was paid or trusted."""
    credit_note: bytes = b""
    """Seller: the signed TRANSFER that gives a toll back."""
    credit: bytes = b""
    """Id of the credit note, once the ledger has accepted it; of a buyer, once it was told."""
    credited: int = 0
    """What a credit note has given back. [base units]"""
    started: Instant | None = None
    """Buyer: when the delivery was asked to start."""

    first: Reading | None = None
    """The registers at the start."""
    latest: Reading | None = None
    """The latest registers."""
    bill: Bill = Bill()
    """All chunks so far; the last ones may be not vouched for yet."""
    vouched: int = 0
    """Chunks of the bill that a voucher covers; once settled, those that were paid."""
    voucher: bytes = b""
    """The best voucher, a signed SETTLE of 256 bytes."""
    delivered: int = 0
    """Seller: what all that was delivered is worth by the tariff, beyond the limit too.
    [base units]"""
    ahead: int = 0
    """Seller: what it may be worth at the next reading. [base units]"""
    metered_at_us: int = 0
    """Seller: when the latest chunk was sent. [µs]"""
    unpaid_max: int = 0
    """The largest cost that was ever delivered and not vouched for. [base units]"""
    paused: bool = False
    """Seller: whether delivery waits for a voucher."""
    final: bool = False
    """Whether the last chunk of the bill is the final one."""
    demand_w: int = 0
    """Power the car asks for. [W]"""
    demand_w_max: int = 0
    """Buyer: the highest power that it has asked for in this dialogue. [W]"""

    position: int = 0
    """Seller: the position of a toll's payment on the ledger."""
    paid: int = 0
    """What was paid on the ledger, once the dialogue has ended. [base units]"""
    transactions: list[bytes] = []
    """Ids of the ledger transactions of this dialogue."""

    @property
    def ended(self) -> bool:
        """Whether the dialogue has ended."""
        return self.state in ENDS

    @property
    def agreed_bill(self) -> Bill:
        """The part of the bill that both sides have signed: a voucher covers it."""
        return self.bill.until(self.vouched)

    @property
    def vouched_amount(self) -> int:
        """What the best voucher is worth. [base units]"""
        return sum(chunk.cost for chunk in self.bill.chunks[: self.vouched])

    def encode(self) -> bytes:
        """Return the memory as MessagePack, for the journal."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, snapshot: bytes) -> "Memory":
        """Return the memory that `encode` made.

        Raises:
            DamagedMemoryError: When the snapshot is not one.
        """
        try:
            return msgspec.msgpack.decode(snapshot, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DamagedMemoryError(
                f"a dialogue's memory can not be read, restore the journal: {error}"
            ) from error
