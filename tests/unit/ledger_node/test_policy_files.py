"""Policy files: written, read, and refused when nobody could follow them."""

from pathlib import Path

import pytest

from configuration import SettingsError
from ledger_core import Policy, log_key, validator_key
from ledger_node.errors import PolicyFileError
from ledger_node.policy_files import read_policy, write_policy
from tests.unit.ledger_node.street import ANN, BEN, NODE_PAIR

LOG = log_key("street", NODE_PAIR.public_key)
CITY, AUDITOR = validator_key("city", ANN.public_key), validator_key("auditor", BEN.public_key)


@pytest.mark.parametrize("policy", [Policy(LOG), Policy(LOG, (CITY, AUDITOR), 2)])
def test_what_is_written_is_read(tmp_path: Path, policy: Policy) -> None:
    """A policy comes back as it was."""
    write_policy(tmp_path / "policy.toml", policy)
    assert read_policy(tmp_path / "policy.toml") == policy


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('log = "street"', "no verifier key"),
        (f'log = "{CITY.encode()}"', "cosignatures"),
        (f'log = "{LOG.encode()}"\nvalidators = ["{CITY.encode()}"]', "quorum"),
        (
            f'log = "{LOG.encode()}"\nvalidators = {[CITY.encode()] * 2}\nquorum = 1',
            "twice",
        ),
    ],
)
def test_what_nobody_can_follow_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """The sentence names the file and what is wrong in it."""
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyFileError, match=reason) as caught:
        read_policy(path)
    assert str(path) in str(caught.value)


def test_unknown_keys_are_refused(tmp_path: Path) -> None:
    """A mistyped key is no silent default."""
    path = tmp_path / "policy.toml"
    path.write_text(f'log = "{LOG.encode()}"\nquorums = 1')
    with pytest.raises(SettingsError, match="quorums"):
        read_policy(path)
