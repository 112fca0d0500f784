"""What is written as TOML loads into the same settings."""

import math
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configuration import SettingsError, dump, load


class Colour(Enum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="place"):
    """A table in a list."""

    name: str
    at_m: tuple[float, float] = (0.0, 0.0)
    colour: Colour = Colour.RED
    inner: dict[str, int] = {}


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    title: str
    count: int = 0
    on: bool = True
    note: str | None = None
    places: tuple[Place, ...] = ()
    free: dict[str, dict[str, list[str]]] = {}
    rows: list[list[Place]] = []


class Choice(msgspec.Struct, frozen=True):
    """None means something else than the default here."""

    limit: int | None = 3
    speed: float = 1.0


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
places = st.builds(
    Place,
    name=texts,
    at_m=st.tuples(*[st.floats(allow_nan=False)] * 2),
    colour=st.sampled_from(Colour),
    inner=st.dictionaries(texts, st.integers(-(2**63), 2**63 - 1), max_size=2),
)
stories = st.builds(
    Story,
    title=texts,
    count=st.integers(-(2**63), 2**63 - 1),
    on=st.booleans(),
    note=st.none() | texts,
    places=st.lists(places, max_size=3).map(tuple),
    free=st.dictionaries(texts, st.dictionaries(texts, st.lists(texts, max_size=2)), max_size=2),
    rows=st.lists(st.lists(places, max_size=2), max_size=2),
)


@given(story=stories)
def test_loads_into_the_same(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any settings come back equal, whatever characters and tables they hold."""
    path = tmp_path_factory.getbasetemp() / "story.toml"
    path.write_text(dump(story), encoding="utf-8", newline="")
    assert load(path, Story, environment={}) == story


def test_reads_well() -> None:
    """The text is what a person would have written: own keys first, then sections."""
    story = Story(title="x", places=(Place(name="a", at_m=(1.0, 2.5)),), free={"b c": {"d": ["e"]}})
    assert dump(story) == (
        'title = "x"\ncount = 0\non = true\nrows = []\n\n'
        '[[places]]\ntype = "place"\nname = "a"\nat_m = [1.0, 2.5]\ncolour = "red"\n\n'
        '[places.inner]\n\n[free]\n\n[free."b c"]\nd = ["e"]\n'
    )


@pytest.mark.parametrize("value", [Choice(limit=None), Choice(speed=math.nan)])
def test_refuses_what_toml_can_not_say(value: Choice) -> None:
    """A None by choice and a number that is none are refused, not lost."""
    with pytest.raises(SettingsError, match="Choice can not be written as TOML"):
        dump(value)


def test_refuses_what_would_not_load(tmp_path: Path) -> None:
    """A value outside its own class's range is refused when written, not when read."""

    class Wide(msgspec.Struct, frozen=True):
        """A number of 64 bits."""

        number: Any = 0
        text: str = ""

    with pytest.raises(SettingsError, match="Wide can not be written as TOML"):
        dump(Wide(text=3))  # type: ignore[arg-type]  # a programmer's mistake is the case
