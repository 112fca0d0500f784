"""Founding: what a genesis record has to be, before a ledger begins with it."""

from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import BadSignatureError

from ledger_core.amounts import SUPPLY_MAX
from ledger_core.errors import GenesisError
from ledger_core.keys import is_account_key
from ledger_core.records import SIGNED_SIZE, VERSION, ZERO, Kind, Records, record_ids, record_rows

__all__ = ["Founding", "read_genesis"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """Say what a genesis record brings into being."""

    id: bytes
    """Id of the record, 32 bytes."""

    network: int
    """Number of the network."""

    target: bytes
    """Account that gets the supply, 32 bytes."""

    supply: int
    """The supply. [base units]"""


def read_genesis(record: Records) -> Founding:
    """Check a genesis record and say what it brings into being.

    Args:
        record: One record, shape () or (1,).

    Raises:
        GenesisError: When the record can not begin a ledger, with the reason.
        BatchError: When the array does not have the dtype `RECORD`.
    """
    rows = record_rows(record)
    if len(rows) != 1:
        raise GenesisError(f"A ledger begins with one genesis record, not {len(rows)}: give one.")
    reason = _objection(record.reshape(()), rows.tobytes())
    if reason:
        raise GenesisError(f"This record can not begin a ledger: {reason}; use the network's own.")
    one = record.reshape(())
    return Founding(
        id=record_ids(record).tobytes(),
        network=int(one["network"]),
        target=one["target"].tobytes(),
        supply=int(one["amount"]),
    )


def _objection(record: Records, data: bytes) -> str:
    """Return why the record can not begin a ledger, or nothing."""
    parents = record["parent_a"].tobytes() + record["parent_b"].tobytes()
    objections = (
        (record["version"] != VERSION, f"its version is not {VERSION}"),
        (record["kind"] != Kind.GENESIS, "its kind is not GENESIS"),
        (parents != ZERO + ZERO, "it names parents"),
        (not 0 < int(record["amount"]) <= SUPPLY_MAX, f"its amount is not 1 to {SUPPLY_MAX}"),
        (record["sequence"] != 0 or record["valid_for"] != 0, "it has a sequence or an expiry"),
        (not is_account_key(record["target"].tobytes()), "its target can not be an account"),
        (not _is_signed(data, record["issuer"].tobytes()), "its signature is wrong"),
    )
    return next((reason for objection, reason in objections if objection), "")


def _is_signed(data: bytes, issuer: bytes) -> bool:
    try:
        bindings.crypto_sign_open(data[SIGNED_SIZE:] + data[:SIGNED_SIZE], issuer)
    except BadSignatureError:
        return False
    return True
