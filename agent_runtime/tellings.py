"""What is told of a message to whoever watches: its meaning, never the bytes that it is worth.

A voucher is a signed SETTLE: whoever had its bytes could hand it in before its payee does, and so
close the hold for less. So a watcher is told number and amount, and of every other message what a
person wants to know of a bargaining. No signature, record or frame is ever told.
"""

from agent_runtime.books import message
from agent_runtime.journal import JournalMessage
from agent_runtime.telemetry import Telemetry
from ledger_core import RECORD_SIZE, parse_records
from negotiation import (
    Accept,
    Cfp,
    Confirm,
    Counter,
    Envelope,
    Memory,
    Message,
    Meter,
    Propose,
    Receipt,
    Start,
    Tariff,
    Terms,
    Voucher,
)


class Tellings:
    """What a dialogue's watchers are still to be told of its messages.

    Args:
        memory: What the dialogue knows.
        telemetry: The agent's voice.
    """

    def __init__(self, memory: Memory, telemetry: Telemetry) -> None:
        self._memory = memory
        self._telemetry = telemetry
        self._untold: list[dict[str, object]] = []

    def message(self, way: str, envelope: Envelope, frame: bytes) -> JournalMessage:
        """Return a frame as the journal keeps it, and remember to tell of it.

        Args:
            way: `sent` or `heard`.
            envelope: What is in the frame.
            frame: The frame.
        """
        if self._telemetry.tells_messages:
            self._untold.append(self._told(way, envelope))
        return message(way, envelope, frame)

    def _told(self, way: str, envelope: Envelope) -> dict[str, object]:
        """Return what there is to tell of a message."""
        memory = self._memory
        return {
            "dialogue": memory.dialogue.hex(),
            "role": memory.role,
            "partner": memory.partner.hex(),
            "service": memory.service,
            "way": way,
            "number": envelope.number,
            "performative": envelope.body.performative,
            "body": meaning(envelope.body),
        }

    def tell(self) -> None:
        """Tell what is durable by now."""
        untold, self._untold = self._untold, []
        for told in untold:
            self._telemetry.publish("said", **told)


def meaning(body: Message) -> dict[str, object]:
    """Return what a message says, as far as it concerns a watcher, ready for JSON.

    Args:
        body: The message.
    """
    match body:
        case Cfp():
            needs = body.needs
            return {
                "service": body.service,
                "energy_wh": needs.energy_wh,
                "time_s": needs.time_s,
                "power_w_max": needs.power_w_max,
                "arrival_us": needs.arrival_us,
            }
        case Propose():
            return _of_terms(body.terms)
        case Counter():
            return {"prices": prices(body.tariff)}
        case Accept() | Confirm():
            return {"terms": body.terms_digest.hex()}
        case Start():
            return {"hold": body.hold.hex(), "demand_w": body.demand_w}
        case Meter():
            return _of_meter(body)
        case Voucher():
            return _of_voucher(body)
        case Receipt():
            return {
                "transaction": body.transaction.hex(),
                "position": body.position,
                "amount": body.amount,
                "credit": body.credit.hex(),
            }
    return {"reason": getattr(body, "reason", "")}


def prices(tariff: Tariff) -> dict[str, int]:
    """Return the prices of a tariff by what they are for. [base units per kWh, hour, or once]

    Args:
        tariff: The tariff.
    """
    return {element.kind: tariff.price(element.kind) for element in tariff.elements}


def _of_terms(terms: Terms) -> dict[str, object]:
    return {
        "place": terms.place,
        "prices": prices(terms.tariff),
        "amount_max": terms.limits.amount_max,
        "energy_wh_max": terms.limits.energy_wh_max,
        "time_s_max": terms.limits.time_s_max,
        "slice_amount": terms.slice_amount,
        "terms": terms.digest().hex(),
    }


def _of_meter(meter: Meter) -> dict[str, object]:
    told: dict[str, object] = {"index": meter.index, "total": meter.total, "final": meter.final}
    if meter.chunks:
        latest = meter.chunks[-1].end
        told |= {"energy_wh": latest.energy_wh, "time_s": latest.time_s, "idle_s": latest.idle_s}
    return told


def _of_voucher(voucher: Voucher) -> dict[str, object]:
    told: dict[str, object] = {"index": voucher.index, "demand_w": voucher.demand_w}
    if len(voucher.record) == RECORD_SIZE:
        record = parse_records(voucher.record)[0]
        told |= {"amount": int(record["amount"]), "voucher": int(record["sequence"])}
    return told
