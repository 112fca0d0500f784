"""A vehicle's settings file becomes a vehicle, or says what is wrong with it."""

from pathlib import Path

import pytest

from configuration import SettingsError, load
from vehicle_agent import Charge, Drive, RoadMap, VehicleSettings

COMMON = """
name = "car-1"
network = "test"
key_file = "car.key"
place = "home"
[ledger]
endpoint = "tcp://127.0.0.1:7000"
node_key = "{key}"
""".format(key="ab" * 32)

MAP = """
[[road.places]]
name = "home"
position_m = [0, 0]
[[road.places]]
name = "work"
position_m = [3000, 4000]
[[road.roads]]
ends = ["home", "work"]
"""

ITINERARY = """
[[itinerary]]
step = "drive"
to = "work"
[[itinerary]]
step = "charge"
to_percent = 80
budget = 9_000_000
"""


def read(folder: Path, text: str) -> VehicleSettings:
    """Return the settings that a text holds."""
    path = folder / "car.toml"
    path.write_text(text, "utf-8")
    return load(path, VehicleSettings, environment={})


def test_a_file_becomes_a_vehicle(tmp_path: Path) -> None:
    """Battery, roads and itinerary are there."""
    settings = read(tmp_path, COMMON + MAP + ITINERARY + "[battery]\ncapacity_wh = 40_001\n")
    assert settings.itinerary == (Drive(to="work"), Charge(budget=9_000_000, to_percent=80))
    battery = settings.new_battery()
    assert (battery.energy_wh, battery.model.capacity_wh) == (20_000, 40_001)
    assert settings.road_network().route("home", "work").length_m == 5_000


def test_roads_may_stand_in_a_file(tmp_path: Path) -> None:
    """Many vehicles share one map; its path is relative to the settings."""
    (tmp_path / "town.toml").write_text(MAP.replace("road.", ""), "utf-8")
    settings = read(tmp_path, 'road_file = "town.toml"\n' + COMMON)
    assert settings.road_network().places == ("home", "work")
    assert load(tmp_path / "town.toml", RoadMap, environment={}).gates == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (COMMON, "needs one road map"),
        ('road_file = "town.toml"\n' + COMMON + MAP, "needs one road map"),
        (COMMON + MAP + "[battery]\nsize = 3\n", "battery.size is not known"),
        (COMMON + MAP + '[[itinerary]]\nstep = "swim"\n', r"itinerary\[0\].step: 'swim'"),
        ('vehicle_class = "Big Car"\n' + COMMON + MAP, "vehicle_class"),
        ("charge_percent = 101\n" + COMMON + MAP, "charge_percent"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names the key."""
    with pytest.raises(SettingsError, match=sentence):
        read(tmp_path, text)
