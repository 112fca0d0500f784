"""Who speaks in the transcripts, what they agree on, and the records they sign."""

import msgspec

from ledger_core import Hold, KeyPair, parse_records, record_ids, settle, transfer
from negotiation import (
    Bill,
    BuyerDialogue,
    Cfp,
    Chunk,
    Element,
    ElementKind,
    Limits,
    Memory,
    Meter,
    Needs,
    Reading,
    Role,
    SellerDialogue,
    Service,
    SignVoucher,
    Tariff,
    Terms,
    Voucher,
    cost_at,
)

NOW_US = 1_800_000_000_000_000
"""When every transcript begins. [µs since the Unix epoch]"""

SPEED = 60
"""Story seconds in a real one."""

NETWORK = 7
BUYER = KeyPair.from_seed(b"B" * 32)
SELLER = KeyPair.from_seed(b"S" * 32)
STRANGER = KeyPair.from_seed(b"X" * 32)
DIALOGUE = bytes(range(16))
HOLD_ID = b"H" * 32
PARENTS = (b"\x01" * 32, b"\x02" * 32)

START_BY_US = NOW_US + 60_000_000
HOLD_UNTIL_US = NOW_US + 600_000_000

ENERGY = Tariff(elements=(Element(kind=ElementKind.ENERGY, price=400_000),))
"""400 base units for a Wh."""

LIMITS = Limits(power_w_max=12_000, energy_wh_max=10_000, time_s_max=20_000, amount_max=5_000_000)

TERMS = Terms(
    dialogue=DIALOGUE,
    service=Service.CHARGE,
    network=NETWORK,
    buyer=BUYER.public_key,
    seller=SELLER.public_key,
    place="outlet 1",
    tariff=ENERGY,
    limits=LIMITS,
    slice_amount=400_000,
    start_by_us=START_BY_US,
    hold_until_us=HOLD_UNTIL_US,
)
"""Ten kWh at most, a slice of one kWh."""

TOLL = msgspec.structs.replace(
    TERMS,
    service=Service.TOLL,
    place="gate 1",
    tariff=Tariff(elements=(Element(kind=ElementKind.FLAT, price=250_000),)),
    limits=Limits(amount_max=250_000),
    slice_amount=250_000,
)
"""One passage."""

NEEDS = Needs(energy_wh=10_000, power_w_max=11_000)
CALL = Cfp(service=Service.CHARGE, needs=NEEDS)
TOLL_CALL = Cfp(service=Service.TOLL, needs=Needs())

HOLD = Hold(
    id=HOLD_ID,
    payer=BUYER.public_key,
    payee=SELLER.public_key,
    amount=LIMITS.amount_max,
    ends_at=HOLD_UNTIL_US,
    digest=TERMS.digest(),
)
"""The hold that TERMS ask for."""


def buyer(service: Service = Service.CHARGE) -> BuyerDialogue:
    """Return a buyer that has said nothing yet."""
    dialogue = BuyerDialogue(BUYER, _memory(Role.BUYER, SELLER, service))
    dialogue.slack_s *= SPEED
    return dialogue


def seller(service: Service = Service.CHARGE) -> SellerDialogue:
    """Return a seller that has heard nothing yet."""
    return SellerDialogue(SELLER, _memory(Role.SELLER, BUYER, service))


def _memory(role: Role, partner: KeyPair, service: Service) -> Memory:
    return Memory(
        role=role, dialogue=DIALOGUE, partner=partner.public_key, service=service, network=NETWORK
    )


def reading(wh: int, s: int, **registers: int) -> Reading:
    """Return what the meter shows after `s` story seconds; it began with 50 kWh."""
    values = {"idle_s": 0, "reserved_s": 0, **registers}
    return Reading(at_us=NOW_US + s * 1_000_000 // SPEED, energy_wh=50_000 + wh, time_s=s, **values)


def chunks(*readings: Reading, terms: Terms = TERMS) -> tuple[Chunk, ...]:
    """Return the bill from the first reading over each of the others."""
    first = readings[0]
    costs = [0, *(cost_at(terms, first, each) for each in readings[1:])]
    return tuple(
        Chunk(start=start, end=end, cost=cost - before)
        for start, end, before, cost in zip(readings, readings[1:], costs, costs[1:], strict=False)
    )


def meter(*readings: Reading, index: int = 0, final: bool = False, terms: Terms = TERMS) -> Meter:
    """Return the message with the chunks from number `index` on, of the bill over `readings`."""
    bill = chunks(*readings, terms=terms)
    total = sum(chunk.cost for chunk in bill)
    return Meter(index=index, chunks=bill[index:], total=total, final=final)


def bill(*readings: Reading, terms: Terms = TERMS) -> Bill:
    """Return the bill over `readings`."""
    return Bill(chunks=chunks(*readings, terms=terms))


BILL = bill(reading(0, 0), *(reading(wh, s) for wh, s in ((0, 0), (500, 150), (1_000, 300))))
"""What most transcripts bill: 0, 200,000 and 400,000 base units after each of its chunks."""


def voucher(
    amount: int,
    number: int,
    key_pair: KeyPair = BUYER,
    *,
    over: Bill = BILL,
    **changes: object,
) -> bytes:
    """Return a signed SETTLE that pays `amount` for the chunks up to `number` of a bill."""
    fields: dict[str, object] = {
        "digest": over.until(number + 1).digest(),
        "network": NETWORK,
        "parents": PARENTS,
        "hold_id": HOLD_ID,
        "amount": amount,
        "number": number,
        "issued_at": NOW_US,
        "valid_for": 600,
    }
    return bytes(settle(key_pair, **{**fields, **changes}).tobytes())  # type: ignore[arg-type]


def pays(amount: int, number: int, demand_w: int = 0, *, over: Bill = BILL) -> Voucher:
    """Return the message with that voucher."""
    return Voucher(index=number, record=voucher(amount, number, over=over), demand_w=demand_w)


def asks_for(index: int, amount: int, *, over: Bill = BILL) -> SignVoucher:
    """Return the command to sign that voucher."""
    return SignVoucher(index=index, amount=amount, digest=over.until(index + 1).digest())


def toll_transfer(key_pair: KeyPair = BUYER, **changes: object) -> bytes:
    """Return a signed TRANSFER that pays the toll."""
    fields: dict[str, object] = {
        "network": NETWORK,
        "parents": PARENTS,
        "target": SELLER.public_key,
        "amount": TOLL.limits.amount_max,
        "sequence": 0,
        "issued_at": NOW_US,
        "valid_for": 60,
        "digest": TOLL.digest(),
    }
    return bytes(transfer(key_pair, **{**fields, **changes}).tobytes())  # type: ignore[arg-type]


def record_id(record: bytes) -> bytes:
    """Return the id of a signed record."""
    return bytes(record_ids(parse_records(record))[0])
