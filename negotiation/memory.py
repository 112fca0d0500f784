"""What a dialogue must remember across a crash: one plain struct, kept in the journal.

Everything a dialogue decides, it decides from its memory and its arguments, so whoever has the
memory can go on where the other left off.
"""

import msgspec

from negotiation.bill import Bill
from negotiation.messages import Cfp
from negotiation.readings import Reading
from negotiation.terms import Service, Terms
from negotiation.transitions import ENDS, Role, State


class Instant(msgspec.Struct, frozen=True):
    """One moment in the two times: protocol deadlines are real, physics is story time."""

    at_us: int
    """Real time. [µs since the Unix epoch]"""
    story_s: float
    """Story time. [s since the story's epoch]"""


class Memory(msgspec.Struct, kw_only=True):
    """All that one side knows of one dialogue."""

    role: Role
    """Which side this is."""
    dialogue: bytes
    """The dialogue's id, 16 bytes."""
    partner: bytes
    """The partner's key, 32 bytes."""
    service: Service
    """What is sold."""
    network: int
    """Number of the ledger network."""
    state: State = State.NEW
    """Where the dialogue stands."""
    reason: str = ""
    """Why it ended or is ending, one sentence."""

    sent: int = 0
    """Messages sent, which is the number of the next one."""
    heard: int = -1
    """Number of the latest message heard."""
    answered: bool = False
    """Whether something was sent since it was heard."""
    last_frame: bytes = b""
    """The latest frame sent, to be repeated."""
    resend_at_us: int = 0
    """When to repeat it, 0: not by itself. [µs]"""
    deadline_us: int = 0
    """When the time of the present state is over, 0: never. [µs]"""

    call: Cfp | None = None
    """What was asked for."""
    terms: Terms | None = None
    """What was offered, and later agreed."""
    hold: bytes = b""
    """Id of the HOLD (of a toll's TRANSFER), once there is one."""
    hold_until_us: int = 0
    """When the hold ends. [µs]"""
    transfer: bytes = b""
    """A toll's signed TRANSFER record."""
    started: Instant | None = None
    """When the delivery was asked to start."""

    first: Reading | None = None
    """The registers at the start."""
    latest: Reading | None = None
    """The latest registers."""
    bill: Bill = Bill()
    """The bill; its last chunk may be not vouched for yet."""
    vouched: int = 0
    """Chunks of the bill that a voucher covers."""
    voucher: bytes = b""
    """The best voucher, a signed SETTLE of 256 bytes."""
    growth: int = 0
    """What the latest reading added to the cost: the most the next one should add. [base units]"""
    metered_at_us: int = 0
    """When the latest chunk was sent. [µs]"""
    unpaid_max: int = 0
    """The largest cost that was ever delivered and not vouched for. [base units]"""
    paused: bool = False
    """Whether delivery waits for a voucher."""
    final: bool = False
    """Whether the last chunk of the bill is the final one."""
    demand_w: int = 0
    """Power the car asks for. [W]"""

    paid: int = 0
    """What was paid on the ledger, once the dialogue has ended. [base units]"""
    transactions: list[bytes] = []
    """Ids of the ledger transactions of this dialogue."""

    @property
    def ended(self) -> bool:
        """Whether the dialogue has ended."""
        return self.state in ENDS

    @property
    def vouched_amount(self) -> int:
        """What the best voucher is worth. [base units]"""
        return self.bill.until(self.vouched).total

    def encode(self) -> bytes:
        """Return the memory as MessagePack, for the journal."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, snapshot: bytes) -> "Memory":
        """Return the memory that `encode` made.

        Raises:
            msgspec.DecodeError: When the snapshot is not one.
        """
        return msgspec.msgpack.decode(snapshot, type=cls)
