"""The books of one dialogue: what its memory says, as people and auditors read it."""

from dataclasses import dataclass, field
from typing import Self

import msgspec

from agent_runtime.journal import Entry, JournalChunk, JournalMessage, JournalVoucher
from ledger_core import parse_records
from negotiation import Bill, Envelope, Memory, Service, State, Terms

UNITS = {Service.CHARGE: "Wh", Service.PARK: "s", Service.TOLL: "passage"}
"""In what each service is delivered."""

UNAGREED = frozenset(
    {
        State.NEW,
        State.CALLED,
        State.OFFERED,
        State.COUNTERED,
        State.REFUSED,
        State.REJECTED,
        State.EXPIRED,
    }
)
"""States in which an offer is no agreement."""

QUANTITY_MAX = 2**63 - 1
"""The largest number that the journal can keep; only a partner's nonsense is larger."""


def quantity(memory: Memory) -> int:
    """Return how much was delivered, in the service's unit."""
    if memory.service is Service.TOLL:
        return 1 if memory.paid > memory.credited else 0
    usage = memory.bill.usage
    delivered = usage.energy_wh if memory.service is Service.CHARGE else usage.time_s + usage.idle_s
    return min(delivered, QUANTITY_MAX)


def billed(memory: Memory) -> int:
    """Return what was billed, at the end what both sides have agreed on. [base units]

    A last chunk for which no voucher came is the seller's loss, not the buyer's debt.
    """
    if memory.service is Service.TOLL:
        return memory.terms.limits.amount_max if memory.paid and memory.terms else 0
    return memory.vouched_amount if memory.ended else memory.bill.total


@dataclass(slots=True, kw_only=True)
class Books:
    """What is known of a dialogue besides its memory: when things happened, what is kept."""

    opened_at_us: int
    """When the dialogue began. [µs since the Unix epoch]"""
    latency_us: dict[str, int] = field(default_factory=dict)
    """How long things took: `toll` (car at the gate → gate open), `settle` (submitted → durable
    verdict). [µs]"""
    is_final: bool = False
    """Whether the payment is known to be final."""
    not_final: str = ""
    """Why it is not, where that was waited for."""
    _since_us: dict[str, int] = field(default_factory=dict)
    _bill: Bill = field(default_factory=Bill)
    _vouched: int = 0
    _kept: Entry | None = None
    _agreed: tuple[Terms | None, dict[str, object]] = (None, {})

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Go on with the books of a dialogue that the journal knows."""
        return cls(opened_at_us=entry.opened_at_us, latency_us=dict(entry.latency_us))

    def begin(self, what: str, at_us: int) -> None:
        """Note when something began; the first time counts."""
        self._since_us.setdefault(what, at_us)

    def finish(self, what: str, at_us: int) -> None:
        """Note when it was over."""
        if what in self._since_us and what not in self.latency_us:
            self.latency_us[what] = at_us - self._since_us[what]

    def entry(self, memory: Memory, at_us: int) -> Entry:
        """Return the line of the journal that this dialogue is."""
        return Entry(
            dialogue=memory.dialogue.hex(),
            role=memory.role,
            service=memory.service,
            partner=memory.partner.hex(),
            state=memory.state,
            ended=memory.ended,
            reason=memory.reason,
            agreed=self._agreement(memory),
            unit=UNITS[memory.service],
            quantity=quantity(memory),
            billed=billed(memory),
            paid=memory.paid,
            transactions=tuple(transaction.hex() for transaction in memory.transactions),
            latency_us=dict(self.latency_us),
            snapshot=memory.encode(),
            opened_at_us=self.opened_at_us,
            changed_at_us=at_us,
        )

    def _agreement(self, memory: Memory) -> dict[str, object]:
        """Return what both agreed on; terms that are the same are not spelled out again."""
        if memory.terms is None or memory.state in UNAGREED:
            return {}
        if self._agreed[0] is not memory.terms:
            self._agreed = memory.terms, agreed(memory.terms)
        return self._agreed[1]

    def has_news(self, entry: Entry) -> bool:
        """Say whether an entry says more than the one before it, and remember it."""
        before, self._kept = self._kept, entry
        if before is None:
            return True
        return msgspec.structs.replace(before, changed_at_us=entry.changed_at_us) != entry

    def new_chunks(self, memory: Memory) -> tuple[JournalChunk, ...]:
        """Return the chunks that came since the last call."""
        old, self._bill = self._bill.chunks, memory.bill
        return tuple(
            JournalChunk(index=index, readings=msgspec.to_builtins(chunk), cost=chunk.cost)
            for index, chunk in enumerate(memory.bill.chunks)
            if index >= len(old)
        )

    def new_vouchers(self, memory: Memory) -> tuple[JournalVoucher, ...]:
        """Return the best voucher, if it is a better one than at the last call."""
        if not memory.voucher or memory.vouched <= self._vouched:
            return ()
        self._vouched = memory.vouched
        record = parse_records(memory.voucher)[0]
        return (
            JournalVoucher(
                index=int(record["sequence"]), amount=int(record["amount"]), record=memory.voucher
            ),
        )

    def news(self, memory: Memory) -> dict[str, object]:
        """Return what a watcher is told, ready for JSON."""
        return {
            "dialogue": memory.dialogue.hex(),
            "role": memory.role,
            "service": memory.service,
            "partner": memory.partner.hex(),
            "state": memory.state,
            "ended": memory.ended,
            "reason": memory.reason,
            "place": memory.terms.place if memory.terms else "",
            "unit": UNITS[memory.service],
            "quantity": quantity(memory),
            "billed": billed(memory),
            "vouched": memory.vouched_amount,
            "delivered": memory.delivered,
            "slice": memory.terms.slice_amount if memory.terms else 0,
            "paid": memory.paid,
            "final": self.is_final,
            "counters": memory.counters,
            "hold": memory.hold.hex(),
            "transactions": [transaction.hex() for transaction in memory.transactions],
        }


def agreed(terms: Terms) -> dict[str, object]:
    """Return what both agreed on, ready for JSON."""
    return {
        "place": terms.place,
        "tariff": msgspec.to_builtins(terms.tariff),
        "energy_wh_max": terms.limits.energy_wh_max,
        "time_s_max": terms.limits.time_s_max,
        "power_w_max": terms.limits.power_w_max,
        "amount_max": terms.limits.amount_max,
        "slice_amount": terms.slice_amount,
        "terms_digest": terms.digest().hex(),
    }


def message(way: str, envelope: Envelope, frame: bytes) -> JournalMessage:
    """Return a frame as the journal keeps it, as evidence of what was said."""
    return JournalMessage(
        way=way,
        number=envelope.number,
        performative=envelope.body.performative,
        frame=frame,
    )
