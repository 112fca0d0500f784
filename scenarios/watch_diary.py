"""What a run tells whoever watches it: a card and a diary in its folder.

Nothing depends on them. When the disk refuses, the diary falls silent and the run goes on.
"""

import os
import time
from collections.abc import Iterator

import dashboard
from dashboard import HAPPENINGS_FILE, Observation, Place, RunCard, write_card
from ledger_core import TanglewayError
from scenarios.cast import POLICY_FILE, Cast
from scenarios.happenings import (
    AlarmRaised,
    Happening,
    LieBegan,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
    ProcessStruck,
    StepBegan,
    TimeIsUp,
)
from scenarios.roster import NODE, road_map
from vehicle_agent import Gate, RoadMap

__all__ = ["WatchDiary", "gate_places", "observed"]


class WatchDiary:
    """Write down what happens, for viewers.

    Args:
        cast: Whose run it is.
        name: The story's name.
    """

    def __init__(self, cast: Cast, *, name: str) -> None:
        self._cast = cast
        self._path = cast.folder / HAPPENINGS_FILE
        self._name = name
        self._is_open = True

    def begin(self) -> None:
        """Write the card, and who takes part."""
        try:
            write_card(self._cast.folder, self._card())
        except OSError:
            self._is_open = False
        self._write(self._beginning())

    def take(self, happening: Happening) -> None:
        """Write down what happens, as far as viewers do not hear it elsewhere."""
        for told in observed(happening, _now_us()):
            self._write(told)

    def end(self, *, ok: bool | None, text: str) -> None:
        """Write the last word.

        Args:
            ok: Whether all held; None where it was stopped.
            text: How it ended, a sentence.
        """
        self._write(dashboard.RunEnded(at_us=_now_us(), ok=ok, text=text))

    def _write(self, told: Observation) -> None:
        """Add a line, whole, while the disk takes it."""
        if not self._is_open:
            return
        try:
            with self._path.open("ab") as file:
                file.write(dashboard.write_line(told))
        except OSError:
            self._is_open = False

    def _card(self) -> RunCard:
        """Return where the run is reached."""
        cast = self._cast
        return RunCard(
            story=self._name,
            network=cast.story.network.name,
            ledger=cast.addresses.ledger,
            publish=cast.addresses.events,
            node_key=cast.node_key.hex(),
            broker=cast.addresses.broker,
            policy_file=POLICY_FILE if cast.operators else "",
            runner=os.getpid(),
            began_us=_now_us(),
        )

    def _beginning(self) -> dashboard.RunBegan:
        """Return which story is played, by whom, and where."""
        cast = self._cast
        agents = tuple((agent.kind.name, agent.name) for agent in cast.agents)
        roads = _map_of(cast)
        places = () if roads is None else roads.places
        return dashboard.RunBegan(
            at_us=_now_us(),
            title=cast.story.title,
            story=self._name,
            network=cast.story.network.name,
            speed=cast.story.speed,
            agents=agents,
            keys={cast.key(agent).public_key.hex(): agent.name for agent in cast.agents},
            validators=tuple(operator.name for operator in cast.operators),
            places=tuple(Place(place.name, *place.position_m) for place in places),
            roads=() if roads is None else tuple(road.ends for road in roads.roads),
            gates=() if roads is None else tuple(gate_places(roads)),
        )


def observed(happening: Happening, at_us: int) -> Iterator[Observation]:
    """Yield what a happening is to a viewer; what it hears from others is left out.

    Args:
        happening: What has happened.
        at_us: When. [µs since 1970]
    """
    match happening:
        case StepBegan(text):
            yield dashboard.StepBegan(at_us=at_us, text=text)
        case TimeIsUp(limit_s):
            yield dashboard.StepBegan(at_us=at_us, text=f"time is up after {limit_s:.0f} s")
        case AlarmRaised(by, about, _, reason) if by != NODE:
            yield dashboard.AlarmRaised(at_us=at_us, by=by, about=about, reason=reason)
        case ProcessReady(name, process_id, took_s):
            text = f"after {took_s:.1f} s"
            yield _process(at_us, name, "ready", text=text, process_id=process_id)
        case ProcessEnded(name):
            yield _process(at_us, name, "ended")
        case ProcessDied(name, how, last_line):
            yield _process(at_us, name, "died", text=f"{how}: {last_line}" if last_line else how)
        case ProcessRestarts(name, wait_s):
            yield _process(at_us, name, "restarts", text=f"in {wait_s:.1f} s")
        case ProcessStruck(name, away_s):
            yield _process(at_us, name, "struck", text=f"for {away_s:.1f} s")
        case LieBegan(name):
            yield _process(at_us, name, "lies")


def gate_places(roads: RoadMap) -> Iterator[Place]:
    """Yield where the toll gates stand, on the straight line between their road's ends.

    Args:
        roads: The map.
    """
    positions = {place.name: place.position_m for place in roads.places}
    lengths = {road.ends: road.length_m for road in roads.roads}
    for gate in roads.gates:
        yield Place(gate.name, *_gate_position_m(gate, positions, lengths.get(gate.ends)))


def _gate_position_m(
    gate: Gate, positions: dict[str, tuple[float, float]], length_m: float | None
) -> tuple[float, float]:
    """Return where a gate stands. [m]"""
    (west_m, south_m), (east_m, north_m) = (positions[end] for end in gate.ends)
    straight_m = ((east_m - west_m) ** 2 + (north_m - south_m) ** 2) ** 0.5
    part = gate.at_m / (length_m or straight_m or 1.0)
    return west_m + part * (east_m - west_m), south_m + part * (north_m - south_m)


def _process(
    at_us: int, name: str, state: str, *, text: str = "", process_id: int = 0
) -> dashboard.ProcessChanged:
    """Return what became of a process."""
    return dashboard.ProcessChanged(
        at_us=at_us, name=name, state=state, text=text, process_id=process_id
    )


def _map_of(cast: Cast) -> RoadMap | None:
    """Return the map of a story, None where it has none that can be driven on."""
    try:
        return road_map(cast.story)
    except (ValueError, TanglewayError):
        return None


def _now_us() -> int:
    """Return the present. [µs since the Unix epoch]"""
    return time.time_ns() // 1000
