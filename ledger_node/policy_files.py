"""Policy files: whom one trusts, as people write it down and pass it on.

::

    log = "tangleway/street+0f29fc5f+AT…"      # the log's verifier key; its name is the origin
    validators = ["city+c0ab0b58+BD…", "auditor+8a2f0c11+BI…"]
    quorum = 2                                 # so many of them have to agree
    snapshot_every = 262144                    # records between two snapshots; the same for all
"""

from pathlib import Path

import msgspec

from configuration import dump, load
from ledger_core import SNAPSHOT_EVERY, KeyFormatError, Policy, PolicyError, VerifierKey
from ledger_node.errors import PolicyFileError

__all__ = ["PolicySettings", "read_policy", "write_policy"]


class PolicySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name a log and validators by their verifier keys (C2SP: name+id+key)."""

    log: str
    """The log's key; its name is the log's origin."""
    validators: tuple[str, ...] = ()
    """The validators' keys, of the type for cosignatures."""
    quorum: int = 0
    """How many validators have to agree; 0 only where there are none."""
    snapshot_every: int = SNAPSHOT_EVERY
    """Everybody takes a snapshot whenever so many more records have come. [records]"""


def read_policy(path: str | Path) -> Policy:
    """Read a policy file.

    Args:
        path: The file.

    Raises:
        SettingsError: It can not be read, or has other keys than a policy.
        PolicyFileError: A key in it is none, or nobody could follow it.
    """
    settings = load(path, PolicySettings, environment={})
    try:
        return Policy(
            log=VerifierKey.parse(settings.log),
            validators=tuple(VerifierKey.parse(key) for key in settings.validators),
            quorum=settings.quorum,
            snapshot_every=settings.snapshot_every,
        )
    except (KeyFormatError, PolicyError) as error:
        raise PolicyFileError(f"{path}: {error}") from error


def write_policy(path: str | Path, policy: Policy) -> None:
    """Write a policy file, over the one that is there.

    Args:
        path: The file; its folder exists.
        policy: What to write.
    """
    settings = PolicySettings(
        log=policy.log.encode(),
        validators=tuple(key.encode() for key in policy.validators),
        quorum=policy.quorum,
        snapshot_every=policy.snapshot_every,
    )
    Path(path).write_text(dump(settings), "utf-8")
