"""What watchers are told of messages: the meaning of each, and nothing that is worth anything."""

import msgspec
import pytest

from agent_runtime.telemetry import Telemetry
from agent_runtime.tellings import Tellings, meaning
from agent_runtime.topics import MANNERS, TopicKind
from ledger_core import KeyPair, settle, transfer
from negotiation import (
    Accept,
    Cancel,
    Cfp,
    Chunk,
    Counter,
    Envelope,
    Limits,
    Memory,
    Message,
    Meter,
    Needs,
    Propose,
    Reading,
    Receipt,
    Refuse,
    Role,
    Service,
    Start,
    Terms,
    Voucher,
)
from tests.market.shops import tariff

PAYER = KeyPair.from_seed(bytes(32))
PARENTS = (bytes([1]) * 32, bytes([2]) * 32)
HOLD = bytes([7]) * 32
SETTLE = settle(
    PAYER,
    network=1,
    hold_id=HOLD,
    amount=345_000,
    number=3,
    parents=PARENTS,
    issued_at=5,
    valid_for=9,
).tobytes()
TRANSFER = transfer(
    PAYER, network=1, target=HOLD, amount=5, sequence=0, parents=PARENTS, issued_at=5, valid_for=9
).tobytes()
TERMS = Terms(
    dialogue=bytes(16),
    service=Service.CHARGE,
    network=1,
    buyer=bytes(32),
    seller=bytes(32),
    place="left",
    tariff=tariff(energy=400_000),
    limits=Limits(amount_max=1_000, energy_wh_max=900),
    slice_amount=200,
    start_by_us=0,
    hold_until_us=0,
)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            Cfp(service=Service.CHARGE, needs=Needs(energy_wh=8_000)),
            {"service": "charge", "energy_wh": 8_000},
        ),
        (
            Propose(terms=TERMS),
            {"place": "left", "prices": {"energy": 400_000}, "amount_max": 1_000},
        ),
        (Counter(tariff=tariff(energy=350_000)), {"prices": {"energy": 350_000}}),
        (Accept(terms_digest=TERMS.digest()), {"terms": TERMS.digest().hex()}),
        (Refuse(reason="all taken"), {"reason": "all taken"}),
        (Cancel(reason="flat tyre", hold=HOLD), {"reason": "flat tyre"}),
        (Start(transfer=TRANSFER, demand_w=7), {"hold": "", "demand_w": 7}),
        (
            Meter(
                index=4,
                chunks=(Chunk(start=Reading(at_us=1), end=Reading(at_us=2, energy_wh=9), cost=3),),
                total=30,
            ),
            {"index": 4, "total": 30, "energy_wh": 9},
        ),
        (Voucher(index=4, record=SETTLE), {"index": 4, "amount": 345_000, "voucher": 3}),
        (Voucher(index=4, record=b"no record"), {"index": 4}),
        (Receipt(transaction=HOLD, position=9, amount=30), {"position": 9, "amount": 30}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_meaning_is_told(body: Message, told: dict[str, object]) -> None:
    """Each message says what a person wants to know of it, in JSON that fits on the topic."""
    meant = msgspec.json.decode(msgspec.json.encode(meaning(body)))
    assert {key: meant[key] for key in told} == told
    assert len(msgspec.json.encode(meant)) < MANNERS[TopicKind.TELEMETRY].payload_size_max / 2


@pytest.mark.parametrize("body", [Voucher(index=4, record=SETTLE), Start(transfer=TRANSFER)])
def test_no_money_is_told(body: Message) -> None:
    """Neither a signed record nor its signature leaves the agent for a watcher."""
    said = msgspec.json.encode(meaning(body)).decode()
    for record in (SETTLE, TRANSFER):
        assert record.hex() not in said
        assert record[192:].hex() not in said


class _Voice(Telemetry):
    """A voice that remembers what it was to tell."""

    def __init__(self, *, tells_messages: bool) -> None:
        self.tells_messages = tells_messages
        self.told: list[tuple[str, object]] = []

    def publish(self, kind: str, /, **fields: object) -> None:
        self.told.append((kind, fields["performative"]))


@pytest.mark.parametrize(("wanted", "told"), [(True, [("said", "refuse")]), (False, [])])
def test_nothing_is_put_together_for_nobody(wanted: bool, told: list[tuple[str, object]]) -> None:
    """A message is always kept as evidence; it is told once, and only where somebody may listen."""
    voice = _Voice(tells_messages=wanted)
    memory = Memory(
        dialogue=bytes(16),
        role=Role.SELLER,
        service=Service.CHARGE,
        network=1,
        partner=bytes([1]) * 32,
    )
    tellings = Tellings(memory, voice)
    envelope = Envelope(
        dialogue=bytes(16), number=2, sender=bytes(32), reply_by_us=0, body=Refuse(reason="taken")
    )
    kept = tellings.message("heard", envelope, b"frame")
    assert (kept.way, kept.number, kept.frame) == ("heard", 2, b"frame")
    assert voice.told == []
    tellings.tell()
    tellings.tell()
    assert voice.told == told
