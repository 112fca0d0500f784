"""A partner may sign anything: whatever it says, in any state, nothing breaks and nothing leaks.

What it says is well-formed and signed, so it reaches the dialogue; the numbers in it are anything
that the wire can carry.
"""

from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation import (
    Accept,
    Body,
    Cancel,
    Cfp,
    Chunk,
    Confirm,
    Counter,
    Ended,
    Failure,
    IllegalMoveError,
    Meter,
    Needs,
    Propose,
    Reading,
    Receipt,
    Refuse,
    Reject,
    Release,
    Service,
    SignVoucher,
    Start,
    Stop,
    Submit,
    Terms,
    Voucher,
)
from tests.transcripts.cast import HOLD_ID, TERMS, meter, reading, voucher
from tests.transcripts.scenes import (
    BUYERS,
    SELLERS,
    final_seller,
    paying_toll_buyer,
    settled_seller,
)
from tests.transcripts.transcript import Hears, Play, Transcript

SCENES: list[Callable[[], Transcript]] = [
    *BUYERS.values(),
    *SELLERS.values(),
    final_seller,
    settled_seller,
    paying_toll_buyer,
]

wild = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**64 - 1))
text = st.text(max_size=300)
digests = st.sampled_from([TERMS.digest(), bytes(32), b"", b"x"])
holds = st.sampled_from([HOLD_ID, bytes(32), b""])
readings = st.one_of(
    st.sampled_from([reading(0, 0), reading(500, 150), reading(1_000, 300)]),
    st.builds(Reading, at_us=wild, energy_wh=wild, time_s=wild, idle_s=wild, reserved_s=wild),
)
chunks = st.builds(Chunk, start=readings, end=readings, cost=wild)
offers = st.builds(
    lambda **changes: msgspec.structs.replace(TERMS, **changes),
    network=st.sampled_from([TERMS.network, 0]),
    service=st.sampled_from([Service.CHARGE, Service.CHARGE, Service.PARK]),
    start_by_us=st.sampled_from([0, TERMS.start_by_us]),
    hold_until_us=st.sampled_from([TERMS.hold_until_us, 2**63]),
)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Cfp, service=st.sampled_from(Service), needs=st.builds(Needs, energy_wh=wild)),
    st.builds(Propose, terms=offers),
    st.builds(Refuse, reason=text),
    st.builds(Counter, tariff=st.just(TERMS.tariff)),
    st.builds(Accept, terms_digest=digests),
    st.builds(Reject, reason=text),
    st.builds(Confirm, terms_digest=digests),
    st.builds(Start, hold=holds, demand_w=wild),
    st.builds(Start, transfer=st.just(voucher(0, 0))),
    st.builds(
        Meter,
        index=wild,
        chunks=st.lists(chunks, max_size=3).map(tuple),
        total=wild,
        final=st.booleans(),
    ),
    st.just(meter(reading(0, 0), reading(0, 0))),
    st.builds(Voucher, index=wild, record=st.binary(max_size=300), demand_w=wild),
    st.builds(Voucher, index=wild, record=st.sampled_from([voucher(0, 0), voucher(0, 1)])),
    st.builds(Stop, reason=text),
    st.builds(Receipt, transaction=digests, position=wild, amount=wild),
    st.builds(Cancel, reason=text, hold=holds),
    st.builds(Failure, reason=text),
)


@settings(max_examples=300)
@given(make=st.sampled_from(SCENES), said=st.lists(bodies, min_size=1, max_size=4))
def test_a_partner_can_say_anything(make: Callable[[], Transcript], said: list[Body]) -> None:
    """Only an illegal move leaves, and then nothing has changed; money moves as it should."""
    play = make().play
    for body in said:
        before = play.dialogue.memory.encode()
        try:
            commands = Hears(body).happen(play)
        except IllegalMoveError:
            assert play.dialogue.memory.encode() == before
            continue
        is_release = any(isinstance(command, Release) for command in commands)
        assert not is_release, "nothing is released before its hold was seen to be ours"
        assert sum(isinstance(command, Ended) for command in commands) <= 1
        for command in commands:
            _check_money(command, play)
        assert play.dialogue.memory.reason.isprintable()
        type(play.dialogue.memory).decode(play.dialogue.memory.encode())


def _check_money(command: object, play: Play) -> None:
    memory = play.dialogue.memory
    match command:
        case SignVoucher(amount=amount, digest=digest):
            assert amount == memory.bill.total <= TERMS.limits.amount_max
            assert digest == memory.bill.digest()
        case Submit(record=record):
            assert record == (memory.voucher if memory.service.on_hold else memory.transfer)


@given(terms=st.fixed_dictionaries({"slice_amount": wild, "start_by_us": wild, "place": text}))
def test_terms_are_checked_when_they_are_made(terms: dict[str, object]) -> None:
    """Terms that make no sense can not be made, so they can not be agreed on."""
    told = msgspec.to_builtins(TERMS, builtin_types=(bytes,))
    try:
        made = msgspec.convert({**told, **terms}, Terms)
    except msgspec.ValidationError:
        return
    assert 0 < made.slice_amount <= made.limits.amount_max
    assert 0 <= made.start_by_us <= made.hold_until_us
    assert 0 < len(made.place) <= 64
