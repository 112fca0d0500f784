"""The policy that lies beside a data directory."""

from pathlib import Path

import pytest

from configuration import dump, write_key
from ledger_core import Policy, log_key
from ledger_node.known_policies import known_policy
from ledger_node.policy_files import write_policy
from ledger_node.settings import NodeSettings
from ledger_node.validator_settings import FollowedNode, ValidatorSettings
from tests.unit.ledger_node.stored_town import POLICY
from tests.unit.ledger_node.street import BEN, NODE_PAIR

LOG_ALONE = Policy(log_key("street", NODE_PAIR.public_key))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data directory, three folders deep."""
    path = tmp_path / "runs" / "ledger" / "data"
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("up", [0, 1, 2])
def test_a_policy_file_is_found(data: Path, up: int) -> None:
    """In the directory, its node's folder, or its run's."""
    folder = (data, *data.parents)[up]
    write_policy(folder / "policy.toml", POLICY)
    assert known_policy(data) == (POLICY, folder / "policy.toml")


def test_not_every_policy_on_the_disk_is_meant(data: Path) -> None:
    """What lies further up, or can not be read, is not taken."""
    write_policy(data.parents[2] / "policy.toml", POLICY)
    (data / "policy.toml").write_text("hello")
    (data.parent / "other.toml").write_text('title = "something else"')
    assert known_policy(data) is None


def node(folder: Path, policy_file: str | None = None) -> None:
    """Write a node's settings and key."""
    write_key(folder / "node.key", NODE_PAIR)
    settings = NodeSettings(
        network="street",
        key_file="node.key",
        genesis_file="genesis",
        data="data",
        policy_file=policy_file,
    )
    (folder / "node.toml").write_text(dump(settings))


def test_a_nodes_settings_say_whose_log_it_is(data: Path) -> None:
    """Without a policy the node's own key is enough to know its signature."""
    node(data.parent)
    assert known_policy(data) == (LOG_ALONE, data.parent / "node.toml")


def test_a_nodes_settings_name_a_policy(data: Path) -> None:
    """Where they name one, it counts; where that is gone, nothing does."""
    node(data.parent, policy_file="whom.toml")
    assert known_policy(data) is None
    write_policy(data.parent / "whom.toml", POLICY)
    assert known_policy(data) == (POLICY, data.parent / "node.toml")


def test_a_validators_settings_name_the_log(data: Path) -> None:
    """A validator knows the key of the node that it follows."""
    settings = ValidatorSettings(
        name="city",
        network="street",
        key_file="city.key",
        genesis_file="genesis",
        data="data",
        node=FollowedNode(endpoint="tcp://127.0.0.1:1", node_key=NODE_PAIR.public_key.hex()),
    )
    (data.parent / "city.toml").write_text(dump(settings))
    assert known_policy(data) == (LOG_ALONE, data.parent / "city.toml")


def test_settings_of_other_data_do_not_count(data: Path) -> None:
    """A neighbour's key says nothing about this ledger."""
    node(data.parent)
    other = data.parent / "elsewhere"
    other.mkdir()
    assert known_policy(other) is None
    assert BEN.public_key != NODE_PAIR.public_key
