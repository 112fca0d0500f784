"""The node's settings: strict, with bounds."""

from pathlib import Path

import pytest

from configuration import SettingsError, dump, load
from ledger_node import LimitSettings, NodeSettings

TEXT = 'network = "street"\nkey_file = "node.key"\ngenesis_file = "genesis"\ndata = "data"\n'


def loaded(folder: Path, text: str) -> NodeSettings:
    """Load settings from a file with this text."""
    (folder / "node.toml").write_text(text)
    return load(folder / "node.toml", NodeSettings, environment={})


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Key, genesis and data are found beside the settings; the rest has defaults."""
    settings = loaded(tmp_path, TEXT)
    assert settings.key_file == str(tmp_path / "node.key")
    assert settings.data == str(tmp_path / "data")
    assert settings.bind == "tcp://127.0.0.1:*"
    assert settings.limits == LimitSettings()


def test_a_runner_can_write_them(tmp_path: Path) -> None:
    """Settings that are dumped and loaded are the same."""
    settings = loaded(tmp_path, TEXT + "[limits]\nroom_records = 9\n")
    assert loaded(tmp_path, dump(settings)) == settings
    assert settings.limits.room_records == 9


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('bnid = "tcp://127.0.0.1:1"', "bnid"),
        ("[limits]\nturn_records = 1", "turn_records"),
        ("[limits]\nturn_records = 5000", "turn_records"),
        ("[limits]\nwindow = 0", "window"),
        ("[signatures]\nrecheck_every = 0", "recheck_every"),
        ("[signatures]\ntable_bytes = 9", "table_bytes"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, line: str, named: str) -> None:
    """An unknown key or a value out of range is refused by name."""
    with pytest.raises(SettingsError, match=named):
        loaded(tmp_path, TEXT + line)
