"""Sessions that have come to their end, with all frames and the ledger's receipts of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ledger_core import (
    KeyPair,
    Receipt,
    Records,
    genesis,
    hold,
    inclusion_proof,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)
from negotiation import (
    Accept,
    Bill,
    Body,
    Cfp,
    Confirm,
    Counter,
    Envelope,
    Meter,
    Propose,
    SessionReceipt,
    Stop,
    Terms,
    seal,
)
from tests.transcripts.cast import (
    BUYER,
    DIALOGUE,
    ENERGY,
    NEEDS,
    NETWORK,
    NOW_US,
    SELLER,
    TERMS,
    TOLL,
    bill,
    reading,
)
from tests.unit.ledger_core.operators import cosigned, log_note
from tests.unit.ledger_core.stored_tree import tree_of

BILL = bill(reading(0, 0), reading(0, 0), reading(500, 150), reading(1_000, 300))
"""Three chunks: 0, 200,000 and 200,000 base units."""

_FIRST = genesis(BUYER, network=NETWORK, target=BUYER.public_key, amount=10**9, issued_at=1)
PARENTS = (record_ids(_FIRST).tobytes(), bytes(32))


def hold_record(
    terms: Terms = TERMS, *, payer: KeyPair = BUYER, payee: KeyPair = SELLER, amount: int = 0
) -> Records:
    """Return the HOLD of a session."""
    return hold(
        payer,
        network=NETWORK,
        parents=PARENTS,
        target=payee.public_key,
        amount=amount or terms.limits.amount_max,
        sequence=0,
        issued_at=2,
        valid_for=60,
        digest=terms.digest(),
    )


def settle_record(
    opening: Records,
    *,
    amount: int = BILL.total,
    number: int = 2,
    payer: KeyPair = BUYER,
    over: Bill = BILL,
    network: int = NETWORK,
) -> Records:
    """Return the SETTLE of a session."""
    return settle(
        payer,
        network=network,
        parents=PARENTS,
        hold_id=record_ids(opening).tobytes(),
        amount=amount,
        number=number,
        issued_at=3,
        valid_for=60,
        digest=over.digest(),
    )


def toll_record(
    *, payer: KeyPair = BUYER, payee: KeyPair = SELLER, amount: int = TOLL.limits.amount_max
) -> Records:
    """Return the TRANSFER of a toll."""
    return transfer(
        payer,
        network=NETWORK,
        parents=PARENTS,
        target=payee.public_key,
        amount=amount,
        sequence=0,
        issued_at=3,
        valid_for=60,
        digest=TOLL.digest(),
    )


def release_record(opening: Records, *, payee: KeyPair = SELLER) -> Records:
    """Return the RELEASE of a session."""
    return release(payee, **_closing(opening))  # type: ignore[arg-type]


def reclaim_record(opening: Records, *, payer: KeyPair = BUYER) -> Records:
    """Return the RECLAIM of a session."""
    return reclaim(payer, **_closing(opening))  # type: ignore[arg-type]


def _closing(opening: Records) -> dict[str, object]:
    hold_id = record_ids(opening).tobytes()
    return {
        "network": NETWORK, "parents": PARENTS, "hold_id": hold_id, "issued_at": 3, "valid_for": 60
    }  # fmt: skip


def ledger_receipt(record: Records, opening: Records | None = None) -> Receipt:
    """Return the final receipt of a record in a small log."""
    leaves = [record_ids(each).tobytes() for each in (_FIRST, record)]
    tree = tree_of(leaves)
    return Receipt(
        record=record.tobytes(),
        position=1,
        path=tuple(inclusion_proof(1, tree.size, tree.read)),
        note=cosigned(log_note(tree.size, tree.frontier.root())),
        hold=b"" if opening is None else opening.tobytes(),
    )


@dataclass
class Conversation:
    """Frames of both sides, numbered as they are said."""

    dialogue: bytes = DIALOGUE

    def __post_init__(self) -> None:
        """Begin with nothing said."""
        self.frames: list[bytes] = []

    def says(self, speaker: KeyPair, body: Body) -> bytes:
        """Let one side say something."""
        envelope = Envelope(
            dialogue=self.dialogue,
            number=len(self.frames),
            sender=speaker.public_key,
            reply_by_us=NOW_US,
            body=body,
        )
        self.frames.append(seal(speaker, envelope))
        return self.frames[-1]


def conversation(terms: Terms = TERMS, meters: Sequence[Meter] = ()) -> list[bytes]:
    """Return all frames of a session: an older offer, the agreed one, and the bill."""
    said = Conversation()
    said.says(BUYER, Cfp(service=terms.service, needs=NEEDS))
    said.says(SELLER, Propose(terms=msgspec.structs.replace(terms, place="elsewhere")))
    said.says(BUYER, Counter(tariff=ENERGY))
    said.says(SELLER, Propose(terms=terms))
    said.says(BUYER, Accept(terms_digest=terms.digest()))
    said.says(SELLER, Confirm(terms_digest=terms.digest()))
    for meter in meters:
        said.says(SELLER, meter)
    said.says(BUYER, Stop(reason="enough"))
    return said.frames


def pieces(over: Bill = BILL) -> list[Meter]:
    """Return a bill in messages: chunk by chunk, the last one with the one before it again."""
    singles = [
        Meter(index=index, chunks=(chunk,), total=over.until(index + 1).total)
        for index, chunk in enumerate(over.chunks[:-1])
    ]
    last = len(over.chunks) - 2
    return [*singles, Meter(index=last, chunks=over.chunks[last:], total=over.total, final=True)]


HOLD = hold_record()
SETTLED = SessionReceipt.of(
    conversation(meters=pieces()),
    terms=TERMS,
    ledger=ledger_receipt(settle_record(HOLD), HOLD),
)
RELEASED = SessionReceipt.of(
    conversation(), terms=TERMS, ledger=ledger_receipt(release_record(HOLD), HOLD)
)
RECLAIMED = SessionReceipt.of(
    conversation(), terms=TERMS, ledger=ledger_receipt(reclaim_record(HOLD), HOLD)
)
PASSED = SessionReceipt.of(conversation(TOLL), terms=TOLL, ledger=ledger_receipt(toll_record()))
