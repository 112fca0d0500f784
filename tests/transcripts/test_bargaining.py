"""From the call to the promise: offers, counter-offers, refusals, and time that runs out."""

import msgspec
import pytest

from negotiation import (
    COUNTERS_MAX,
    Accept,
    Cancel,
    Cfp,
    Confirm,
    Confirmed,
    Counter,
    Element,
    ElementKind,
    Ended,
    IllegalMoveError,
    Needs,
    Offered,
    Propose,
    Quote,
    Refuse,
    Reject,
    Reserve,
    Service,
    State,
    Tariff,
    Terms,
)
from tests.transcripts.cast import CALL, STRANGER, TERMS, seller
from tests.transcripts.scenes import (
    accepted_buyer,
    accepted_seller,
    called_buyer,
    called_seller,
    confirmed_seller,
    offered_buyer,
    offered_seller,
)
from tests.transcripts.transcript import (
    Does,
    Fails,
    Hears,
    HearsAgain,
    Repeats,
    Says,
    Transcript,
    Waits,
)

CHEAPER = Tariff(elements=(Element(kind=ElementKind.ENERGY, price=300_000),))
NEW_TERMS = msgspec.structs.replace(TERMS, tariff=CHEAPER)


def changed(**changes: object) -> Terms:
    """Return the terms with something else in them."""
    return msgspec.structs.replace(TERMS, **changes)


def test_a_refusal_ends_the_dialogue() -> None:
    """A seller without an offer says why, and both sides end."""
    assert (
        called_seller()
        >> Does("declined", "all outlets are taken")
        << Says(Refuse(reason="all outlets are taken"))
        << Ended(reason="all outlets are taken")
        << State.REFUSED
    )
    assert (
        called_buyer()
        >> Hears(Refuse(reason="all outlets are taken"))
        << Ended(reason="all outlets are taken")
        << State.REFUSED
    )


def test_a_rejection_ends_the_dialogue() -> None:
    """A buyer with a better offer says so, and both sides end."""
    assert (
        offered_buyer()
        >> Does("reject", "another offer is better")
        << Says(Reject(reason="another offer is better"))
        << Ended(reason="another offer is better")
        << State.REJECTED
    )
    assert (
        offered_seller()
        >> Hears(Reject(reason="another offer is better"))
        << Ended(reason="another offer is better")
        << State.REJECTED
    )


def test_a_counter_offer_is_taken() -> None:
    """The seller comes down, and the new terms are what is accepted, confirmed and signed."""
    assert (
        offered_buyer()
        >> Does("counter", CHEAPER)
        << Says(Counter(tariff=CHEAPER))
        << State.COUNTERED
        >> Hears(Propose(terms=NEW_TERMS))
        << Offered(terms=NEW_TERMS)
        >> Does("accept")
        << Says(Accept(terms_digest=NEW_TERMS.digest()))
        >> Hears(Confirm(terms_digest=NEW_TERMS.digest()))
        << Confirmed(terms=NEW_TERMS)
    )
    assert (
        offered_seller()
        >> Hears(Counter(tariff=CHEAPER))
        << Quote(call=CALL, counter=Counter(tariff=CHEAPER))
        << State.COUNTERED
        >> Does("quoted", NEW_TERMS)
        << Says(Propose(terms=NEW_TERMS))
        >> Hears(Accept(terms_digest=NEW_TERMS.digest()))
        << Reserve(terms=NEW_TERMS)
    )


def test_a_counter_offer_is_refused() -> None:
    """A seller that can not come down ends the dialogue; the old offer is gone."""
    assert (
        offered_seller()
        >> Hears(Counter(tariff=CHEAPER))
        << Quote
        >> Does("declined", "that is below the floor")
        << Says(Refuse(reason="that is below the floor"))
        << Ended
        << State.REFUSED
    )


def test_bargaining_has_an_end() -> None:
    """After the last counter-offer a buyer may not make another, and a seller refuses one."""
    buying, selling = offered_buyer(), offered_seller()
    for _ in range(COUNTERS_MAX):
        buying = (buying >> Does("counter", CHEAPER) >> Hears(Propose(terms=TERMS))).played()
        selling = (selling >> Hears(Counter(tariff=CHEAPER)) >> Does("quoted", TERMS)).played()
    assert buying >> Does("counter", CHEAPER) << Fails(IllegalMoveError, "at most 5")
    assert (
        selling
        >> Hears(Counter(tariff=CHEAPER))
        << Says(Refuse(reason="there were 5 counter-offers already"))
        << Ended
        << State.REFUSED
    )


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (changed(dialogue=bytes(16)), "another dialogue or service"),
        (changed(service=Service.PARK), "another dialogue or service"),
        (changed(buyer=STRANGER.public_key), "other parties"),
        (changed(seller=STRANGER.public_key), "other parties"),
        (changed(network=8), "another ledger network"),
        (changed(hold_until_us=TERMS.hold_until_us + 7 * 86_400_000_000), "more than 7 days"),
    ],
)
def test_an_offer_to_somebody_else_is_never_shown(terms: Terms, words: str) -> None:
    """An offer that is not for this buyer, seller, service or network is rejected at once."""
    transcript = called_buyer() >> Hears(Propose(terms=terms)) << Says(Reject) << Ended
    assert transcript << State.REJECTED
    assert words in transcript.memory.reason
    assert transcript.memory.terms is None


def test_other_terms_are_not_confirmed() -> None:
    """Each side cancels when the other names the digest of other terms."""
    assert (
        offered_seller()
        >> Hears(Accept(terms_digest=bytes(32)))
        << Says(Cancel(reason="the accepted terms are not the offered ones"))
        << Ended
        << State.CANCELLED
    )
    assert (
        accepted_buyer()
        >> Hears(Confirm(terms_digest=bytes(32)))
        << Says(Cancel(reason="the confirmed terms are not the accepted ones"))
        << Ended
        << State.CANCELLED
    )


def test_a_place_that_has_just_gone_is_not_promised() -> None:
    """A seller that can not keep the place after all cancels, and both sides end."""
    assert (
        accepted_seller()
        >> Does("declined", "the outlet has just been taken")
        << Says(Cancel(reason="the outlet has just been taken"))
        << Ended
        << State.CANCELLED
    )
    assert (
        accepted_buyer()
        >> Hears(Cancel(reason="the outlet has just been taken"))
        << Ended(reason="the outlet has just been taken")
        << State.CANCELLED
    )


def test_a_call_without_an_answer_expires() -> None:
    """A buyer repeats its call every half second, and gives up after ten seconds."""
    transcript = called_buyer()
    for _ in range(19):
        assert transcript >> Waits(0.5) << Repeats(Cfp) << State.CALLED
    assert transcript >> Waits(0.5) << Ended(reason="no answer came in time") << State.EXPIRED


@pytest.mark.parametrize(
    "scene",
    [
        offered_buyer(),
        called_seller(),
        offered_seller(),
        (offered_buyer() >> Does("counter", CHEAPER)).played(),
        (offered_seller() >> Hears(Counter(tariff=CHEAPER))).played(),
    ],
)
def test_a_bargain_left_alone_expires(scene: Transcript) -> None:
    """Wherever a bargain stands, ten seconds of silence end it, and nothing was at stake."""
    scene = (scene >> Waits(9.9)).played()
    assert not scene.memory.ended
    assert scene >> Waits(0.1) << Ended << State.EXPIRED


def test_an_offer_counts_as_long_as_it_says() -> None:
    """A buyer does not take an offer that the seller no longer waits for."""
    assert (
        called_buyer()
        >> Hears(Propose(terms=TERMS), reply_s=3)
        << Offered
        >> Waits(3)
        << Ended
        << State.EXPIRED
    )


def test_a_promise_that_does_not_come_is_cancelled() -> None:
    """A buyer withdraws when no confirmation comes; a seller when its place can not be kept."""
    assert (
        accepted_buyer()
        >> Waits(10)
        << Says(Cancel(reason="the seller did not confirm in time"))
        << Ended
        << State.CANCELLED
    )
    assert (
        accepted_seller()
        >> Waits(10)
        << Says(Cancel(reason="the place could not be kept in time"))
        << Ended
        << State.CANCELLED
    )


def test_a_buyer_that_never_comes_is_a_no_show() -> None:
    """The place is kept a little longer than promised, then it is free and the buyer is told."""
    transcript = (
        confirmed_seller()
        >> Waits(69.9)
        << State.CONFIRMED
        >> Waits(0.1)
        << Says(Cancel(reason="the buyer did not come in time"))
        << Ended(reason="the buyer did not come in time")
        << State.NO_SHOW
    )
    assert transcript


def test_a_call_from_the_past_opens_nothing() -> None:
    """A call that nobody waits for any more ends the seller's dialogue at once."""
    assert Transcript(seller()) >> Hears(CALL, age_s=11) << Ended << State.EXPIRED


def test_a_repeated_call_gets_the_same_offer() -> None:
    """A call that comes again is answered by the very same frame; before an offer, by nothing."""
    assert (
        called_seller()
        >> HearsAgain()
        >> Does("quoted", TERMS)
        << Says(Propose(terms=TERMS))
        >> HearsAgain()
        << Repeats(Propose)
        << State.OFFERED
    )


def test_needs_travel_unchanged() -> None:
    """What the call says is what the policy is asked about."""
    call = Cfp(service=Service.CHARGE, needs=Needs(energy_wh=5, vehicle_class="truck"))
    transcript = Transcript(seller()) >> Hears(call) << Quote(call=call)
    assert transcript
    assert transcript.memory.call == call
