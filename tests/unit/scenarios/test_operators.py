"""Operators: files that each validator starts from, and the policy that names them."""

from pathlib import Path

import msgspec
import pytest

from configuration import load, read_key
from ledger_core import PolicyError, validator_key
from ledger_node import read_policy
from ledger_node.validator_settings import ValidatorSettings
from scenarios.cast import Addresses, Cast
from scenarios.demo_keys import demo_key
from scenarios.loading import STORIES, load_story
from scenarios.operators import policy_of
from scenarios.story import Story
from vehicle_agent import VehicleSettings

NOW_US = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def story() -> Story:
    """Return the story with operators."""
    return load_story(STORIES / "four_operators.toml")


def cast_of(story: Story, folder: Path) -> Cast:
    """Return a story's cast in a folder, its ledger and its operators written."""
    addresses = Addresses.on_ports(20001, 20002, "mqtt://127.0.0.1:20003")
    cast = Cast(story, folder=folder, addresses=addresses)
    cast.write_node(NOW_US)
    cast.write_validators()
    return cast


def test_each_operator_is_a_process(story: Story, tmp_path: Path) -> None:
    """Three run what every operator runs, one runs a liar."""
    parts = cast_of(story, tmp_path).validators
    assert [(part.role, part.name, part.module) for part in parts] == [
        ("validator", "city", "ledger_node.validator"),
        ("validator", "charge-point-operator", "ledger_node.validator"),
        ("validator", "toll-operator", "scenarios.lying_validator"),
        ("validator", "auditor", "ledger_node.validator"),
    ]


def test_operators_start_from_their_own_files(story: Story, tmp_path: Path) -> None:
    """Settings load, name the node, and lead to a key and a store that are nobody else's."""
    cast = cast_of(story, tmp_path)
    keys, stores = set(), set()
    for operator in cast.operators:
        settings = load(operator.part.configurations[0], ValidatorSettings)
        assert (settings.name, settings.network) == (operator.name, "four-operators")
        assert settings.node.endpoint == "tcp://127.0.0.1:20001"
        assert settings.node.node_key == cast.node_key.hex()
        assert Path(settings.data) == operator.data
        assert Path(settings.key_file).stat().st_mode & 0o777 == 0o600
        genesis = Path(settings.genesis_file)
        assert genesis.parent == operator.folder
        assert genesis.read_bytes() == (tmp_path / "ledger" / "genesis.bin").read_bytes()
        keys.add(read_key(settings.key_file).public_key)
        stores.add(settings.data)
    assert len(keys) == len(stores) == 4


def test_the_policy_names_them(story: Story, tmp_path: Path) -> None:
    """Who has the run's policy file knows each operator's key, and that three have to agree."""
    cast = cast_of(story, tmp_path)
    policy = read_policy(tmp_path / "policy.toml")
    assert policy.quorum == 3
    assert list(policy.validators) == [
        validator_key(operator.name, operator.key_pair.public_key) for operator in cast.operators
    ]
    assert (policy.liars_tolerated, policy.crashes_tolerated) == (1, 1)


def test_a_quorum_follows_from_the_number(story: Story) -> None:
    """A story that names none gets the one that stands the most liars; too many is an error."""
    node_key = demo_key(story, "node").public_key
    unsaid = msgspec.structs.replace(story, policy=type(story.policy)())
    assert policy_of(unsaid, node_key).quorum == 3
    five = msgspec.structs.replace(story, policy=type(story.policy)(quorum=5))
    with pytest.raises(PolicyError, match="5 of 4 validators can not be a quorum"):
        policy_of(five, node_key)


def test_agents_trust_the_policy(story: Story, tmp_path: Path) -> None:
    """An agent checks receipts by the run's policy, and waits for it where much is paid."""
    cast = cast_of(story, tmp_path)
    cast.write_agents(epoch_us=NOW_US)
    anna = load(tmp_path / "anna" / "settings.toml", VehicleSettings)
    assert anna.ledger.policy_file is not None
    assert Path(anna.ledger.policy_file).resolve() == cast.policy_file.resolve()
    assert anna.ledger.final_from == 1_000_000


def test_a_lie_outlives_a_restart(story: Story, tmp_path: Path) -> None:
    """Who has begun to lie has a file that says so, and nobody honest can be made to."""
    cast = cast_of(story, tmp_path)
    liar = cast.operators[2]
    liar.begin_to_lie()
    liar.begin_to_lie()
    assert (tmp_path / "validators" / "toll-operator" / "lie").exists()
    with pytest.raises(AssertionError, match="no lie to tell"):
        cast.operators[0].begin_to_lie()
