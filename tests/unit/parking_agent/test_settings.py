"""Settings files become a car park or a toll gate, or say what is wrong with them."""

from pathlib import Path

import msgspec
import pytest

from configuration import SettingsError, load
from negotiation import Limits
from parking_agent import ParkingSettings, TollSettings

COMMON = """
name = "centre"
network = "test"
key_file = "centre.key"
position_m = [10, 20]
"""

LEDGER = """
[ledger]
endpoint = "tcp://127.0.0.1:7000"
node_key = "{key}"
""".format(key="ab" * 32)

PARKING = """
[pricing]
tariff.elements = [{ kind = "time", price = 1_000 }, { kind = "parking_time", price = 2_000 }]
[entry]
pulse_s = 8
options.move_s = 2
"""

TOLL = """
[pricing.classes]
car = 1_000
truck = 4_000
"""


def path_of(folder: Path, text: str) -> Path:
    """Write a settings file and return its path."""
    path = folder / "agent.toml"
    path.write_text(text, "utf-8")
    return path


def parking(folder: Path, text: str) -> ParkingSettings:
    """Return the car park that a text holds."""
    return load(path_of(folder, text), ParkingSettings, environment={})


def toll(folder: Path, text: str) -> TollSettings:
    """Return the toll gate that a text holds."""
    return load(path_of(folder, text), TollSettings, environment={})


def test_a_file_becomes_a_car_park(tmp_path: Path) -> None:
    """Bays, barriers and prices are there; an exit opens on a fault, an entry does not."""
    settings = parking(tmp_path, COMMON + "bays = 3\n" + LEDGER + PARKING)
    assert list(settings.new_car_park().bays) == ["bay-1", "bay-2", "bay-3"]
    assert (settings.entry.pulse_s, settings.entry.options) == (8, {"move_s": 2})
    assert (settings.entry.opens_on_fault, settings.exit.opens_on_fault) == (False, True)


def test_a_slice_is_time_or_money(tmp_path: Path) -> None:
    """Money wins where it is given, and never exceeds the whole."""
    settings = parking(tmp_path, COMMON + "bays = 3\nslice_s = 900\n" + LEDGER + PARKING)
    tariff, limits = settings.pricing.tariff, Limits(amount_max=5_000)
    assert settings.slice_of(tariff, limits) == 500
    for amount, worth in ((70, 70), (9_000, 5_000)):
        fixed = msgspec.structs.replace(settings, slice_amount=amount)
        assert fixed.slice_of(tariff, limits) == worth


def test_a_file_becomes_a_toll_gate(tmp_path: Path) -> None:
    """Without a word about it, the gate is a light."""
    settings = toll(tmp_path, COMMON + LEDGER + TOLL)
    assert settings.pricing.classes == {"car": 1_000, "truck": 4_000}
    assert settings.gate.options == {"move_s": 0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (COMMON + LEDGER + PARKING, "bays is missing"),
        (COMMON + "bays = 0\n" + LEDGER + PARKING, "bays: must be"),
        (COMMON + "bays = 1\n" + LEDGER + PARKING.replace("2_000", "900"), "overstay is not"),
        (COMMON + "bays = 1\n" + LEDGER + PARKING.replace("= 8", "= 99"), "entry.pulse_s"),
    ],
)
def test_a_wrong_car_park_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names the key."""
    with pytest.raises(SettingsError, match=sentence):
        parking(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (COMMON + LEDGER + "[pricing]\nclasses = {}\n", "one vehicle class at least"),
        (COMMON + LEDGER + TOLL.replace("1_000", "0"), "pricing.classes.car"),
        (COMMON + "bays = 1\n" + LEDGER + TOLL, "bays is not known"),
    ],
)
def test_a_wrong_toll_gate_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names the key."""
    with pytest.raises(SettingsError, match=sentence):
        toll(tmp_path, text)
