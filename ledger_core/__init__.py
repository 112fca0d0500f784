"""What is true about tokens: records, keys, holds and the rules of the ledger.

Pure: values in, values out. Nothing in here opens a socket or a file, reads a clock or writes a
log; time is an argument.

- *What is sent*: `RECORD`, `Kind`, `parse_records`, `record_ids`; the builders `genesis`,
  `transfer`, `data`, `hold`, `settle`, `release`, `reclaim`; to sign and check, `KeyPair` and
  `verify_batch` or, for a single one, `verify_signature`.
- *What is answered*: `Verdict`; every submitted record gets exactly one.
- *What is true afterwards*: `Ledger` applies whole batches, by NumPy or by compiled kernels
  (`use_judging`); `rules` says the same one record at a time, and is the readable truth.
- *What to name as parents*: `TipPool`.
- *How strangers check it*: `Frontier` grows the Merkle tree; `inclusion_proof`,
  `consistency_proof` and their `verify_` twins; a `Checkpoint` is what the log signs (`Note`) and
  validators `cosign`; a `Policy` says who has to, `verify_checkpoint` whether they have; a
  `Receipt` proves one record offline, `verify_receipt`; a `Tile` is a file of a published log.
- *What a ledger is made of at an instant*: a `Snapshot`, one spelling for both implementations;
  whoever stands by it signs its `SnapshotHead`, and `verify_snapshot_note` counts the quorum.
- *What goes wrong*: the tree in `ledger_core.errors`, from which every error of the project grows.
"""

from ledger_core import rules
from ledger_core.amounts import SUPPLY_MAX, TOKEN, format_amount, parse_amount
from ledger_core.archive import Archive, EmptyArchive
from ledger_core.checkpoints import (
    Checkpoint,
    log_key,
    network_origin,
    open_checkpoint,
    sign_checkpoint,
)
from ledger_core.cosignatures import cosign, validator_key, verify_cosignature
from ledger_core.engines import (
    RECHECK_EVERY,
    TABLE_BYTES,
    EngineChoice,
    EngineName,
    engine_in_use,
    remembered_signatures,
    use_engine,
)
from ledger_core.errors import (
    AmountError,
    BatchError,
    CheckFailedError,
    CheckpointFormatError,
    ConsistencyError,
    DamagedError,
    DamagedFrontierError,
    EngineError,
    GenesisError,
    InclusionError,
    InputError,
    KeyFormatError,
    MalformedRecordError,
    NoteFormatError,
    NoteSignatureError,
    PolicyError,
    QuorumError,
    ReceiptError,
    ReceiptFormatError,
    RecordFieldError,
    RefusedError,
    SnapshotFormatError,
    TanglewayError,
    TreeSizeError,
    UnavailableError,
)
from ledger_core.hold_transactions import hold, reclaim, release, settle
from ledger_core.holds import Hold
from ledger_core.judging import JudgingName, judging_in_use, use_judging
from ledger_core.keys import KeyPair, curve_public_key, is_account_key
from ledger_core.limits import BATCH_MAX, CLOCK_SKEW_MAX_US, MICROSECONDS, WINDOW
from ledger_core.log_proofs import LogProof, verify_log_proof
from ledger_core.merkle import EMPTY_ROOT, HASH_SIZE, Frontier, node_hash
from ledger_core.merkle_proofs import (
    ReadSubtree,
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger_core.notes import NOTE_SIZE_MAX, SIGNATURES_MAX, Note, NoteSignature
from ledger_core.policies import (
    SNAPSHOT_EVERY,
    CosignedCheckpoint,
    Policy,
    check_checkpoint,
    quorum_size,
    verify_checkpoint,
)
from ledger_core.receipt_checks import VerifiedReceipt, verify_receipt
from ledger_core.receipts import BOUND_SIZE_MAX, RECEIPT_SIZE, Receipt
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
from ledger_core.signatures import verify_batch, verify_signature
from ledger_core.snapshot_notes import (
    SignedSnapshot,
    SnapshotHead,
    check_snapshot_note,
    has_signed_snapshot,
    sign_snapshot,
    verify_snapshot_note,
)
from ledger_core.snapshots import SNAPSHOT_SIZE_MAX, Snapshot
from ledger_core.tiles import (
    CHECKPOINT_PATH,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    entry_bundle,
    parse_entry_bundle,
    read_from_tiles,
    tile_content,
    tiles_between,
)
from ledger_core.tips import Chance, TipPool
from ledger_core.transactions import data, genesis, transfer
from ledger_core.validator import Ledger
from ledger_core.verdicts import Verdict
from ledger_core.verifier_keys import SignatureType, VerifierKey

__all__ = [
    "BATCH_MAX",
    "BOUND_SIZE_MAX",
    "CHECKPOINT_PATH",
    "CLOCK_SKEW_MAX_US",
    "EMPTY_ROOT",
    "HASH_SIZE",
    "ID_SIZE",
    "MICROSECONDS",
    "NOTE_SIZE_MAX",
    "RECEIPT_SIZE",
    "RECHECK_EVERY",
    "RECORD",
    "RECORD_SIZE",
    "SIGNATURES_MAX",
    "SIGNED_SIZE",
    "SNAPSHOT_EVERY",
    "SNAPSHOT_SIZE_MAX",
    "SUPPLY_MAX",
    "TABLE_BYTES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
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
    "Checkpoint",
    "CheckpointFormatError",
    "ConsistencyError",
    "CosignedCheckpoint",
    "DamagedError",
    "DamagedFrontierError",
    "EmptyArchive",
    "EngineChoice",
    "EngineError",
    "EngineName",
    "Frontier",
    "GenesisError",
    "Hold",
    "InclusionError",
    "InputError",
    "JudgingName",
    "KeyFormatError",
    "KeyPair",
    "Kind",
    "Ledger",
    "LogProof",
    "MalformedRecordError",
    "Note",
    "NoteFormatError",
    "NoteSignature",
    "NoteSignatureError",
    "Policy",
    "PolicyError",
    "QuorumError",
    "ReadSubtree",
    "Receipt",
    "ReceiptError",
    "ReceiptFormatError",
    "RecordFieldError",
    "Records",
    "RefusedError",
    "SignatureType",
    "SignedSnapshot",
    "Snapshot",
    "SnapshotFormatError",
    "SnapshotHead",
    "State",
    "TanglewayError",
    "Tile",
    "TipPool",
    "TreeSizeError",
    "UnavailableError",
    "Verdict",
    "VerifiedReceipt",
    "VerifierKey",
    "apply_one",
    "check_checkpoint",
    "check_snapshot_note",
    "consistency_proof",
    "cosign",
    "curve_public_key",
    "data",
    "engine_in_use",
    "entry_bundle",
    "format_amount",
    "genesis",
    "has_signed_snapshot",
    "hold",
    "inclusion_proof",
    "is_account_key",
    "judging_in_use",
    "log_key",
    "network_origin",
    "node_hash",
    "open_checkpoint",
    "parse_amount",
    "parse_entry_bundle",
    "parse_records",
    "quorum_size",
    "read_from_tiles",
    "reclaim",
    "record_ids",
    "release",
    "remembered_signatures",
    "root_at",
    "rules",
    "settle",
    "sign_checkpoint",
    "sign_snapshot",
    "signed_parts",
    "tile_content",
    "tiles_between",
    "transfer",
    "use_engine",
    "use_judging",
    "validator_key",
    "verify_batch",
    "verify_checkpoint",
    "verify_consistency",
    "verify_cosignature",
    "verify_inclusion",
    "verify_log_proof",
    "verify_receipt",
    "verify_signature",
    "verify_snapshot_note",
]
