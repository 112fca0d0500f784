"""A session that was paid for on the ledger, and the receipts of its records."""

from hashlib import sha256
from typing import TypedDict

from ledger_core import (
    KeyPair,
    Note,
    Receipt,
    Records,
    data,
    genesis,
    hold,
    inclusion_proof,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)
from tests.unit.ledger_core.operators import cosigned, log_note
from tests.unit.ledger_core.stored_tree import tree_of

PAYER, PAYEE = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2))

TERMS = b"charge at outlet 1 for 0.40 a kWh"
BILL = b"7 kWh, 2.80"

_FIRST = genesis(PAYER, network=7, target=PAYER.public_key, amount=10**9, issued_at=1)
_BESIDE = transfer(
    PAYER, network=7, parents=(record_ids(_FIRST).tobytes(),) * 2, target=PAYEE.public_key,
    amount=1, sequence=0, issued_at=2, valid_for=60, digest=sha256(TERMS).digest(),
)  # fmt: skip
_PARENTS = record_ids(_FIRST).tobytes(), record_ids(_BESIDE).tobytes()
_HOLD = hold(
    PAYER, network=7, parents=_PARENTS, target=PAYEE.public_key, amount=5_000_000, sequence=1,
    issued_at=3, valid_for=60, digest=sha256(TERMS).digest(),
)  # fmt: skip
_ID = record_ids(_HOLD).tobytes()


class _Sent(TypedDict):
    network: int
    parents: tuple[bytes, bytes]
    issued_at: int
    valid_for: int


_SENT = _Sent(network=7, parents=_PARENTS, issued_at=4, valid_for=60)

RECORDS: dict[str, Records] = {
    "GENESIS": _FIRST,
    "TRANSFER": _BESIDE,
    "HOLD": _HOLD,
    "SETTLE": settle(
        PAYER, **_SENT, hold_id=_ID, amount=2_800_000, number=3, digest=sha256(BILL).digest()
    ),
    "RELEASE": release(PAYEE, **_SENT, hold_id=_ID),
    "RECLAIM": reclaim(PAYER, **_SENT, hold_id=_ID),
    "DATA": data(PAYER, **_SENT, sequence=2, digest=sha256(TERMS).digest()),
}
"""One record of each kind, in the order of the log. (No ledger would close a hold three times.)"""

HOLD = _HOLD.tobytes()

TREE = tree_of([record_ids(record).tobytes() for record in RECORDS.values()])


def checkpoint() -> Note:
    """Return the final checkpoint over the records."""
    return cosigned(log_note(TREE.size, TREE.frontier.root()))


def receipt_of(name: str, *, hold: bytes = b"", terms: bytes = b"", bill: bytes = b"") -> Receipt:
    """Return the receipt of a record, with what it is to carry besides."""
    position = list(RECORDS).index(name)
    return Receipt(
        record=RECORDS[name].tobytes(),
        position=position,
        path=tuple(inclusion_proof(position, TREE.size, TREE.read)),
        note=checkpoint(),
        hold=hold,
        terms=terms,
        bill=bill,
    )
