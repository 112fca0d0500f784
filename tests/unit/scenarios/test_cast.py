"""The cast: files that each process starts from, the same for the same seed."""

from pathlib import Path

import msgspec
import pytest

from charger_agent import ChargerSettings
from configuration import load, read_key
from ledger_core import Ledger
from ledger_node import NodeSettings, read_genesis
from scenarios.cast import Addresses, Cast
from scenarios.demo_keys import demo_key
from scenarios.loading import STORIES, load_story
from scenarios.story import Story
from vehicle_agent import VehicleSettings

NOW_US = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def commute() -> Story:
    """Return the demo's story."""
    return load_story(STORIES / "commute.toml")


def cast_of(story: Story, folder: Path) -> Cast:
    """Return a story's cast in a folder."""
    addresses = Addresses.on_ports(20001, 20002, "mqtt://127.0.0.1:20003")
    return Cast(story, folder=folder, addresses=addresses)


def test_processes_of_commute(commute: Story, tmp_path: Path) -> None:
    """Each agent of the demo has a process of its own, and vehicles alone end by themselves."""
    cast = cast_of(commute, tmp_path)
    parts = [cast.node, *cast.sellers, *cast.vehicles]
    assert [(part.role, part.name, part.module) for part in parts] == [
        ("node", "node", "ledger_node"),
        ("charger", "mill-charger", "charger_agent"),
        ("charger", "station-charger", "charger_agent"),
        ("car_park", "town-park", "parking_agent"),
        ("toll", "north-gate", "parking_agent.toll"),
        ("toll", "tunnel", "parking_agent.toll"),
        ("vehicle", "anna", "vehicle_agent"),
        ("vehicle", "ben", "vehicle_agent"),
        ("vehicle", "carla", "vehicle_agent"),
    ]
    assert [part.ends_by_itself for part in parts] == [False] * 6 + [True] * 3


def test_shared_processes(tmp_path: Path) -> None:
    """Cars that share a process are one part with a settings file for each."""
    cast = cast_of(load_story(STORIES / "rush_hour.toml"), tmp_path)
    assert [len(part.agents) for part in cast.vehicles] == [16, 14, 8, 12]
    assert all(len(part.configurations) == len(part.agents) for part in cast.vehicles)


def test_node_starts_from_its_files(commute: Story, tmp_path: Path) -> None:
    """The node's settings load, its key is its owner's alone, and genesis mints the supply."""
    cast = cast_of(commute, tmp_path)
    cast.write_node(NOW_US)
    settings = load(cast.node.configurations[0], NodeSettings)
    assert settings.bind == "tcp://127.0.0.1:20001"
    assert settings.data == str(cast.ledger_data)
    assert read_key(settings.key_file).public_key == cast.node_key
    assert Path(settings.key_file).stat().st_mode & 0o777 == 0o600
    ledger = Ledger(read_genesis(settings.genesis_file))
    assert ledger.balance(cast.treasury.public_key) == ledger.supply == 10**12


def test_agents_start_from_their_files(commute: Story, tmp_path: Path) -> None:
    """Every agent's settings load, with its own key and what the story says of it."""
    cast = cast_of(commute, tmp_path)
    cast.write_agents(epoch_us=NOW_US)
    mill = load(tmp_path / "mill-charger" / "settings.toml", ChargerSettings)
    assert (mill.site_power_w, mill.position_m) == (33_000, (-1200.0, 0.0))
    assert mill.broker.url == "mqtt://127.0.0.1:20003"
    anna = load(tmp_path / "anna" / "settings.toml", VehicleSettings)
    assert (anna.clock.speed, anna.clock.epoch_us) == (90.0, NOW_US)
    assert anna.ledger.node_key == cast.node_key.hex()
    assert anna.itinerary[0] == msgspec.structs.replace(anna.itinerary[0], depart_s=27_000)
    for agent in cast.agents:
        key_file = tmp_path / agent.name / "key.hex"
        assert key_file.stat().st_mode & 0o777 == 0o600
        assert read_key(key_file).public_key == cast.key(agent).public_key


def test_keys_follow_seed_and_network(commute: Story) -> None:
    """The same seed has the same accounts, another seed or network has others."""
    other_seed = msgspec.structs.replace(commute, seed=commute.seed + 1)
    network = msgspec.structs.replace(commute.network, name="elsewhere")
    other_network = msgspec.structs.replace(commute, network=network)
    stories = (commute, other_seed, other_network)
    keys = {demo_key(story, "anna").public_key for story in stories}
    assert len(keys) == 3
    assert demo_key(commute, "anna").public_key in keys


def test_every_wallet_gets_its_funds(commute: Story, tmp_path: Path) -> None:
    """The grants are those of the story, one for each agent."""
    grants = cast_of(commute, tmp_path).grants()
    assert [grant.amount for grant in grants] == [1_000_000] * 5 + [40_000_000] * 3
    assert len({grant.public_key for grant in grants}) == 8
