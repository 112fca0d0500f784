"""Stories: those at hand can be played; one that can not is refused with file, key and reason."""

from pathlib import Path

import pytest

from configuration import SettingsError
from ledger_core import InputError
from scenarios.errors import StoryError
from scenarios.loading import STORIES, check_live, find_story, load_story, story_files

STORY = """
title = "Test"
place = [{ name = "home", position_m = [0, 0] }, { name = "mill", position_m = [900, 0] }]
road = [{ ends = ["home", "mill"] }]

[[charger]]
name = "charger"
place = "mill"
site_power_w = 22_000
outlets = [{ name = "1" }]
pricing = { tariff = { elements = [{ kind = "energy", price = 400_000 }] } }

[[toll_gate]]
name = "gate"
road = ["home", "mill"]
at_m = 300
pricing = { classes = { car = 1 } }

[[vehicle]]
name = "anna"
place = "home"
itinerary = [{ step = "drive", to = "mill" }, { step = "charge", energy_wh = 1, budget = 9 }]
"""


@pytest.fixture
def story_file(tmp_path: Path) -> Path:
    """Return the file of a sound story."""
    path = tmp_path / "mine.toml"
    path.write_text(STORY)
    return path


@pytest.mark.parametrize("path", sorted(STORIES.glob("*.toml")), ids=lambda path: path.stem)
def test_stories_at_hand(path: Path) -> None:
    """Every story that comes with the project can be played."""
    assert load_story(path).title


def test_list_of_stories() -> None:
    """The list has the stories by name, each with a sentence."""
    files = story_files()
    assert {"commute", "four_operators", "one_charge", "rush_hour"} <= {file.name for file in files}
    assert all(file.title and file.about for file in files)


def test_find_by_name_and_by_path(story_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name means a story at hand; a path means a file, with or without a folder."""
    assert find_story("commute") == STORIES / "commute.toml"
    assert find_story(str(story_file)) == story_file
    monkeypatch.chdir(story_file.parent)
    assert find_story("mine.toml") == Path("mine.toml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("comute", r"no story 'comute' \(did you mean commute\?\); at hand: broker_restart, cable"),
        ("./mine.toml", "mine.toml: there is no such file"),
        ("mine.toml", "mine.toml: there is no such file"),
    ],
)
def test_no_such_story(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name gets a suggestion and the list, a wrong path is called one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoryError, match=words):
        find_story(name)


def test_sound_story(story_file: Path) -> None:
    """The story that the following tests spoil is sound."""
    assert load_story(story_file).vehicle[0].name == "anna"


def test_settings_variables_change_no_story(
    story_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is meant for an agent does not change the story."""
    monkeypatch.setenv("TANGLEWAY_SPEED", "9")
    assert load_story(story_file).speed == 60


SPOILT = [
    ('title = "Test"', 'title = "Test"\nsped = 9', r"sped is not known here; .*mean speed\?"),
    ('title = "Test"', 'title = "Test"\nspeed = 0', r"speed: must be"),
    ('title = "Test"', 'title = "Test"\nbegins_at = "8"', r"begins_at is a time of day such as"),
    ('name = "anna"', 'name = "anna"\ncolour = 1', r"vehicle\[0\].colour is not known here"),
    ("energy_wh = 1,", "energy = 1,", r"vehicle\[0\].itinerary\[1\].energy is not known here"),
    ('step = "drive"', 'step = "fly"', r"itinerary\[0\].step: 'fly' is not known; allowed: drive"),
    ("site_power_w = 22_000", "", r"charger\[0\]: the key site_power_w is missing"),
    ('to = "mill"', 'to = "mil"', r"itinerary\[0\].to: there is no place 'mil'.*mean mill\?"),
    ('place = "home"', 'place = "here"', r"vehicle\[0\].place: there is no place 'here'; allowed"),
    ('place = "mill"', 'place = "here"', r"charger\[0\].place: there is no place 'here'"),
    ('road = ["home", "mill"]', 'road = ["mill", "home"]', r"gate 'gate' stands on .*no road"),
    ("at_m = 300", "at_m = 3000", r"gate 'gate' stands 3000 m along a road of 900 m"),
    ('ends = ["home", "mill"]', 'ends = ["home", "sea"]', r"'sea', which is no place of the map"),
    ('name = "anna"', 'name = "charger"', r"2 members are called 'charger': name each once"),
    ('name = "anna"', 'name = "ledger"', r"can not be called 'ledger'; taken: ledger, logs"),
    ('name = "anna"', 'name = "anna"\ncount = 3000', r"vehicle\[0\].count: must be"),
    ('name = "anna"', 'name = "anna"\npolicy = "rich"', r"vehicle\[0\].policy: .*rich.*cheapest"),
    ('name = "anna"', 'name = "anna"\nprocess = "ledger"', r"'ledger' of 'anna' bears another"),
    ('name = "anna"', 'name = "anna"\nfunds = 2_000_000_000_000', r"supply: 1000000 tokens are"),
    (
        'name = "anna"',
        'name = "anna"\nvary = { charge_percent = [60, 20] }',
        r"vehicle\[0\].vary.*charge_percent is a range",
    ),
    (
        'name = "anna"',
        'name = "anna"\nvary = { charge_percent = [60, 120] }',
        r"charge_percent ends at 100 at most",
    ),
    (
        'name = "anna"',
        'name = "anna"\nvary = { place = ["home", "sea"] }',
        r"vehicle\[0\].vary.place: there is no place 'sea'",
    ),
    (
        '{ step = "charge", energy_wh = 1, budget = 9 }',
        '{ step = "park", near = "sea", duration_s = 9, budget = 9 }',
        r"itinerary\[1\].near: there is no place 'sea'",
    ),
]


@pytest.mark.parametrize(("sound", "spoilt", "words"), SPOILT)
def test_spoilt_story(story_file: Path, sound: str, spoilt: str, words: str) -> None:
    """A mistake is named with the file, the key, and what is allowed."""
    assert sound in STORY
    story_file.write_text(STORY.replace(sound, spoilt, 1))
    with pytest.raises(InputError, match=words) as caught:
        load_story(story_file)
    assert isinstance(caught.value, SettingsError | StoryError)
    assert str(caught.value).startswith(str(story_file))
    assert "\n" not in str(caught.value)


TRUST = """
[policy]
quorum = 1

[[validator]]
name = "city"

[[validator]]
name = "toll"
behaviour = "lies"
lies_from_s = 9

[[fault]]
kill = "city"
at_s = 10
away_s = 5
"""

SPOILT_TRUST = [
    ("quorum = 1", "quorum = 3", r"policy.quorum: 3 can not agree where there are 2 validators; 2"),
    ('name = "city"', 'name = "anna"', r"2 members are called 'anna': name each once"),
    ('name = "city"', 'name = "validators"', r"can not be called 'validators'; taken: ledger"),
    ('name = "city"', 'name = "a city"', r"validator\[0\].name: must"),
    ('"lies"', '"dreams"', r"validator\[1\].behaviour"),
    ('behaviour = "lies"', "", r"lies_from_s is for validators with behaviour = 'lies'"),
    ('kill = "city"', 'kill = "cty"', r"fault\[0\].kill: there is no process 'cty'.*mean city\?"),
    ("away_s = 5", "", r"fault\[0\]: the key away_s is missing"),
    (
        "[[fault]]",
        '[[fault]]\nkill = "city"\nat_s = 7\naway_s = 5\n[[fault]]',
        r"fault\[1\].at_s: city is still away then; let it be killed after 12 s",
    ),
]


def test_sound_story_with_operators(story_file: Path) -> None:
    """The operators that the following tests spoil are sound."""
    story_file.write_text(STORY + TRUST)
    story = load_story(story_file)
    assert [(one.name, one.lies) for one in story.validator] == [("city", False), ("toll", True)]
    assert (story.policy.quorum, story.fault[0].kill) == (1, "city")


@pytest.mark.parametrize(("sound", "spoilt", "words"), SPOILT_TRUST)
def test_spoilt_operators(story_file: Path, sound: str, spoilt: str, words: str) -> None:
    """A mistake among the operators is named with the file, the key, and what is allowed."""
    assert sound in TRUST
    story_file.write_text(STORY + TRUST.replace(sound, spoilt, 1))
    with pytest.raises(InputError, match=words) as caught:
        load_story(story_file)
    assert str(caught.value).startswith(str(story_file))


def test_a_process_bears_no_validator_s_name(story_file: Path) -> None:
    """Each log file belongs to one process."""
    text = STORY.replace('name = "anna"', 'name = "anna"\nprocess = "city"')
    story_file.write_text(text + TRUST)
    with pytest.raises(StoryError, match="process 'city' of 'anna' bears another's name"):
        load_story(story_file)


def test_kinds_do_not_share_a_process(story_file: Path) -> None:
    """A car and a gate are different programs."""
    text = STORY.replace('name = "anna"', 'name = "anna"\nprocess = "both"')
    story_file.write_text(text.replace('name = "gate"', 'name = "gate"\nprocess = "both"'))
    with pytest.raises(StoryError, match="vehicle 'anna' can not share process 'both' with a toll"):
        load_story(story_file)


def test_too_many_agents(story_file: Path) -> None:
    """One machine does not run any number of processes."""
    tables = "".join(
        f'\n[[vehicle]]\nname = "fleet{i}"\nplace = "home"\ncount = 1000\n' for i in range(3)
    )
    story_file.write_text(STORY + tables)
    with pytest.raises(StoryError, match="has 3003 agents; at most 2000"):
        load_story(story_file)


STRUCK = """
[[fault]]
cut = "charger"
at_s = 10
away_s = 5
[[fault]]
clock = "anna"
by_s = 3600
at_s = 10
away_s = 5
[[fault]]
broker = true
at_s = 10
away_s = 5
[[stranger]]
name = "snoop"
"""
"""Faults that only a simulation can do, and somebody who meddles."""


def test_faults_of_a_simulation(story_file: Path) -> None:
    """Links, clocks and the broker fail in a simulation; a live run says so before it starts."""
    story_file.write_text(STORY + STRUCK)
    story = load_story(story_file)
    struck = [(each.kind, each.whom, each.is_live) for each in story.fault]
    assert struck == [("cut", "charger", False), ("clock", "anna", False), ("broker", "", False)]
    with pytest.raises(StoryError, match=r"fault\[0\].cut: only a simulation .* simulate"):
        check_live(story)
    story_file.write_text(STORY + '[[fault]]\nkill = "node"\nat_s = 1\naway_s = 1\n')
    check_live(load_story(story_file))


@pytest.mark.parametrize(
    ("sound", "spoilt", "words"),
    [
        ('cut = "charger"', 'cut = "chager"', r"no process 'chager'.*did you mean charger"),
        ('cut = "charger"', 'cut = "charger"\nkill = "charger"', "one thing that goes wrong"),
        ("broker = true", "broker = false", "one thing that goes wrong"),
        ("by_s = 3600", "", "by_s says how wrong a clock is"),
        ("broker = true", "broker = true\nby_s = 1", "it belongs to clock"),
        ('name = "snoop"', 'name = "snoop"\nbehaviour = "honest"', "allowed: meddles"),
        ('name = "snoop"', 'name = "anna"', "2 members are called 'anna'"),
    ],
)
def test_spoilt_faults(story_file: Path, sound: str, spoilt: str, words: str) -> None:
    """A mistake among the faults is named before anything starts."""
    assert sound in STRUCK
    story_file.write_text(STORY + STRUCK.replace(sound, spoilt, 1))
    with pytest.raises(InputError, match=words):
        load_story(story_file)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("stops_paying", None),
        ("over_reads", "vehicle 'anna' can not have behaviour 'over_reads'; allowed: honest, dou"),
        ('stops_paying"\nprocess = "cars', "'anna' cheats, so it needs a process of its own"),
    ],
)
def test_behaviours(story_file: Path, behaviour: str, words: str | None) -> None:
    """A member may cheat as its kind can, in a process of its own."""
    text = STORY.replace('name = "anna"', f'name = "anna"\nbehaviour = "{behaviour}"')
    story_file.write_text(text)
    if words is None:
        assert load_story(story_file).vehicle[0].behaviour == behaviour
    else:
        with pytest.raises(StoryError, match=words):
            load_story(story_file)
