"""Session receipts: what was agreed, what was billed, and that it was paid, for anybody, offline.

The ledger's receipt proves that a record was accepted, and this adds what the record commits to, in
the words that both sides have signed: the seller's `propose` and the buyer's `accept`, and for a
SETTLE every `meter` that brought a piece of the bill. The frames are the very bytes that went over
the wire. Each side keeps the same words, so both can make the same receipt.

A receipt of a session is a JSON object of one line; `ledger` in it is the ledger's receipt, a text
that stands by itself.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec
import numpy as np

from ledger_core import (
    Kind,
    Policy,
    Receipt,
    Records,
    VerifiedReceipt,
    parse_records,
    verify_receipt,
)
from negotiation.bill import Bill, Chunk, extend
from negotiation.deposits import check_deposit, deposit_bill
from negotiation.envelope import Envelope, unseal
from negotiation.errors import FrameError, ImplausibleError, SessionReceiptError
from negotiation.messages import Accept, Confirm, Meter, Propose
from negotiation.stop_reasons import SignedValue
from negotiation.terms import Terms

SESSION_RECEIPT_SIZE_MAX = 16 * 1024 * 1024
"""Length of a session's receipt that is read: the fullest bill, each chunk in a frame of its own,
takes half of it. [bytes]"""

FORMAT: Final = "tangleway.session-receipt/1"
"""Name of the format; a change that old programs would misread gets another number."""

CLOSING = (Kind.SETTLE, Kind.TRANSFER, Kind.RELEASE, Kind.RECLAIM)
"""Kinds of records that close a session."""


class SessionReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The receipt of one session, not verified."""

    format: Literal["tangleway.session-receipt/1"] = FORMAT
    """The format's name."""
    ledger: str
    """The ledger's receipt of the record that closed the session, a tlog-proof."""
    propose: bytes
    """The frame with the agreed terms, signed by the seller."""
    accept: bytes
    """The frame that takes them, signed by the buyer."""
    meters: tuple[bytes, ...] = ()
    """The frames that brought the paid bill, signed by the seller, in order; of a deposit that was
    due because nobody came, the `confirm` that asked for it."""
    signed_meter: tuple[SignedValue, ...] | msgspec.UnsetType = msgspec.UNSET
    """What the meter itself has signed, where it does; each value is verified by its own format."""

    @classmethod
    def of(
        cls,
        frames: Iterable[bytes],
        *,
        terms: Terms,
        ledger: Receipt,
        signed_meter: tuple[SignedValue, ...] = (),
    ) -> Self:
        """Put together what proves a session.

        Args:
            frames: All frames of the dialogue, of both sides.
            terms: What was agreed.
            ledger: The ledger's receipt of the record that closed the session.
            signed_meter: What the meter has signed.

        Raises:
            SessionReceiptError: A frame that is needed is not among them.
        """
        said = [(frame, unseal(frame)) for frame in frames]
        record = _record_of(ledger.record)
        paid = int(record["sequence"]) + 1 if record["kind"] == Kind.SETTLE else 0
        forfeit = _deposit_frames(said, record["digest"].tobytes()) if paid else ()
        return cls(
            ledger=ledger.encode().decode(),
            propose=_first(said, "propose", lambda body: body == Propose(terms=terms)),
            accept=_first(said, "accept", lambda body: body == Accept(terms_digest=terms.digest())),
            meters=forfeit or _meters(said, terms.seller, paid),
            signed_meter=signed_meter or msgspec.UNSET,
        )

    def encode(self) -> bytes:
        """Return the receipt as it is written to a file: one line of JSON."""
        return msgspec.json.encode(self) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a receipt; nothing is verified.

        Raises:
            SessionReceiptError: It is none, too long, or not in the one form that `encode` writes.
        """
        if len(data) > SESSION_RECEIPT_SIZE_MAX:
            raise SessionReceiptError(
                f"A session's receipt has at most {SESSION_RECEIPT_SIZE_MAX} bytes."
            )
        try:
            receipt = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SessionReceiptError(f"This is no receipt of a session: {error}.") from error
        if receipt.encode() != data:
            raise SessionReceiptError(
                "The session's receipt was altered since it was written: ask for it again."
            )
        return receipt


@dataclass(frozen=True, slots=True)
class VerifiedSession:
    """What a good receipt of a session proves."""

    ledger: VerifiedReceipt
    """What the ledger's part proves by itself."""
    terms: Terms
    """What both sides agreed on."""
    bill: Bill
    """What was delivered and paid; empty where no SETTLE closed the session."""
    signed_meter: tuple[SignedValue, ...] = ()
    """What came along as signed by the meter: passed on, and not verified here."""


def is_session_receipt(data: bytes) -> bool:
    """Tell whether a file looks like a session's receipt rather than one of the ledger alone."""
    return data[:1] == b"{"


def verify_session_receipt(data: bytes, policy: Policy) -> VerifiedSession:
    """Verify a session's receipt offline.

    Args:
        data: The receipt as it was stored or handed over.
        policy: Whom to trust.

    Raises:
        SessionReceiptError: It can not be read, was altered, or its words, signatures, parties or
            amounts do not belong together.
        ReceiptError: The ledger's part can not be read or was altered.
        NoteSignatureError: The log has not signed, or a signature of a known key is forged.
        QuorumError: Too few validators have signed.
        InclusionError: The record is not in the tree of the checkpoint.
    """
    receipt = SessionReceipt.parse(data)
    verified = verify_receipt(receipt.ledger.encode(), policy)
    terms = _agreed_terms(receipt)
    _check_parties(verified, terms)
    is_settle = verified.record["kind"] == Kind.SETTLE
    if not is_settle and receipt.meters:
        raise SessionReceiptError("The session was not settled, so nothing can have been billed.")
    bill = _paid_bill(receipt, terms, verified.record) if is_settle else Bill()
    return VerifiedSession(verified, terms, bill, receipt.signed_meter or ())


_Said = list[tuple[bytes, Envelope]]


def _first(said: _Said, name: str, fits: Callable[[object], bool]) -> bytes:
    found = next((frame for frame, envelope in said if fits(envelope.body)), None)
    if found is None:
        raise SessionReceiptError(f"The {name} of this session was not kept: no receipt of it.")
    return found


def _deposit_frames(said: _Said, digest: bytes) -> tuple[bytes, ...]:
    """Return the frame that asked for the deposit of this digest, if one did."""
    return tuple(
        frame
        for frame, envelope in said
        if isinstance(envelope.body, Confirm)
        and envelope.body.deposit is not None
        and deposit_bill(envelope.body.deposit).digest() == digest
    )[:1]


def _meters(said: _Said, seller: bytes, count: int) -> tuple[bytes, ...]:
    """Return the frames that bring the first `count` chunks, each with at least a new one."""
    meters: list[bytes] = []
    known = 0
    for frame, envelope in said:
        body = envelope.body
        if envelope.sender != seller or not isinstance(body, Meter) or known >= count:
            continue
        if body.index <= known < body.index + len(body.chunks):
            known = body.index + len(body.chunks)
            meters.append(frame)
    if known < count:
        raise SessionReceiptError("A piece of the bill was not kept: no receipt of this session.")
    return tuple(meters)


def _agreed_terms(receipt: SessionReceipt) -> Terms:
    """Return the terms that both sides have signed."""
    offer, taken = _opened(receipt.propose, "propose"), _opened(receipt.accept, "accept")
    if not isinstance(offer.body, Propose) or not isinstance(taken.body, Accept):
        raise SessionReceiptError("The frames in the receipt are not an offer and its acceptance.")
    terms = offer.body.terms
    if (offer.sender, taken.sender) != (terms.seller, terms.buyer):
        raise SessionReceiptError("The terms are not signed by the buyer and the seller they name.")
    if not offer.dialogue == taken.dialogue == terms.dialogue:
        raise SessionReceiptError("The offer and its acceptance are of different dialogues.")
    if taken.body.terms_digest != terms.digest():
        raise SessionReceiptError("The buyer has accepted other terms than those in the receipt.")
    return terms


def _check_parties(verified: VerifiedReceipt, terms: Terms) -> None:
    """Check that the record closes this session: its terms, parties, network and amount."""
    record = verified.record
    kind = Kind(int(record["kind"]))
    if kind not in CLOSING or (kind is Kind.TRANSFER) is terms.service.on_hold:
        raise SessionReceiptError(f"A {kind.name} does not close a session of {terms.service}.")
    if record["network"] != terms.network:
        raise SessionReceiptError("The record is one of another network than the terms name.")
    if not verified.receipt.binds_terms(terms.encode()):
        raise SessionReceiptError("The terms in the receipt are not those that the payer signed.")
    opening = _record_of(verified.receipt.hold) if terms.service.on_hold else record
    if opening["issuer"].tobytes() != terms.buyer or opening["target"].tobytes() != terms.seller:
        raise SessionReceiptError("Payer and payee on the ledger are not buyer and seller.")
    amount, agreed = int(opening["amount"]), terms.limits.amount_max
    if amount < agreed or (kind is Kind.TRANSFER and amount != agreed):
        raise SessionReceiptError("The record on the ledger is not over the agreed amount.")
    closer = terms.seller if kind is Kind.RELEASE else terms.buyer
    if record["issuer"].tobytes() != closer:
        raise SessionReceiptError(f"The {kind.name} is not signed by the side that makes it.")


def _paid_bill(receipt: SessionReceipt, terms: Terms, record: Records) -> Bill:
    """Return the bill that the SETTLE pays, rebuilt from what the seller has signed."""
    bill, count = Bill(), int(record["sequence"]) + 1
    for frame in receipt.meters:
        known = len(bill.chunks)
        envelope = _opened(frame, "meter")
        meter = envelope.body
        if (envelope.sender, envelope.dialogue) != (terms.seller, terms.dialogue):
            raise SessionReceiptError("A piece of the bill is not signed by this seller.")
        if isinstance(meter, Confirm) and meter.deposit and len(receipt.meters) == 1:
            bill = _deposited(terms, meter.deposit)
            break
        if not isinstance(meter, Meter):
            raise SessionReceiptError("A frame of the bill is no meter reading.")
        try:
            bill = extend(terms, bill, index=meter.index, chunks=meter.chunks)
        except ImplausibleError as error:
            raise SessionReceiptError(f"The bill does not follow the terms: {error}.") from error
        if not known < min(count, len(bill.chunks)):
            raise SessionReceiptError("A frame of the bill brings nothing that was paid.")
    paid = bill.until(count)
    if paid.digest() != record["digest"].tobytes():
        raise SessionReceiptError("The bill in the receipt is not the one that the payer signed.")
    if paid.total != int(record["amount"]):
        raise SessionReceiptError(
            f"The SETTLE pays {int(record['amount'])} base units, the bill is over {paid.total}."
        )
    return paid


def _deposited(terms: Terms, deposit: Chunk) -> Bill:
    """Return the bill of a buyer that never came; how long the place was kept is what it signed."""
    try:
        check_deposit(terms, deposit, kept_s=math.inf)
    except ImplausibleError as error:
        raise SessionReceiptError(f"The deposit does not follow the terms: {error}.") from error
    return deposit_bill(deposit)


def _opened(frame: bytes, name: str) -> Envelope:
    try:
        return unseal(frame)
    except FrameError as error:
        raise SessionReceiptError(f"The {name} in the receipt is forged: {error}.") from error


def _record_of(record: bytes) -> Records:
    return np.asarray(parse_records(record)[0])
