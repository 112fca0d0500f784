"""A charger's settings file becomes a site, or says what is wrong with it."""

from pathlib import Path

import msgspec
import pytest

from charger_agent import ChargerSettings
from configuration import SettingsError, load
from negotiation import Limits

FILE = """
name = "harbour"
network = "test"
key_file = "harbour.key"
position_m = [10, 20]
site_power_w = 60_000

[ledger]
endpoint = "tcp://127.0.0.1:7000"
node_key = "{key}"

[pricing]
floor_percent = 85
tariff.elements = [{{ kind = "energy", price = 400_000 }}]

[[outlets]]
name = "left"
power_w_max = 50_000
options.ripple = 0.02

[[outlets]]
name = "right"
""".format(key="ab" * 32)


def read(folder: Path, text: str) -> ChargerSettings:
    """Return the settings that a text holds."""
    path = folder / "charger.toml"
    path.write_text(text, "utf-8")
    return load(path, ChargerSettings, environment={})


def test_a_file_becomes_a_site(tmp_path: Path) -> None:
    """Outlets, prices and the drivers' own tables are there."""
    settings = read(tmp_path, FILE)
    site = settings.new_site()
    assert [(each.name, each.power_w_max) for each in site.outlets.values()] == [
        ("left", 50_000),
        ("right", 22_000),
    ]
    assert (site.power_w_max, settings.outlets[0].options) == (60_000, {"ripple": 0.02})
    assert settings.pricing.floor_percent == 85


def test_a_slice_is_energy_or_money(tmp_path: Path) -> None:
    """Money wins where it is given, and never exceeds the whole."""
    settings = read(tmp_path, FILE)
    tariff, limits = settings.pricing.tariff, Limits(amount_max=1_000_000)
    assert settings.slice_of(tariff, limits) == 200_000
    for amount, worth in ((70_000, 70_000), (9_000_000, 1_000_000)):
        fixed = msgspec.structs.replace(settings, slice_amount=amount)
        assert fixed.slice_of(tariff, limits) == worth


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "right"', 'name = "left"', "different names"),
        ("power_w_max = 50_000", "power_w_max = 0", r"outlets\[0\].power_w_max"),
        ("power_w_max = 50_000", "fallback_w = 99_000", "fallback_w is not above power_w_max"),
        ("floor_percent = 85", "floor = 85", "pricing.floor is not known.*floor_percent"),
        ("site_power_w = 60_000", "", "site_power_w is missing"),
        ("price = 400_000", "price = -1", "price must lie between"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """The sentence names the key."""
    with pytest.raises(SettingsError, match=sentence):
        read(tmp_path, FILE.replace(old, new))
