"""Whom the owner of a data directory trusts: a policy that lies beside the data.

It shows that the parts fit together. It is as trustworthy as the disk it lies on, no more: whoever
checks somebody else's ledger brings his own.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from configuration import load, read_key
from ledger_core import Policy, TanglewayError, log_key
from ledger_node.policy_files import read_policy
from ledger_node.settings import NodeSettings
from ledger_node.validator_settings import ValidatorSettings

__all__ = ["known_policy"]

POLICY_FILE = "policy.toml"
"""What the policy of a run is called."""

FOLDERS_UP = 3
"""Folders looked at: the data's own, the node's, the run's."""

FILES_MAX = 16
"""Settings files looked at, so that a folder full of other things costs nothing."""

_Shape = TypeVar("_Shape", NodeSettings, ValidatorSettings)


def known_policy(data: Path) -> tuple[Policy, Path] | None:
    """Return the policy that lies beside a data directory, and the file that it came from.

    That is `policy.toml` in the directory or up to two above it, or what the settings of its node
    or validator say; None when there is none that can be read.

    Args:
        data: The data directory.
    """
    data = data.absolute()
    for folder in (data, *data.parents)[:FOLDERS_UP]:
        file = folder / POLICY_FILE
        try:
            return read_policy(file), file
        except TanglewayError:
            continue
    for file in sorted(data.parent.glob("*.toml"))[:FILES_MAX]:
        policy = _node_policy(file, data) or _validator_policy(file, data)
        if policy is not None:
            return policy, file
    return None


def _node_policy(file: Path, data: Path) -> Policy | None:
    settings = _settings(file, NodeSettings, data)
    if settings is None:
        return None
    try:
        if settings.policy_file is not None:
            return read_policy(settings.policy_file)
        return Policy(log_key(settings.network, read_key(settings.key_file).public_key))
    except TanglewayError:
        return None


def _validator_policy(file: Path, data: Path) -> Policy | None:
    settings = _settings(file, ValidatorSettings, data)
    if settings is None:
        return None
    try:
        return Policy(log_key(settings.network, bytes.fromhex(settings.node.node_key)))
    except TanglewayError:
        return None


def _settings(file: Path, shape: type[_Shape], data: Path) -> _Shape | None:
    """Return settings that are of this kind and for this data directory."""
    try:
        found = load(file, shape, environment={})
    except (TanglewayError, msgspec.ValidationError):
        return None
    return found if Path(found.data).resolve() == data.resolve() else None
