"""What is true about tokens: records, keys, holds and the rules of the ledger.

Pure: values in, values out. Nothing in here opens a socket or a file, reads a clock or writes a
log; time is an argument.

- *What is sent*: `RECORD`, `Kind`, `parse_records`, `record_ids`; the builders `genesis`,
  `transfer`, `data`, `hold`, `settle`, `release`, `reclaim`; to sign and check, `KeyPair` and
  `verify_batch`.
- *What is answered*: `Verdict`; every submitted record gets exactly one.
- *What is true afterwards*: `Ledger` applies whole batches; `rules` says the same one record at a
  time, and is the readable truth.
- *What to name as parents*: `TipPool`.
- *What goes wrong*: the tree in `ledger_core.errors`, from which every error of the project grows.
"""

from ledger_core import rules
from ledger_core.amounts import SUPPLY_MAX, TOKEN, format_amount, parse_amount
from ledger_core.archive import Archive, EmptyArchive
from ledger_core.errors import (
    AmountError,
    BatchError,
    CheckFailedError,
    DamagedError,
    GenesisError,
    InputError,
    KeyFormatError,
    MalformedRecordError,
    RecordFieldError,
    RefusedError,
    TanglewayError,
    UnavailableError,
)
from ledger_core.hold_transactions import hold, reclaim, release, settle
from ledger_core.holds import Hold
from ledger_core.keys import KeyPair, curve_public_key, is_account_key
from ledger_core.limits import BATCH_MAX, CLOCK_SKEW_MAX_US, MICROSECONDS, WINDOW
from ledger_core.records import (
    ID_SIZE,
    RECORD,
    RECORD_SIZE,
    SIGNED_SIZE,
    VERSION,
    ZERO,
    Bytes,
    Kind,
    Records,
    parse_records,
    record_ids,
    signed_parts,
)
from ledger_core.rules import State, apply_one
from ledger_core.signatures import verify_batch
from ledger_core.tips import Chance, TipPool
from ledger_core.transactions import data, genesis, transfer
from ledger_core.validator import Ledger
from ledger_core.verdicts import Verdict

__all__ = [
    "BATCH_MAX",
    "CLOCK_SKEW_MAX_US",
    "ID_SIZE",
    "MICROSECONDS",
    "RECORD",
    "RECORD_SIZE",
    "SIGNED_SIZE",
    "SUPPLY_MAX",
    "TOKEN",
    "VERSION",
    "WINDOW",
    "ZERO",
    "AmountError",
    "Archive",
    "BatchError",
    "Bytes",
    "Chance",
    "CheckFailedError",
    "DamagedError",
    "EmptyArchive",
    "GenesisError",
    "Hold",
    "InputError",
    "KeyFormatError",
    "KeyPair",
    "Kind",
    "Ledger",
    "MalformedRecordError",
    "RecordFieldError",
    "Records",
    "RefusedError",
    "State",
    "TanglewayError",
    "TipPool",
    "UnavailableError",
    "Verdict",
    "apply_one",
    "curve_public_key",
    "data",
    "format_amount",
    "genesis",
    "hold",
    "is_account_key",
    "parse_amount",
    "parse_records",
    "reclaim",
    "record_ids",
    "release",
    "rules",
    "settle",
    "signed_parts",
    "transfer",
    "verify_batch",
]
