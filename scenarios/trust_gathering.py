"""Collect what a run with operators leaves behind: everybody's own store, and one receipt.

All processes have ended. Each store is judged anew as `tangleway ledger verify` does it, and a
receipt is tried as `tangleway receipt verify` does, where nothing but the policy file is beside it.
"""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shutil import copyfile

from ledger_core import (
    CheckFailedError,
    Frontier,
    Policy,
    TanglewayError,
    parse_records,
    record_ids,
    verify_receipt,
)
from ledger_node import read_policy
from ledger_node.audit import audit
from ledger_node.data_directory import DataDirectory
from ledger_node.local_log import LocalLog
from ledger_node.stored_facts import stored_facts
from ledger_node.stored_receipts import stored_receipt
from scenarios.cast import POLICY_FILE, Cast
from scenarios.diary import Diary
from scenarios.evidence import LedgerRecord
from scenarios.faults import PAYMENTS
from scenarios.finality import FinalityWatch
from scenarios.roster import NODE
from scenarios.trust_evidence import Books, ReceiptTrial, TrustEvidence

ALTERED_BYTE = 300
"""Which byte of a receipt is altered to see that it is refused: one within its record."""


def gather_trust(
    cast: Cast, *, watch: FinalityWatch, diary: Diary, records: Sequence[LedgerRecord]
) -> TrustEvidence:
    """Return the evidence of a run whose processes have ended.

    Args:
        cast: Who took part.
        watch: What was seen to become final.
        diary: Who was away, who lied, who raised an alarm.
        records: The ledger's records in their order.
    """
    policy = read_policy(cast.policy_file)
    stores = [(NODE, cast.ledger_data, False)]
    stores += [(one.name, one.data, one.table.lies) for one in cast.operators]
    return TrustEvidence(
        quorum=policy.quorum,
        within_s=cast.story.policy.final_within_s,
        size=len(records),
        final_size=watch.size,
        root=watch.root.hex(),
        signers=watch.signers,
        signed_last=dict(watch.signed_last),
        waits=tuple(watch.waits),
        faults=tuple(watch.faults),
        books=tuple(
            books_of(name, data, policy=policy, size=watch.size, lies=lies)
            for name, data, lies in stores
        ),
        outages=tuple(diary.outages),
        lies_from_us=dict(diary.lies_from_us),
        alarms=diary.alarms,
        receipt=_trial(cast, records),
    )


def books_of(name: str, data: Path, *, policy: Policy, size: int, lies: bool = False) -> Books:
    """Judge one party's own store.

    Args:
        name: Whose it is.
        data: Its data directory.
        policy: Whose signatures count.
        size: How many records are final.
        lies: Whether it is the story's liar.
    """
    try:
        found = audit(data, policy=policy)
        is_right, reason = found.ok, found.reason
        root, signed_size = (_root(data, size), _signed_size(data)) if is_right else ("", 0)
    except TanglewayError as error:
        is_right, reason, root, signed_size = False, str(error), "", 0
    return Books(
        name=name, lies=lies, is_right=is_right, reason=reason, root=root, signed_size=signed_size
    )


def try_receipt(data: Path, transaction: str, policy_file: Path) -> ReceiptTrial:
    """Take a receipt from a store, carry it elsewhere, and see what it proves there.

    Args:
        data: The store.
        transaction: Id of an accepted record, hexadecimal.
        policy_file: Whom to trust; it is carried along.
    """
    with tempfile.TemporaryDirectory(prefix="tangleway-receipt-") as place:
        carried, policy_copy = Path(place) / "payment.receipt", Path(place) / POLICY_FILE
        copyfile(policy_file, policy_copy)
        try:
            carried.write_bytes(stored_receipt(data, bytes.fromhex(transaction)).encode())
            policy = read_policy(policy_copy)
            position = verify_receipt(carried.read_bytes(), policy).position
        except TanglewayError as error:
            return ReceiptTrial(
                transaction=transaction, proved=False, reason=str(error), altered_refused=True
            )
        return ReceiptTrial(
            transaction=transaction,
            proved=True,
            reason=f"the record stands at position {position}",
            altered_refused=_is_refused(carried.read_bytes(), policy),
        )


def _trial(cast: Cast, records: Sequence[LedgerRecord]) -> ReceiptTrial | None:
    """Try the receipt of the last payment between agents, if there is one."""
    keys = {cast.key(agent).public_key.hex() for agent in cast.agents}
    paid = [one.id for one in records if one.kind in PAYMENTS and one.issuer in keys]
    return try_receipt(cast.ledger_data, paid[-1], cast.policy_file) if paid else None


def _is_refused(receipt: bytes, policy: Policy) -> bool:
    """Return whether a receipt with one bit altered is refused."""
    altered = bytearray(receipt)
    altered[ALTERED_BYTE] ^= 1
    try:
        verify_receipt(bytes(altered), policy)
    except CheckFailedError:
        return True
    return False


def _root(data: Path, size: int) -> str:
    """Return the root of a store's first records, hexadecimal; empty where there are fewer."""
    tree = Frontier()
    with DataDirectory(data) as directory, closing(LocalLog(directory.log)) as log:
        for entry in log.entries(stop=size):
            tree.append(record_ids(parse_records(entry.records))[: size - entry.first])
    return tree.root().hex() if tree.size == size else ""


def _signed_size(data: Path) -> int:
    """Return the size of the checkpoint that a validator cosigned last, 0 for none."""
    return int(stored_facts(data).get("cosigned", 0))
