"""Whether a source still speaks, by the age of its last word."""

import pytest

from dashboard.model import Source, SourceState
from dashboard.model.sources import LOST_AFTER_S, QUIET_AFTER_S, STALE_AFTER_S
from tests.unit.dashboard.heard import at


def heard(*, news: float | None = 0, beat: float = 0) -> Source:
    """Return a source that was heard at these seconds."""
    source = Source(name="ledger")
    if news is not None:
        source.hear(at(news), is_news=True)
    source.hear(at(beat), is_news=False)
    return source


def test_nothing_was_heard() -> None:
    """A source that has never spoken is waited for, however long that takes."""
    source = Source(name="ledger")
    assert source.state(at(0)) is SourceState.WAIT
    assert source.state(at(900)) is SourceState.WAIT
    assert source.age_s(at(900)) == 0


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0, SourceState.LIVE),
        (STALE_AFTER_S, SourceState.LIVE),
        (STALE_AFTER_S + 0.1, SourceState.STALE),
        (LOST_AFTER_S, SourceState.STALE),
        (LOST_AFTER_S + 0.1, SourceState.LOST),
    ],
)
def test_silence_is_told_by_its_age(age_s: float, state: SourceState) -> None:
    """Live, then stale, then lost, at exactly the times that are promised."""
    assert heard().state(at(age_s)) is state


def test_quiet_is_not_lost() -> None:
    """With heartbeats and nothing else a source is quiet; the first news makes it live."""
    source = heard(news=0, beat=QUIET_AFTER_S + 1)
    assert source.state(at(QUIET_AFTER_S + 1)) is SourceState.QUIET
    assert source.quiet_s(at(QUIET_AFTER_S + 1)) == QUIET_AFTER_S + 1
    source.hear(at(QUIET_AFTER_S + 2), is_news=True)
    assert source.state(at(QUIET_AFTER_S + 2)) is SourceState.LIVE


def test_a_broken_connection_is_lost_at_once() -> None:
    """Nobody waits for an age where the connection is known to be broken; a word mends it."""
    source = heard()
    source.lose(at(0.1), "refused")
    source.lose(at(1.1), "refused again")
    assert source.state(at(0.2)) is SourceState.LOST
    assert (source.lost_us, source.attempts, source.reason) == (at(0.1), 2, "refused again")
    source.hear(at(2), is_news=False)
    assert source.state(at(2)) is SourceState.LIVE
    assert (source.lost_us, source.attempts, source.reason) == (0, 0, "")


def test_what_is_over_or_read_from_a_file_has_no_age() -> None:
    """The end of a run and a replay are states of their own."""
    source = heard()
    source.ended = True
    assert source.state(at(99)) is SourceState.ENDED
    source.replayed = True
    assert source.state(at(99)) is SourceState.REPLAY
