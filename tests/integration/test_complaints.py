"""The stories that are named after complaints from real sites, each played in simulation.

They say themselves what must hold. Each is played on its own seed and on another one, and one that
is made worse on purpose shows that its checks can fail.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_runtime.ledger_checks import LedgerChecks, Outcome
from charger_agent import trade
from ledger_core import parse_records, record_ids
from ledger_node.payees import Payees
from negotiation import SellerDialogue, State, delivery, pacing
from scenarios.errors import StoryError
from scenarios.happenings import Happening, ProcessDied
from scenarios.invariants import Finding
from scenarios.loading import find_story, load_story
from scenarios.runner import RunOptions, run_story
from scenarios.simulation import simulate
from scenarios.story import Must, Story
from vehicle_agent import Drive

COMPLAINTS = (
    "broker_restart",
    "cable_pulled",
    "gate_reconnect",
    "ledger_spam",
    "link_lost",
    "lost_start",
    "meter_reset",
    "no_show",
    "node_restored",
    "offline_toll",
    "power_cut",
    "price_war",
    "villains",
    "wrong_clock",
)
"""The stories."""


async def open_at_once(self: LedgerChecks, signed: bytes) -> Outcome:
    """Call a toll paid without asking anybody."""
    return Outcome(record_ids(parse_records(signed)[0])[0].tobytes(), 0)


PLANTED: list[tuple[str, object, str, object, str]] = [
    # A charger that does not end its sessions after a power cut.
    ("power_cut", SellerDialogue, "resume", lambda *_: [], "must_say"),
    # One that delivers on although nothing was paid.
    ("link_lost", pacing, "must_wait", lambda *_: False, "must_say"),
    # Whoever believes a meter that has fallen.
    ("meter_reset", delivery, "check_step", lambda *_, **__: None, "must_say"),
    # A charger that never notes that nobody came.
    ("no_show", SellerDialogue, "_missed", lambda *_: [], "must_end_no_show"),
    # A charger that does not notice that the car has gone.
    ("cable_pulled", trade, "check_goes_on", lambda _: None, "must_say"),
    # Sellers that call any payment accepted.
    ("villains", LedgerChecks, "collect", open_at_once, "no_verdict_missing"),
    # A node that takes a SETTLE from anybody: a car closes its own hold.
    ("villains", Payees, "look_at", lambda *_: None, "delivery_within_one_slice"),
]
"""Story, what is spoilt, and the check that finds it."""


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


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("name", COMPLAINTS)
def test_invariants_hold_whenever_it_strikes(name: str, seed: int) -> None:
    """On any seed the books agree, though what the story must show may not come about."""
    story = msgspec.structs.replace(story_of(name), must=Must())
    assert not failures(simulate(story, seed).findings)


@pytest.mark.parametrize(("name", "where", "what", "spoilt", "found"), PLANTED)
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    where: object,
    what: str,
    spoilt: object,
    found: str,
) -> None:
    """Where an agent leaves out what the story is about, its checks say so."""
    story = story_of(name)
    monkeypatch.setattr(where, what, spoilt)
    outcome = simulate(story, story.seed)
    assert found in {each.name for each in outcome.findings if not each.ok}


def test_what_a_story_must_show_can_be_missed() -> None:
    """Ends and reasons that did not come about are named."""
    must = Must(ends={State.NO_SHOW: 3}, reasons=("it rained",))
    story = msgspec.structs.replace(story_of("one_charge"), must=must)
    assert failures(simulate(story, 1).findings) == [
        "must_end_no_show: 0 no_show, 3 wanted",
        "must_say: nobody said 'it rained'",
    ]


def with_few(story: Story) -> Story:
    """Return the villains' story with those alone who make it short, at twice the speed."""
    cast = {"anna", "crier", "twofold", "mill-charger", "far-gate"}

    def chosen(table: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(member for member in table if member.name in cast)

    through = (Drive(to="far"),)
    vehicles = {
        "anna": lambda each: msgspec.structs.replace(
            each, itinerary=(*each.itinerary[:1], *through)
        ),
        "twofold": lambda each: msgspec.structs.replace(each, itinerary=through),
        "crier": lambda each: each,
    }

    return msgspec.structs.replace(
        story,
        speed=120.0,
        time_limit_s=60.0,
        charger=chosen(story.charger),
        toll_gate=chosen(story.toll_gate),
        car_park=(),
        vehicle=tuple(vehicles[each.name](each) for each in chosen(story.vehicle)),
        stranger=tuple(msgspec.structs.replace(each, lasts_s=10.0) for each in story.stranger),
        must=Must(charge=1, toll=1, ends={State.UNPAID: 1}),
    )


@pytest.mark.timeout(120)
async def test_villains_live(tmp_path: Path) -> None:
    """The same actors as real processes on real sockets: honest books agree, nobody falls over."""
    told: list[Happening] = []
    options = RunOptions(name="villains", folder=tmp_path / "run")
    result = await run_story(with_few(story_of("villains")), options, told.append)
    assert [each.detail for each in result.invariants if not each.ok] == []
    assert [each for each in told if isinstance(each, ProcessDied)] == []


@pytest.mark.timeout(120)
async def test_power_cut_live(tmp_path: Path) -> None:
    """A charger that is killed with SIGKILL in mid-session comes back, and bills it once."""
    options = RunOptions(name="power_cut", folder=tmp_path / "run")
    result = await run_story(story_of("power_cut"), options, lambda _: None)
    assert [each.detail for each in result.invariants if not each.ok] == []


async def test_a_live_run_refuses_what_it_can_not_do(tmp_path: Path) -> None:
    """Before anything starts, it names the fault and the command that can play it."""
    options = RunOptions(name="link_lost", folder=tmp_path / "run")
    with pytest.raises(StoryError, match=r"fault\[0\].cut: only a simulation .* simulate"):
        await run_story(story_of("link_lost"), options, lambda _: None)
    assert not (tmp_path / "run").exists()
