"""The transcript itself: it passes what is true, and shows a diff of what is not."""

import pytest

from negotiation import (
    Accept,
    Cfp,
    Command,
    Ended,
    IllegalMoveError,
    ImplausibleError,
    Offered,
    Propose,
    Reject,
    State,
)
from tests.transcripts.cast import CALL, NEEDS, TERMS, buyer
from tests.transcripts.scenes import called_buyer, delivering_buyer, offered_buyer
from tests.transcripts.transcript import (
    Crashes,
    Does,
    Fails,
    Hears,
    HearsAgain,
    Play,
    Repeats,
    Says,
    Transcript,
    Waits,
)


def test_what_is_true_passes() -> None:
    """Values, classes, states, repeats and errors are all recognised."""
    assert (
        Transcript(buyer())
        >> Does("call", NEEDS)
        << State.CALLED
        << Says(CALL)
        << State.CALLED
        >> Waits(0.5)
        << Repeats(Cfp)
        >> Does("accept")
        << Fails(IllegalMoveError, "has no terms yet")
        << State.CALLED
        >> Hears(Propose(terms=TERMS))
        << Offered
        >> Crashes()
        << Says(Reject)
        << Ended
        << State.REJECTED
    )


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        (offered_buyer() >> Does("accept"), "+ << Says(Accept("),
        (
            offered_buyer() >> Does("accept") << Says(Accept) << Repeats(Accept),
            "- << Repeats(Accept)",
        ),
        (offered_buyer() >> Does("accept") << Repeats(Accept), "+ << Says(Accept("),
        (offered_buyer() >> Does("accept") << Says(Reject), "- << Says(Reject)"),
        (
            offered_buyer() >> Does("accept") << Says(Accept(terms_digest=b"?" * 32)),
            "- << Says(Accept(terms_digest=3f3f3f3f…))",
        ),
        (offered_buyer() >> Does("accept") << Says(Accept) << State.OFFERED, "+ << is accepted"),
        (offered_buyer() >> Does("accept") << Fails(IllegalMoveError), "- << Fails("),
        (called_buyer() >> Does("accept"), "+ << Fails(error=<class"),
        (called_buyer() >> Does("accept") << Fails(ImplausibleError), "- << Fails("),
        (called_buyer() >> Does("accept") << Fails(IllegalMoveError, "lunch"), "words='lunch'"),
        (called_buyer() >> Waits(0.1) << Repeats(Cfp), "- << Repeats(Cfp)"),
    ],
)
def test_what_is_not_true_is_shown(wrong: Transcript, shown: str) -> None:
    """A mismatch is an AssertionError with both transcripts as a diff."""
    with pytest.raises(AssertionError, match="the transcript differs") as caught:
        bool(wrong)
    assert shown in str(caught.value)


def test_a_difference_in_hidden_bytes_is_found() -> None:
    """Values that look alike when shortened are not taken for equal."""
    digest = TERMS.digest()[:8] + bytes(24)
    wrong = offered_buyer() >> Does("accept") << Says(Accept(terms_digest=digest))
    with pytest.raises(AssertionError, match="differs:"):
        bool(wrong)


def test_a_refused_move_must_change_nothing() -> None:
    """A method that changes the memory and then refuses is found."""

    class Careless:
        def happen(self, play: Play) -> list[Command]:
            scene.memory.reason = "oops"
            raise IllegalMoveError("no")

    scene = called_buyer()
    wrong = scene >> Careless() << Fails(IllegalMoveError)
    with pytest.raises(AssertionError, match="has changed the memory"):
        bool(wrong)


def test_a_scene_must_be_possible() -> None:
    """A scene that tells of an illegal move is found where it is made."""
    with pytest.raises(AssertionError, match="expects nor allows"):
        (delivering_buyer() >> Does("accept")).played()


def test_it_begins_with_what_happens() -> None:
    """Nothing can follow before something has happened."""
    with pytest.raises(AssertionError, match="begins with what happens"):
        called_buyer() << State.CALLED


def test_hearing_again_is_the_same_envelope() -> None:
    """A repeated message carries its old number, so it changes nothing."""
    scene = delivering_buyer()
    before = scene.memory.encode()
    assert scene >> HearsAgain(back=2)
    assert scene.memory.encode() == before
