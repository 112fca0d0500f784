"""What goes wrong on purpose: at its times, in order, told before it is done."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from scenarios.cast import Addresses, Cast
from scenarios.happenings import Happening, LieBegan, ProcessStruck
from scenarios.loading import STORIES, load_story
from scenarios.mishaps import Mishaps
from scenarios.supervisor import Supervisor


class Struck(Supervisor):
    """A supervisor without processes that writes down whom it should kill."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder, tell=lambda _: None)
        self.blows: list[tuple[str, float]] = []

    def strike(self, name: str, away_s: float) -> None:
        """Write a blow down."""
        self.blows.append((name, away_s))


def mishaps(
    folder: Path, told: list[Happening], *, speed: float = 80.0
) -> tuple[Mishaps, Struck, Cast]:
    """Return the mishaps of the story with operators, who would carry them out, and the cast."""
    story = load_story(STORIES / "four_operators.toml")
    story = msgspec.structs.replace(story, speed=speed)
    cast = Cast(story, folder=folder, addresses=Addresses.on_ports(1, 2, "mqtt://127.0.0.1:3"))
    supervisor = Struck(folder)
    return Mishaps(cast, supervisor, told.append), supervisor, cast


def times(due: Sequence[tuple[float, object]]) -> list[float]:
    """Return when something is due."""
    return [at_s for at_s, _ in due]


def test_in_the_order_of_their_times(tmp_path: Path) -> None:
    """First one is killed, and when it is long back another one begins to lie."""
    harm, _, cast = mishaps(tmp_path, [])
    [fault], [liar] = cast.story.fault, [one for one in cast.operators if one.table.lies]
    assert times(harm.due()) == [fault.at_s, liar.table.lies_from_s]
    assert fault.at_s + fault.away_s + 300 < liar.table.lies_from_s


async def test_all_is_done(tmp_path: Path) -> None:
    """A blow takes story time into account, and a lie begins with a file."""
    told: list[Happening] = []
    harm, supervisor, cast = mishaps(tmp_path, told, speed=100_000.0)
    liar = cast.operators[2]
    liar.folder.mkdir(parents=True)
    await harm.strike(round(time.time() * 1e6 - cast.story.begins_s / 100_000 * 1e6))
    away_s = cast.story.fault[0].away_s / 100_000
    assert told == [ProcessStruck("charge-point-operator", away_s), LieBegan("toll-operator")]
    assert supervisor.blows == [("charge-point-operator", away_s)]
    assert (liar.folder / "lie").exists()
