"""Reading settings files: what fits is read, and what does not is named to the key."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from configuration import FILE_SIZE_MAX, FilePath, SettingsError, load


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section."""

    speed: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    epoch_us: int = 0


class Car(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item of a list of tables."""

    name: str
    policy: Literal["cheapest", "fastest"] = "cheapest"
    power_w: int = 11_000


class Flat(msgspec.Struct, frozen=True, tag="flat"):
    """One of two tagged tables."""

    price: int


class Energy(msgspec.Struct, frozen=True, tag="energy"):
    """The other one."""

    price_per_kwh: int


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    title: str
    clock: Clock = Clock()
    cars: tuple[Car, ...] = ()
    tariff: list[Flat | Energy] = []
    limits: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    key_file: FilePath = ""
    extra_file: FilePath | None = None
    journal: FilePath = "journal.db"
    clock_offsets: list[float] | None = None

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.title == "two wrongs":
            raise ValueError("two wrongs make no right")


def write(folder: Path, text: str) -> Path:
    """Return the path of a new settings file."""
    path = folder / "commute.toml"
    path.write_text(text, encoding="utf-8")
    return path


def sentence(folder: Path, text: str, **environment: str) -> str:
    """Return what the error about a settings file says after the folder's name."""
    with pytest.raises(SettingsError) as caught:
        load(write(folder, text), Story, environment=environment)
    return str(caught.value).removeprefix(f"{folder}/")


def test_reads_everything(tmp_path: Path) -> None:
    """Sections, lists of tables, tagged tables, free tables and paths arrive as written."""
    path = write(
        tmp_path,
        """
        title = "Commute"
        key_file = "keys/car.key"
        extra_file = "/etc/extra"
        limits = { offers = 3 }
        clock_offsets = [1, 2.5]
        clock.speed = 60
        [[cars]]
        name = "ada"
        policy = "fastest"
        [[tariff]]
        type = "energy"
        price_per_kwh = 250_000
        """,
    )
    assert load(path, Story, environment={}) == Story(
        title="Commute",
        clock=Clock(speed=60.0),
        cars=(Car(name="ada", policy="fastest"),),
        tariff=[Energy(price_per_kwh=250_000)],
        limits={"offers": 3},
        key_file=str(tmp_path / "keys/car.key"),
        extra_file="/etc/extra",
        journal=str(tmp_path / "journal.db"),
        clock_offsets=[1.0, 2.5],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'title = "x"\n[clock]\nspede = 2',
            (
                "commute.toml: clock.spede is not known here; "
                "allowed: speed, epoch_us (did you mean speed?)"
            ),
        ),
        (
            'title = "x"\nzzz = 2',
            (
                "commute.toml: zzz is not known here; allowed: title, clock, cars, tariff, "
                "limits, key_file, extra_file, journal, clock_offsets"
            ),
        ),
        (
            'title = "x"\n[[cars]]\nname = "a"\n[[cars]]\nname = "b"\ncolour = 1',
            "commute.toml: cars[1].colour is not known here; allowed: name, policy, power_w",
        ),
        (
            'title = "x"\n[[cars]]\nname = "a"\npower_w = "11"',
            "commute.toml: cars[0].power_w: must be a whole number, not a text",
        ),
        (
            'title = "x"\n[[cars]]\nname = "a"\npower_w = true',
            "commute.toml: cars[0].power_w: must be a whole number, not true or false",
        ),
        (
            'title = "x"\n[[cars]]\nname = "a"\npolicy = "best"',
            "commute.toml: cars[0].policy: 'best' is not known; allowed: cheapest, fastest",
        ),
        ('title = "x"\n[[cars]]', "commute.toml: cars[0]: the key name is missing"),
        ("", "commute.toml: the key title is missing"),
        ('title = "x"\nclock.speed = 0', "commute.toml: clock.speed: must be a number > 0.0"),
        ('title = "x"\nclock = 3', "commute.toml: clock: must be a table, not a whole number"),
        ('title = "x"\ncars = "a"', "commute.toml: cars: must be a list, not a text"),
        (
            'title = "x"\nlimits.offers = -1',
            "commute.toml: limits.offers: must be a whole number >= 0",
        ),
        (
            'title = "x"\n[[tariff]]\nprice = 3',
            "commute.toml: tariff[0]: needs the key type, one of: flat, energy",
        ),
        (
            'title = "x"\n[[tariff]]\ntype = "time"',
            "commute.toml: tariff[0].type: 'time' is not known; allowed: flat, energy",
        ),
        ('title = "two wrongs"', "commute.toml: two wrongs make no right"),
    ],
)
def test_names_what_does_not_fit(tmp_path: Path, text: str, expected: str) -> None:
    """An unknown key, a wrong kind, a range, a missing key: the sentence names the whole path."""
    assert sentence(tmp_path, text) == expected


def test_names_the_line_that_is_not_toml(tmp_path: Path) -> None:
    """What is no TOML is named with its line."""
    told = sentence(tmp_path, 'title = "x"\nclock speed = 3')
    assert told.startswith("commute.toml: is not TOML: ")
    assert "line 2" in told


def test_names_the_line_that_is_not_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are named with their line."""
    path = tmp_path / "commute.toml"
    path.write_bytes(b'title = "x"\n# \xff\n')
    with pytest.raises(SettingsError, match=r"line 2 is not UTF-8 text; save it as UTF-8$"):
        load(path, Story, environment={})


def test_refuses_deep_nesting(tmp_path: Path) -> None:
    """A file that nests without end is refused, it does not exhaust the stack."""
    assert "nested too deeply" in sentence(tmp_path, "title = " + "[" * 100_000)


def test_refuses_a_large_file(tmp_path: Path) -> None:
    """A file over the limit is refused before it is parsed."""
    told = sentence(tmp_path, "#" * (FILE_SIZE_MAX + 1))
    assert told == f"commute.toml: is larger than {FILE_SIZE_MAX} bytes, no settings file is"


def test_names_a_missing_file(tmp_path: Path) -> None:
    """A file that is not there is an error of the input, with the file's name."""
    with pytest.raises(SettingsError, match=r"nowhere\.toml: there is no such file"):
        load(tmp_path / "nowhere.toml", Story, environment={})
    with pytest.raises(SettingsError, match="can not be read: Is a directory"):
        load(tmp_path, Story, environment={})


def test_the_exit_code_is_that_of_wrong_input() -> None:
    """Wrong settings end a program with the code of wrong input."""
    assert SettingsError.exit_code == 2
