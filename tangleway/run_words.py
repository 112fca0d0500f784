"""What a person reads about the processes of a run and about its sellers, in words."""

from collections.abc import Iterator

from scenarios import (
    Happening,
    LieBegan,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
    ProcessStruck,
    TimeIsUp,
)

TIMES = frozenset({"at_us", "story_s"})
"""Fields that all news have."""


def process_lines(happening: Happening) -> Iterator[str]:
    """Yield what there is to say about processes."""
    match happening:
        case ProcessReady(name, process_id, took_s):
            yield f"{name} is ready (process {process_id}, {took_s:.1f} s)"
        case ProcessDied(name, how, last_line):
            yield f"{name} died ({how}); it said last: {last_line or 'nothing'}"
        case ProcessRestarts(name, wait_s):
            yield f"{name} is started again on the same data in {wait_s:g} s"
        case ProcessStruck(name, away_s):
            yield f"the story kills {name} (SIGKILL), for {away_s:.0f} s"
        case LieBegan(name):
            yield f"{name} begins to lie: it signs another tree than it derived"
        case ProcessEnded(name):
            yield f"{name} has ended"
        case TimeIsUp(limit_s):
            yield f"time is up: the story is stopped after {limit_s:g} s"


def seller_words(fields: dict[str, object]) -> str:
    """Return what a seller does, from whichever figures it gives."""
    outlets, bays = fields.get("outlets"), fields.get("bays")
    if isinstance(outlets, dict):
        busy = sum(state != "free" for state in outlets.values())
        return f"{busy} of {len(outlets)} outlets taken"
    if isinstance(bays, dict):
        return f"{len(bays)} of {fields.get('bays_total')} bays taken"
    counts = [
        f"{number} {word}"
        for word, number in fields.items()
        if isinstance(number, int) and word not in TIMES
    ]
    return ", ".join(counts) or "open"
