"""What every agent is told: strict, with the broker's address taken apart."""

from pathlib import Path

import pytest

from agent_runtime import AgentSettings, BrokerSettings, NetworkMismatchError
from agent_runtime.runtime import trusted_policy
from configuration import SettingsError, load
from ledger_core import KeyPair, Policy, log_key, validator_key
from ledger_node import write_policy

KEY = KeyPair.from_seed(bytes([3] * 32)).public_key.hex()
SMALLEST = f"""
name = "ada"
network = "test"
key_file = "ada.key"
[ledger]
endpoint = "tcp://127.0.0.1:5600"
node_key = "{KEY}"
"""


def settings(folder: Path, text: str) -> AgentSettings:
    """Return the settings that a text stands for."""
    path = folder / "ada.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, AgentSettings, environment={})


def test_little_is_needed(tmp_path: Path) -> None:
    """Name, network, key and node are enough; paths are relative to the file."""
    found = settings(tmp_path, SMALLEST)
    assert found.key_file == str(tmp_path / "ada.key")
    assert found.journal == str(tmp_path / "journal.db")
    assert found.listen == "tcp://127.0.0.1:*"
    assert (found.ledger.publish, found.ledger.timeout_s) == (None, 5.0)
    assert (found.clock.speed, found.clock.epoch_us, found.seed) == (1.0, 0, 0)
    assert found.broker.place == "127.0.0.1:1883"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "ada"', 'name = "a/b"', "name: must be a text matching regex"),
        ('network = "test"', "", "the key network is missing"),
        ('endpoint = "tcp://127.0.0.1:5600"', "", "ledger: the key endpoint is missing"),
        (KEY, KEY[1:], "ledger.node_key: must be a text matching regex"),
        ("[ledger]", "[clock]\nspeed = 0\n[ledger]", "clock.speed: must be a number > 0.0"),
        (
            "[ledger]",
            '[broker]\nurl = "http://127.0.0.1"\n[ledger]',
            "broker: url must be mqtt://host:port, or mqtts://host:port for TLS",
        ),
        (
            "[ledger]",
            '[broker]\nurl = "mqtt://127.0.0.1:99999"\n[ledger]',
            "broker: url must be mqtt://host:port, or mqtts://host:port for TLS",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A wrong or missing key is named in one sentence."""
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, SMALLEST.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path}/ada.toml: {expected}")


def test_a_broker_address_is_taken_apart() -> None:
    """User, password, port and TLS are read from the address; the place to log has no secret."""
    broker = BrokerSettings(url="mqtts://ada:secret@broker.example")
    assert (broker.host, broker.port, broker.is_encrypted) == ("broker.example", 8883, True)
    assert (broker.user, broker.password) == ("ada", "secret")
    assert broker.place == "broker.example:8883"
    plain = BrokerSettings(url="mqtt://[::1]:1884")
    assert (plain.host, plain.port, plain.is_encrypted, plain.user) == ("::1", 1884, False, None)


def test_trust_is_the_logs_alone_unless_told(tmp_path: Path) -> None:
    """Without a policy the node's own log is believed, and nothing waits."""
    found = settings(tmp_path, SMALLEST)
    assert (found.ledger.policy_file, found.ledger.final_from) == (None, None)
    assert found.receipts == str(tmp_path / "receipts")
    assert trusted_policy(found) == Policy(log_key("test", bytes.fromhex(KEY)))


def test_a_policy_is_read(tmp_path: Path) -> None:
    """Its path is relative to the file, and it decides whom the agent trusts."""
    city = validator_key("city", KeyPair.from_seed(bytes(32)).public_key)
    policy = Policy(log_key("test", bytes.fromhex(KEY)), (city,), 1)
    write_policy(tmp_path / "policy.toml", policy)
    told = SMALLEST + 'policy_file = "policy.toml"\nfinal_from = 1_000_000\n'
    found = settings(tmp_path, told)
    assert found.ledger.policy_file == str(tmp_path / "policy.toml")
    assert found.ledger.final_from == 1_000_000
    assert trusted_policy(found) == policy


def test_a_policy_of_another_network_is_refused(tmp_path: Path) -> None:
    """Nothing could ever be final under it, so the agent does not start."""
    write_policy(tmp_path / "policy.toml", Policy(log_key("berlin", bytes.fromhex(KEY))))
    found = settings(tmp_path, SMALLEST + 'policy_file = "policy.toml"\n')
    with pytest.raises(NetworkMismatchError, match="is about the log 'tangleway/berlin', not"):
        trusted_policy(found)
