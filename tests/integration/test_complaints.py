"""The stories that are named after complaints from real sites, each played in simulation.

They say themselves what must hold. Each is played on its own seed and on another one, and one that
is made worse on purpose shows that its checks can fail.
"""

import msgspec
import pytest

from negotiation import State
from scenarios.invariants import Finding
from scenarios.loading import find_story, load_story
from scenarios.simulation import simulate
from scenarios.story import Must, Story

COMPLAINTS = ("villains",)
"""The stories."""


def story_of(name: str) -> Story:
    """Return a story at hand."""
    return load_story(find_story(name))


def failures(findings: tuple[Finding, ...]) -> list[str]:
    """Return what does not hold, for the message of a failed test."""
    return [f"{each.name}: {each.detail}" for each in findings if not each.ok]


@pytest.mark.parametrize("name", COMPLAINTS)
def test_what_must_hold_holds(name: str) -> None:
    """The story comes to what it must, on its own seed."""
    story = story_of(name)
    outcome = simulate(story, story.seed)
    assert not failures(outcome.findings), "\n".join(outcome.told)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", COMPLAINTS)
def test_invariants_hold_whenever_it_strikes(name: str, seed: int) -> None:
    """On any seed the books agree, though what the story must show may not come about."""
    story = msgspec.structs.replace(story_of(name), must=Must())
    assert not failures(simulate(story, seed).findings)


def test_what_a_story_must_show_can_be_missed() -> None:
    """Ends and reasons that did not come about are named."""
    must = Must(ends={State.NO_SHOW: 3}, reasons=("it rained",))
    story = msgspec.structs.replace(story_of("one_charge"), must=must)
    assert failures(simulate(story, 1).findings) == [
        "must_end_no_show: 0 no_show, 3 wanted",
        "must_say: nobody said 'it rained'",
    ]
