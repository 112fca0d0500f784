"""What a runner's words change in the model."""

from collections.abc import Callable
from typing import Any

from dashboard.model.city import City
from dashboard.model.ledger import Validator
from dashboard.model.logbook import Level
from dashboard.model.model import Model
from dashboard.model.run import PROCESSES_KEPT, Process, Run
from dashboard.observed import ProcessChanged, RunBegan, RunEnded, StepBegan
from dashboard.plain_text import NAME_LENGTH_MAX, plain

__all__ = ["REDUCERS"]

LEVELS = {"died": Level.ERROR, "struck": Level.WARN, "restarts": Level.WARN, "lies": Level.WARN}
"""How much it matters what became of a process; anything else is no news."""

WORDS = {
    "ready": "is ready",
    "ended": "has ended",
    "died": "has died",
    "restarts": "starts anew",
    "struck": "is killed by the story",
    "lies": "begins to sign other trees",
}
"""The same in words."""


def take_began(model: Model, began: RunBegan) -> None:
    """Take in which story is played."""
    model.run = Run(
        title=plain(began.title),
        story=plain(began.story, NAME_LENGTH_MAX),
        network=plain(began.network, NAME_LENGTH_MAX),
        speed=began.speed,
        began_us=began.at_us,
    )
    for source in model.sources.values():
        source.ended = False
    model.city = City(places=began.places, roads=began.roads, gates=began.gates)
    for key, name in began.keys.items():
        model.learn(key, plain(name, NAME_LENGTH_MAX))
    keys = {name: key for key, name in model.names.items()}
    for role, name in began.agents:
        if role not in {"validator", "node"}:
            agent = model.agent(plain(role, NAME_LENGTH_MAX), plain(name, NAME_LENGTH_MAX))
            if agent is not None:
                agent.key = agent.key or keys.get(agent.name, "")
    for name in began.validators:
        known = plain(name, NAME_LENGTH_MAX)
        model.ledger.validators.setdefault(known, Validator(name=known))
    model.note("run", f"{model.run.title} begins")


def take_step(model: Model, step: StepBegan) -> None:
    """Take in what the runner does."""
    model.run.step = plain(step.text)
    model.note("run", model.run.step)


def take_process(model: Model, changed: ProcessChanged) -> None:
    """Take in what became of a process."""
    name, state = plain(changed.name, NAME_LENGTH_MAX), plain(changed.state, NAME_LENGTH_MAX)
    processes = model.run.processes
    if name not in processes and len(processes) >= PROCESSES_KEPT:
        model.evict("processes")
        return
    process = processes.setdefault(name, Process(name=name))
    process.state, process.text, process.since_us = state, plain(changed.text), changed.at_us
    process.process_id = changed.process_id or process.process_id
    process.starts += state == "ready"
    words = f"{WORDS.get(state, state)}{f': {process.text}' if process.text else ''}"
    model.note(name, words, LEVELS.get(state, Level.INFO))
    if state == "died":
        model.alerts.set(
            f"process {name}", model.now_us, subject=name, text=words, level=Level.ERROR
        )
    elif state in {"ready", "ended"}:
        model.alerts.clear(f"process {name}", model.now_us)


def take_ended(model: Model, ended: RunEnded) -> None:
    """Take in that the run is over."""
    model.run.ended_us, model.run.ok = ended.at_us, ended.ok
    model.run.end = plain(ended.text)
    model.run.step = "over"
    for source in model.sources.values():
        source.ended = True
    model.note("run", model.run.end, Level.INFO if ended.ok else Level.ERROR)


REDUCERS: dict[type, Callable[[Model, Any], None]] = {
    RunBegan: take_began,
    StepBegan: take_step,
    ProcessChanged: take_process,
    RunEnded: take_ended,
}
"""What to do with each kind of observation."""
