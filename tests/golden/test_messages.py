"""The wire format: a frame of every message, from fixed keys, byte for byte as committed.

A change here is a change of the protocol: other programs no longer understand ours, and digests of
terms that were signed no longer hold. `python -m tests.golden.test_messages` writes the file anew,
for a new version of the protocol.
"""

from pathlib import Path

import msgspec
import pytest

from negotiation import (
    VERSION,
    Accept,
    Bill,
    Body,
    Cancel,
    Cfp,
    Confirm,
    Counter,
    Element,
    ElementKind,
    Envelope,
    Failure,
    Limits,
    Needs,
    Performative,
    Propose,
    Receipt,
    Refuse,
    Reject,
    Service,
    Start,
    Stop,
    Tariff,
    Terms,
    seal,
    unseal,
)
from tests.transcripts.cast import (
    BUYER,
    DIALOGUE,
    NETWORK,
    NOW_US,
    SELLER,
    meter,
    pays,
    reading,
    toll_transfer,
)

GOLDEN = Path(__file__).with_name("messages.json")

TARIFF = Tariff(
    elements=tuple(
        Element(kind=kind, price=1_000 * number, step=number)
        for number, kind in enumerate(ElementKind, start=1)
    ),
    minimum=7,
    maximum=7_000_000,
)
TERMS = Terms(
    dialogue=DIALOGUE,
    service=Service.CHARGE,
    network=NETWORK,
    buyer=BUYER.public_key,
    seller=SELLER.public_key,
    place="Säule 1",
    tariff=TARIFF,
    limits=Limits(power_w_max=22_000, energy_wh_max=10_000, time_s_max=7_200, amount_max=5_000_000),
    slice_amount=400_000,
    start_by_us=NOW_US + 1,
    hold_until_us=NOW_US + 2,
)
"""Every field of terms and tariff, each different from its default."""

NEEDS = Needs(
    energy_wh=10_000, power_w_max=11_000, time_s=3_600, arrival_us=NOW_US, vehicle_class="truck"
)

METER = meter(reading(0, 0), reading(500, 150, idle_s=60, reserved_s=30), final=True)
BILL = Bill(chunks=METER.chunks)
"""A bill of one chunk, every register different."""

BODIES: list[Body] = [
    Cfp(service=Service.CHARGE, needs=NEEDS),
    Propose(terms=TERMS),
    Refuse(reason="all outlets are taken"),
    Counter(tariff=TARIFF),
    Accept(terms_digest=TERMS.digest()),
    Reject(reason="another offer is better"),
    Confirm(terms_digest=TERMS.digest()),
    Start(hold=b"H" * 32, transfer=toll_transfer(), demand_w=11_000),
    METER,
    pays(200_000, 0, demand_w=9_000, over=BILL),
    Stop(reason="the battery is full enough"),
    Receipt(transaction=b"T" * 32, position=9, amount=400_000),
    Cancel(reason="the plans have changed", hold=b"H" * 32),
    Failure(reason="the ledger refused the hold"),
]
"""One message of every kind, in the order of the performatives."""


class GoldenMessage(msgspec.Struct, frozen=True):
    """One entry of the file."""

    performative: str
    """Its name."""
    frame: str
    """The frame, hex."""


class GoldenFile(msgspec.Struct, frozen=True):
    """The whole file."""

    version: int
    """The protocol's version."""
    terms_digest: str
    """Digest of the terms in `propose`, hex."""
    bill_digest: str
    """Digest of the bill that `meter` brings, which a voucher over it carries, hex."""
    messages: list[GoldenMessage]
    """A frame of every message."""


def envelope(body: Body) -> Envelope:
    """Return the envelope in which a message is sent."""
    number = BODIES.index(body)
    return Envelope(
        dialogue=DIALOGUE,
        number=number,
        sender=BUYER.public_key,
        reply_by_us=NOW_US + number,
        body=body,
    )


def built() -> GoldenFile:
    """Build the file's content with today's code."""
    messages = [
        GoldenMessage(body.performative, seal(BUYER, envelope(body)).hex()) for body in BODIES
    ]
    return GoldenFile(VERSION, TERMS.digest().hex(), BILL.digest().hex(), messages)


def golden() -> GoldenFile:
    """Read the committed file."""
    return msgspec.json.decode(GOLDEN.read_bytes(), type=GoldenFile)


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_message_is_as_committed(number: int) -> None:
    """What is sealed today has the same bytes."""
    assert built().messages[number] == golden().messages[number]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_committed_message_is_read_back(number: int) -> None:
    """The committed bytes are well signed, and give back the message."""
    frame = bytes.fromhex(golden().messages[number].frame)
    assert unseal(frame) == envelope(BODIES[number])


def test_the_file_is_complete() -> None:
    """Every message stands there once, under today's version and with today's digests."""
    committed = golden()
    assert [each.performative for each in committed.messages] == [
        str(each) for each in Performative
    ]
    assert committed.version == VERSION
    assert committed.terms_digest == TERMS.digest().hex()
    assert committed.bill_digest == BILL.digest().hex()


if __name__ == "__main__":
    GOLDEN.write_bytes(msgspec.json.format(msgspec.json.encode(built()), indent=1) + b"\n")
