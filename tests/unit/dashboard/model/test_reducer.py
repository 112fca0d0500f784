"""The reducer as a whole: time, key frames, what is unknown."""

import msgspec

from dashboard.model import BROKER, LEDGER, RUN, Model, SourceState, advance, take
from dashboard.model.logbook import LINES_KEPT, Logbook
from dashboard.model.reducer import SECONDS_MAX
from dashboard.observed import RunEnded, SourceUp, StepBegan, read_line, write_line
from tests.unit.dashboard.heard import (
    at,
    began,
    final,
    ledger_state,
    metrics,
    model_of,
    news,
    presence,
    records,
    refused,
    said,
    session,
    until,
)

HEARD = (
    SourceUp(at_us=at(0), source=BROKER, place="127.0.0.1:1883"),
    began(),
    ledger_state(0.1, quorum=2),
    presence(0.2, "anna", online=True),
    news(0.3, "anna", "vehicle", doing="driving", position_m=[1, 2], charge_percent=50),
    said(0.5, "cfp", 0, service="charge"),
    session(0.6, "called"),
    records(0.7, 3),
    records(0.8, 4, parents=(3,)),
    refused(0.9, 9),
    metrics(1),
    final(1.1, 4),
    StepBegan(at_us=at(1.2), text="under way"),
    session(2.5, "settled", ended=True, paid=7),
    RunEnded(at_us=at(4), ok=True, text="all holds"),
)
"""A bit of everything."""


def test_a_model_is_plain_data() -> None:
    """All of it goes into a key frame and comes back the same."""
    model = model_of(*HEARD)
    assert msgspec.json.decode(msgspec.json.encode(model), type=Model) == model


def test_observations_are_lines() -> None:
    """Every kind is one line of JSON and comes back the same; garbage is none."""
    for one in HEARD:
        line = write_line(one)
        assert line.count(b"\n") == 1
        assert read_line(line) == one
    for line in (b"", b"{", b"[]", b'{"type":"future","at_us":1}', b"\xff", b"[" * 100_000):
        assert read_line(line) is None


def test_a_replay_comes_to_the_same_picture() -> None:
    """Whoever takes the same observations has the same model, key frame in between or not."""
    live = until(model_of(*HEARD), 20)
    half = model_of(*HEARD[:8])
    copy = msgspec.json.decode(msgspec.json.encode(half), type=Model)
    for one in HEARD[8:]:
        take(copy, one)
    assert until(copy, 20) == live


def test_time_does_not_run_backwards() -> None:
    """An observation with an earlier time is taken in at the model's own."""
    model = model_of(metrics(9), news(5, "anna", "vehicle"))
    assert model.now_us == at(9)
    advance(model, at(3))
    assert model.now_us == at(9)


def test_a_long_pause_costs_little() -> None:
    """A viewer that was asleep for a day does not look at each of its seconds."""
    model = model_of(metrics(0))
    advance(model, at(86_400))
    assert model.now_us == at(86_400)
    assert len(model.charts.accepted.values) <= SECONDS_MAX


def test_each_source_has_its_own_state() -> None:
    """What one source says, no other is credited with."""
    model = model_of(news(0, "anna", "vehicle"), metrics(0))
    assert (model.state(BROKER), model.state(LEDGER)) == (SourceState.LIVE, SourceState.LIVE)
    assert model.state(RUN) is SourceState.WAIT
    assert model.state("elsewhere") is SourceState.WAIT


def test_the_end_of_a_run_ends_its_sources() -> None:
    """The picture stays, and a new run takes over."""
    model = model_of(*HEARD)
    assert {model.state(name) for name in model.sources} == {SourceState.ENDED}
    take(model, began(9, title="Again"))
    assert model.run.title == "Again"
    assert model.state(RUN) is SourceState.LIVE


def test_a_sourceless_word_is_ignored() -> None:
    """Only the sources that are listened to have a state."""
    model = model_of(SourceUp(at_us=at(0), source="\x1bmoon"))
    assert set(model.sources) == {LEDGER, BROKER, RUN}


def test_the_log_is_bounded() -> None:
    """The latest lines stay, with their numbers; the rest is counted."""
    log = Logbook()
    for number in range(2 * LINES_KEPT):
        log.write(at(0), "anna", str(number))
    assert LINES_KEPT <= len(log.lines) <= 1.1 * LINES_KEPT
    assert log.lines[-1].number == 2 * LINES_KEPT - 1
    assert log.evicted == 2 * LINES_KEPT - len(log.lines)
