"""The validator's benchmark measures what it says, on a workload that is all accepted."""

from benchmarks.validator import INDEPENDENT, PEER, UNSIGNED, run, run_rules
from benchmarks.workload import AT_US, Town
from ledger_core import Records, State, Verdict, apply_one, parse_records


def test_every_figure_stands_beside_the_peer() -> None:
    """All results are there, positive, and compared with what was measured in the same runs."""
    results = run(runs=2, seconds=0, size=32)
    assert [result.name for result in results] == [
        "validator.signed",
        "validator.rules",
        "validator.contended",
        "rules.reference",
    ]
    for result in results:
        assert result.runs == 2
        assert 0 < result.min <= result.median <= result.max
        assert result.peer is not None
        assert result.ratio is not None
        assert result.ratio > 0
    beside = [result.peer.name for result in results if result.peer is not None]
    assert beside == [PEER, UNSIGNED, INDEPENDENT, PEER]


def test_the_readable_rules_alone() -> None:
    """They are about as slow as the signature check in them, whatever else the machine does."""
    [result] = run_rules(runs=2, seconds=0)
    assert result.name == "rules.reference"
    assert result.ratio is not None
    assert 0.05 < result.ratio < 20


def test_progress_is_told() -> None:
    """Whoever waits hears of every step, up to the end."""
    heard: list[tuple[int, int, str]] = []
    run(runs=1, seconds=0, size=8, progress=lambda *step: heard.append(step))
    assert heard[0] == (0, 1, "signing records")
    assert (0, 1, "validator.rules") in heard
    assert heard[-1] == (1, 1, "done")


def test_the_same_town_writes_the_same_bytes() -> None:
    """A workload does not depend on chance."""
    assert Town(5).independent(8).tobytes() == Town(5).independent(8).tobytes()
    assert parse_records(Town(3).contended(4).tobytes()).shape == (4,)


def _refusals(town: Town, records: Records) -> list[Verdict]:
    state = State(town.genesis)
    verdicts = [apply_one(state, record, AT_US) for record in [*town.funding(), *records]]
    return [verdict for verdict in verdicts if verdict != Verdict.ACCEPTED]


def test_payments_are_accepted() -> None:
    """Both workloads are accepted whole, by the readable rules, too."""
    town, hub_town = Town(20), Town(20)
    assert _refusals(town, town.independent(64)) == []
    contended = hub_town.contended(64)
    assert _refusals(hub_town, contended) == []
    assert not hub_town.ledger().apply(contended, at=AT_US).any()


def test_hub_spends_what_it_just_got() -> None:
    """The hub has no account before its first income, and is empty after every payment."""
    town = Town(20)
    contended = town.contended(8)
    ledger = town.ledger()
    assert ledger.apply(contended[1:2], at=AT_US).tolist() == [Verdict.UNKNOWN_ISSUER]
    assert ledger.apply(contended, at=AT_US).tolist() == [Verdict.ACCEPTED] * 8
    assert ledger.balance(contended[1]["issuer"].tobytes()) == 0
