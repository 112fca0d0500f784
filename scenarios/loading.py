"""Find a story, read it, and check what no single key can tell.

The format itself is checked by `configuration.load`. Here the parts are held against each other:
names, places, roads, processes, money. The first thing that does not fit is an error that names
the file, the key and what is allowed.
"""

import difflib
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configuration import load
from ledger_core import InputError, format_amount, quorum_size
from scenarios.behaviours import behaviours_of
from scenarios.errors import StoryError
from scenarios.roster import NODE, Roster, road_map, roster
from scenarios.story import AGENTS_MAX, Story
from vehicle_agent import Drive, Park, load_policy

STORIES = Path(__file__).parent / "stories"
"""The folder with the stories at hand."""

NAMES_TAKEN = frozenset({"ledger", "logs", "network", "node", "run", "treasury", "validators"})
"""Names that stand for something else in a run's folder, or among its keys."""


@dataclass(frozen=True, slots=True)
class StoryFile:
    """A story at hand, as a list shows it."""

    name: str
    """What `run` calls it."""
    title: str
    """Its title."""
    about: str
    """What there is to see."""
    path: Path
    """Its file."""


def story_files() -> tuple[StoryFile, ...]:
    """Return the stories at hand, by name; only their heads are read."""
    return tuple(_head(path) for path in sorted(STORIES.glob("*.toml")))


def find_story(name_or_path: str) -> Path:
    """Return the file of a story, given its name or its path.

    Raises:
        StoryError: There is no such story.
    """
    at_hand = STORIES / f"{name_or_path}.toml"
    if "/" not in name_or_path and at_hand.is_file():
        return at_hand
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.suffix or "/" in name_or_path:
        raise StoryError(f"{path}: there is no such file; name a story's file, or one of its names")
    names = [path.stem for path in sorted(STORIES.glob("*.toml"))]
    near = difflib.get_close_matches(name_or_path, names, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise StoryError(
        f"there is no story {name_or_path!r}{hint}; at hand: {', '.join(names)};"
        " or give the path of a TOML file"
    )


def load_story(path: Path) -> Story:
    """Return a story that can be played.

    Raises:
        SettingsError: The file is not in the format of a story.
        StoryError: Its parts do not fit together.
    """
    story = load(path, Story, environment={})
    try:
        _check(str(path), story)
    except InputError as error:
        if isinstance(error, StoryError):
            raise
        raise StoryError(f"{path}: {error}") from error
    return story


def _head(path: Path) -> StoryFile:
    """Return what a list shows of a story."""
    table = tomllib.loads(path.read_text("utf-8"))
    return StoryFile(path.stem, str(table["title"]), str(table.get("about", "")), path)


def _check(file: str, story: Story) -> None:
    """Refuse the first thing that does not fit.

    Raises:
        StoryError: With the file, the key, and what is allowed.
    """
    try:
        road_map(story)
    except ValueError as error:
        raise StoryError(f"{file}: place, road, toll_gate: {error}") from error
    cast = roster(story)
    _check_names(file, cast, story)
    _check_processes(file, cast, story)
    _check_trust(file, story)
    _check_behaviours(file, cast)
    _check_faults(file, story, cast)
    _check_places(file, story)
    _check_policies(file, story)
    _check_money(file, story, cast)


def _check_names(file: str, cast: Roster, story: Story) -> None:
    """Every member has a name of its own, and a folder under it."""
    if len(cast) > AGENTS_MAX:
        raise StoryError(f"{file}: has {len(cast)} agents; at most {AGENTS_MAX} are allowed")
    validators = [validator.name for validator in story.validator]
    names = Counter([*(member.name for member in cast), *validators])
    for name, count in names.items():
        if count > 1:
            raise StoryError(f"{file}: {count} members are called {name!r}: name each once")
        if name in NAMES_TAKEN:
            taken = ", ".join(sorted(NAMES_TAKEN))
            raise StoryError(f"{file}: a member can not be called {name!r}; taken: {taken}")


def _check_processes(file: str, cast: Roster, story: Story) -> None:
    """Who shares a process is of one kind, and no process bears another member's name."""
    kinds: dict[str, str] = {}
    for member in cast:
        known = kinds.setdefault(member.process, member.kind.name)
        if known != member.kind.name:
            raise StoryError(
                f"{file}: {member.kind.name} {member.name!r} can not share process"
                f" {member.process!r} with a {known}: members of one kind share a process"
            )
    alone = {member.name for member in cast if member.process == member.name}
    alone |= {validator.name for validator in story.validator}
    for member in cast:
        if member.process != member.name and member.process in NAMES_TAKEN.union(alone):
            raise StoryError(
                f"{file}: process {member.process!r} of {member.name!r} bears another's name:"
                " choose another one"
            )


def _check_trust(file: str, story: Story) -> None:
    """There are as many validators as have to agree."""
    quorum, number = story.policy.quorum, len(story.validator)
    if quorum is not None and quorum > number:
        raise StoryError(
            f"{file}: policy.quorum: {quorum} can not agree where there are {number} validators;"
            f" {quorum_size(number)} is a good quorum"
        )


def _check_faults(file: str, story: Story, cast: Roster) -> None:
    """What is to be killed is there, and not away already."""
    agents = {one.name for one in cast}
    killable = {NODE, *(one.name for one in story.validator), *(one.process for one in cast)}
    allowed = {
        "kill": killable,
        "cut": {NODE, *agents},
        "link": agents,
        "clock": agents,
        "broker": {""},
    }
    back_s: dict[tuple[str, str], float] = {}
    for index, fault in sorted(enumerate(story.fault), key=lambda item: item[1].at_s):
        key, names = f"fault[{index}]", allowed[fault.kind]
        if fault.whom not in names:
            near = difflib.get_close_matches(fault.whom, names, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise StoryError(
                f"{file}: {key}.{fault.kind}: there is no process {fault.whom!r}; allowed:"
                f" {', '.join(sorted(names))}{hint}"
            )
        before_s = back_s.get((fault.kind, fault.whom), -1.0)
        struck = "killed" if fault.kill else "struck"
        if fault.at_s <= before_s:
            raise StoryError(
                f"{file}: {key}.at_s: {fault.whom or 'the broker'} is still away then; let it be"
                f" {struck} after {before_s:g} s"
            )
        back_s[fault.kind, fault.whom] = fault.at_s + fault.away_s


def check_live(story: Story) -> None:
    """Refuse a story that only a simulation can play.

    Raises:
        StoryError: It has a fault that real processes can not be given.
    """
    for index, fault in enumerate(story.fault):
        if not fault.is_live:
            raise StoryError(
                f"fault[{index}].{fault.kind}: only a simulation can do that to an agent; play it"
                " with: tangleway simulate"
            )


def _check_behaviours(file: str, cast: Roster) -> None:
    """Who cheats does so in a way that its kind can, and in a process of its own."""
    for member in cast:
        allowed = behaviours_of(member.kind.name)
        if member.behaviour not in allowed:
            raise StoryError(
                f"{file}: {member.kind.name} {member.name!r} can not have behaviour"
                f" {member.behaviour!r}; allowed: {', '.join(allowed)}"
            )
        if not member.is_honest and member.process != member.name:
            raise StoryError(
                f"{file}: {member.name!r} cheats, so it needs a process of its own: leave out"
                f" process = {member.process!r}"
            )


def _check_places(file: str, story: Story) -> None:
    """Everything stands on the map."""
    places = [place.name for place in story.place]
    for key, name in _places_named(story):
        if name not in places:
            near = difflib.get_close_matches(name, places, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise StoryError(
                f"{file}: {key}: there is no place {name!r}; allowed: {', '.join(places)}{hint}"
            )


def _places_named(story: Story) -> Iterator[tuple[str, str]]:
    """Yield each key that names a place, and the name."""
    for kind, sellers in (("charger", story.charger), ("car_park", story.car_park)):
        for index, seller in enumerate(sellers):
            yield f"{kind}[{index}].place", seller.place
    for index, vehicle in enumerate(story.vehicle):
        key = f"vehicle[{index}]"
        yield f"{key}.place", vehicle.place
        for name in vehicle.vary.place:
            yield f"{key}.vary.place", name
        for number, step in enumerate(vehicle.itinerary):
            match step:
                case Drive(to=name):
                    yield f"{key}.itinerary[{number}].to", name
                case Park(near=name) if name:
                    yield f"{key}.itinerary[{number}].near", name


def _check_policies(file: str, story: Story) -> None:
    """Every bidding policy is there."""
    for index, vehicle in enumerate(story.vehicle):
        for name in {vehicle.policy, *vehicle.vary.policy}:
            try:
                load_policy(name)
            except InputError as error:
                raise StoryError(f"{file}: vehicle[{index}].policy: {error}") from error


def _check_money(file: str, story: Story, cast: Roster) -> None:
    """The supply is enough for all wallets."""
    wanted = sum(member.funds for member in cast)
    if wanted > story.network.supply:
        raise StoryError(
            f"{file}: network.supply: {format_amount(story.network.supply)} tokens are too few for"
            f" funds of {format_amount(wanted)}: raise it to {wanted} base units"
        )
