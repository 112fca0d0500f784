"""The ledger as a process: it takes records in, orders them, and tells everybody what is true.

**For those who ask** (light: no database, imported by agents): `LedgerClient` and the values it
returns; the errors, each of which says what to do.

**The node** itself, started by ``python -m ledger_node --config node.toml``, file by file:

- *said*: `limits`, `protocol`, `codec`, `events`: requests, replies and events as bytes;
- *taken in*: `reception` checks a submission's form, `submission` holds it, `door` lets issuers
  take turns;
- *trusted*: `tree` grows over the log, `notary` signs it and gathers the validators' signatures
  (`checkpoint_store` remembers both, `policy_files` says whose), `evidence` shows it all;
- *judged*: `batch` (and `columns`) joins pieces of submissions, `node` applies the rules, `answers`
  replies to questions, `announcer` and `metrics` tell everybody;
- *kept*: `log` is the port, `local_log` the SQLite one on `tables` and `database`; `index` with its
  `index_…` files finds records by id, account and parent, `lookups` compares what it finds,
  `recent` keeps the newest in memory; `state` is all of it together;
- *small disks*: `snapshot_desk` takes snapshots and gathers signatures under them,
  `snapshot_folder` keeps them, `restoring` begins with one; `pruning` lets go of what is below;
  `joining` and `old_parents` are for validators that never had it; `upkeep` does it in between;
- *audited*: `stored_ledger` reads what lies there; `audit` judges it by `inspection`, with
  `payload_audit`, `snapshot_audit` and `stored_checkpoints`; `exporting` writes it as files
  (`record_export`, `line_export`, `tile_export`), `importing` takes them in again;
- *started*: `settings`, `genesis`, `data_directory`, `opening` and `replay`, then `process`;
- *carried*: `sockets` and `server`, the only ones with ZeroMQ; `connection`, `subscription` and
  `client` on the other side.

All but the last line is free of sockets and threads, so that a simulation drives the same node.
"""

from ledger_node.client import LedgerClient
from ledger_node.errors import (
    CheckpointDamagedError,
    CheckpointMismatchError,
    DataInUseError,
    EndpointError,
    ForgedRecordError,
    GenesisFileError,
    IndexDamagedError,
    LedgerMismatchError,
    LogDamagedError,
    LogWriteError,
    NodeClosedError,
    NodeSilentError,
    NotFinalError,
    OtherTreeError,
    PolicyFileError,
    PortInUseError,
    PrunedError,
    RequestError,
    RequestRefusedError,
)
from ledger_node.facts import (
    AcceptedEvent,
    Account,
    AlarmEvent,
    Answer,
    CheckpointEvent,
    Event,
    FinalEvent,
    Finality,
    HoldStatus,
    LostEvents,
    MetricsEvent,
    NodeInfo,
    RefusedEvent,
    Transaction,
)
from ledger_node.genesis import read_genesis, write_genesis
from ledger_node.policy_files import PolicySettings, read_policy, write_policy
from ledger_node.settings import LimitSettings, NodeSettings, PruneSettings
from ledger_node.validator_settings import FollowedNode, ValidatorSettings

__all__ = [
    "AcceptedEvent",
    "Account",
    "AlarmEvent",
    "Answer",
    "CheckpointDamagedError",
    "CheckpointEvent",
    "CheckpointMismatchError",
    "DataInUseError",
    "EndpointError",
    "Event",
    "FinalEvent",
    "Finality",
    "FollowedNode",
    "ForgedRecordError",
    "GenesisFileError",
    "HoldStatus",
    "IndexDamagedError",
    "LedgerClient",
    "LedgerMismatchError",
    "LimitSettings",
    "LogDamagedError",
    "LogWriteError",
    "LostEvents",
    "MetricsEvent",
    "NodeClosedError",
    "NodeInfo",
    "NodeSettings",
    "NodeSilentError",
    "NotFinalError",
    "OtherTreeError",
    "PolicyFileError",
    "PolicySettings",
    "PortInUseError",
    "PruneSettings",
    "PrunedError",
    "RefusedEvent",
    "RequestError",
    "RequestRefusedError",
    "Transaction",
    "ValidatorSettings",
    "read_genesis",
    "read_policy",
    "write_genesis",
    "write_policy",
]
