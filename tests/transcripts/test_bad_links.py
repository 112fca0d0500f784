"""Messages that come twice, late, in the wrong order, from strangers, or not at all."""

from collections.abc import Callable

import msgspec
import pytest

from ledger_core import KeyPair
from negotiation import (
    Cancel,
    Confirm,
    Deliver,
    EndDelivery,
    Envelope,
    ForeignVersionError,
    FrameError,
    IllegalMoveError,
    LookUpHold,
    Meter,
    Propose,
    Receipt,
    Refuse,
    Start,
    State,
    Stop,
    seal,
    unseal,
)
from tests.transcripts.cast import (
    BUYER,
    CALL,
    DIALOGUE,
    HOLD,
    HOLD_ID,
    NOW_US,
    SELLER,
    STRANGER,
    TERMS,
    asks_for,
    meter,
    pays,
)
from tests.transcripts.scenes import (
    BUYERS,
    SELLERS,
    A,
    B,
    C,
    accepted_seller,
    called_buyer,
    called_seller,
    confirmed_seller,
    delivering_buyer,
    delivering_seller,
    offered_seller,
    settled_seller,
    started_seller,
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

ALL = [*BUYERS.values(), *SELLERS.values(), settled_seller]


@pytest.mark.parametrize("make", ALL)
def test_a_stranger_is_not_heard(make: Callable[[], Transcript]) -> None:
    """A message of somebody else, or of another dialogue, changes nothing in any state."""
    scene = make()
    for changes in ({"sender": STRANGER.public_key}, {"dialogue": bytes(16)}):
        message = Hears(Cancel(reason="go away"), changes=changes)
        assert scene >> message << Fails(IllegalMoveError, "somebody else's dialogue")


@pytest.mark.parametrize("make", [*BUYERS.values(), *SELLERS.values()])
def test_a_late_message_is_not_heard(make: Callable[[], Transcript]) -> None:
    """A message that arrives after its time changes nothing in any state."""
    scene = make()
    late = Hears(Stop(reason="long ago"), age_s=11)
    assert scene >> late << Fails(IllegalMoveError, "the stop came after its time")


@pytest.mark.parametrize("make", [make for make in ALL if make is not called_buyer])
def test_what_was_heard_before_changes_nothing(make: Callable[[], Transcript]) -> None:
    """Any old message that comes again leaves the memory as it is, whatever is answered."""
    scene = make()
    before = scene.memory.encode()
    (scene >> HearsAgain() >> HearsAgain()).played()
    assert scene.memory.encode() == before


@pytest.mark.parametrize("version", [0, 2, 2**63])
def test_a_foreign_version_is_dropped(version: int) -> None:
    """A newer or older protocol is recognised by its number alone, whatever else it says."""
    payload = msgspec.msgpack.encode({"version": version, "greeting": "hello"})
    frame = BUYER.sign(payload) + payload
    with pytest.raises(ForeignVersionError, match=f"speaks version {version}, not 1"):
        unseal(frame)


def test_a_forged_frame_is_dropped() -> None:
    """A frame that another key has signed is no message of its sender."""
    frame = seal(BUYER, _envelope(BUYER))
    forged = STRANGER.sign(frame[64:]) + frame[64:]
    assert unseal(frame).sender == BUYER.public_key
    with pytest.raises(FrameError, match="not signed by its sender"):
        unseal(forged)


def test_an_unknown_field_is_ignored() -> None:
    """A newer partner may say more than we understand."""
    told = msgspec.to_builtins(_envelope(SELLER), builtin_types=(bytes,))
    told["mood"] = "sunny"
    told["body"]["mood"] = "sunny"
    payload = msgspec.msgpack.encode(told)
    assert unseal(SELLER.sign(payload) + payload) == _envelope(SELLER)


def test_an_unknown_term_is_refused() -> None:
    """Nobody signs terms of which it understands only a part."""
    envelope = msgspec.structs.replace(_envelope(SELLER), body=Propose(terms=TERMS))
    told = msgspec.to_builtins(envelope, builtin_types=(bytes,))
    told["body"]["terms"]["surcharge"] = 1
    payload = msgspec.msgpack.encode(told)
    with pytest.raises(FrameError, match="unknown field `surcharge`"):
        unseal(SELLER.sign(payload) + payload)


def _envelope(key_pair: KeyPair) -> Envelope:
    return Envelope(
        dialogue=DIALOGUE,
        number=0,
        sender=key_pair.public_key,
        reply_by_us=NOW_US,
        body=Refuse(reason="full"),
    )


def test_every_question_is_answered_again() -> None:
    """A lost answer comes again with the question; the seller does nothing twice."""
    assert offered_seller() >> HearsAgain() << Repeats(Propose)
    assert confirmed_seller() >> HearsAgain() << Repeats(Confirm)
    assert accepted_seller() >> HearsAgain() << State.ACCEPTED
    assert started_seller() >> HearsAgain() << State.STARTED
    assert (
        (started_seller() >> Does("hold_seen", HOLD) >> Does("metered", A)).played()
        >> HearsAgain()
        << Repeats(Meter)
    )


def test_an_older_question_is_not_answered_again() -> None:
    """What came before the latest message has been answered by all that followed."""
    assert confirmed_seller() >> HearsAgain(back=2) << State.CONFIRMED
    assert delivering_seller() >> HearsAgain(back=2) << State.DELIVERING


def test_an_ended_dialogue_repeats_its_last_word() -> None:
    """Whoever has missed the end hears it again; what needs no answer gets none."""
    assert (
        settled_seller()
        >> Hears(Stop(reason="are you there?"))
        << Repeats(Receipt)
        >> Hears(pays(200_000, 1))
        >> Waits(60)
        << State.SETTLED
    )


def test_two_ended_dialogues_are_silent() -> None:
    """A closing word is never answered by another one, so nobody talks for ever."""
    refused = (called_seller() >> Does("declined", "full")).played()
    assert refused >> HearsAgain() << Repeats(Refuse)
    assert refused >> Hears(Cancel(reason="never mind")) << State.REFUSED
    missed = (confirmed_seller() >> Waits(70)).played()
    assert missed >> Hears(Cancel(reason="late", hold=HOLD_ID)) << State.NO_SHOW
    assert missed >> Hears(Start(hold=HOLD_ID)) << Repeats(Cancel)
    expired = (offered_seller() >> Waits(10)).played()
    assert expired >> Hears(CALL) << State.EXPIRED


def test_messages_that_overtake_each_other() -> None:
    """A newer message makes an older one superfluous: what it brought comes with the next."""
    assert (
        (delivering_seller() >> Does("metered", B)).played()
        >> Hears(Stop(reason="enough"), number=4)
        << EndDelivery()
        >> Hears(pays(200_000, 1), number=3)
        >> Does("metered", C, final=True)
        << Says(meter(A, A, B, C, index=1, final=True))
    )
    assert (
        (delivering_buyer() >> Waits(3)).played()
        >> Hears(meter(A, A, B, C, index=1, final=True), number=5)
        << asks_for(2, 400_000)
        >> Hears(Stop(reason="the site closes"), number=4)
        >> Hears(meter(A, A, B, index=1), number=3)
        << State.STOPPING
    )


def test_a_missed_message_leaves_a_gap() -> None:
    """Numbers that were lost on the way are not waited for."""
    assert (
        confirmed_seller()
        >> Hears(Start(hold=HOLD_ID), number=9)
        << LookUpHold(hold=HOLD_ID)
        >> Does("hold_seen", HOLD)
        << Deliver
    )


def test_a_message_out_of_place_is_not_remembered() -> None:
    """A message that the state does not allow yet is heard when it comes again in time."""
    stop = Hears(Stop(reason="enough"), number=3)
    assert (
        started_seller()
        >> stop
        << Fails(IllegalMoveError, "hears stop")
        >> Does("hold_seen", HOLD)
        << Deliver
        >> stop
        << EndDelivery()
        << State.STOPPING
    )
    assert called_buyer() >> Hears(Confirm(terms_digest=bytes(32))) << Fails(IllegalMoveError)
