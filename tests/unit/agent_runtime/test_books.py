"""What a dialogue's memory says, as people and auditors read it."""

import msgspec
import pytest

from agent_runtime.books import QUANTITY_MAX, Books, billed, quantity
from agent_runtime.journal import Entry
from ledger_core import KeyPair, settle
from negotiation import Bill, Chunk, Limits, Memory, Needs, Reading, Service, State, Terms
from tests.market.dialogues import memory_of
from tests.market.shops import tariff

FIRST = Reading(at_us=1)
SECOND = Reading(at_us=2, energy_wh=500, time_s=60, idle_s=5)
THIRD = Reading(at_us=3, energy_wh=900, time_s=100, idle_s=10)
BILL = Bill(
    chunks=(Chunk(start=FIRST, end=SECOND, cost=200), Chunk(start=SECOND, end=THIRD, cost=160))
)


def delivering(service: Service = Service.CHARGE) -> Memory:
    """Return a memory with two chunks, of which one is vouched for."""
    memory = memory_of(service, Needs())
    memory.state, memory.bill, memory.vouched = State.DELIVERING, BILL, 1
    memory.terms = Terms(
        dialogue=memory.dialogue,
        service=service,
        network=memory.network,
        buyer=memory.partner,
        seller=bytes(32),
        place="left",
        tariff=tariff(energy=400),
        limits=Limits(amount_max=1_000, energy_wh_max=900),
        slice_amount=200,
        start_by_us=0,
        hold_until_us=0,
    )
    return memory


@pytest.mark.parametrize(
    ("service", "unit", "delivered"),
    [(Service.CHARGE, "Wh", 900), (Service.PARK, "s", 110), (Service.TOLL, "passage", 0)],
)
def test_each_service_counts_in_its_unit(service: Service, unit: str, delivered: int) -> None:
    """Energy, time with overstay, or passages; a passage is one when it is paid."""
    memory = delivering(service)
    entry = Books(opened_at_us=1).entry(memory, 2)
    assert (entry.unit, entry.quantity) == (unit, delivered)
    memory.paid = 1
    assert quantity(memory) == (delivered or 1)


def test_the_bill_is_in_the_end_what_both_have_agreed_on() -> None:
    """While it runs, all chunks count; in the end those that a voucher covers."""
    memory = delivering()
    assert billed(memory) == 360
    memory.state = State.SETTLED
    assert billed(memory) == 200


@pytest.mark.parametrize(("paid", "amount"), [(0, 0), (1_000, 1_000)])
def test_a_toll_is_billed_when_it_is_paid(paid: int, amount: int) -> None:
    """An unpaid passage is refused, not owed."""
    memory = delivering(Service.TOLL)
    memory.state, memory.paid = State.SETTLED, paid
    assert billed(memory) == amount


@pytest.mark.parametrize(
    ("state", "is_agreed"),
    [
        (State.OFFERED, False),
        (State.REJECTED, False),
        (State.EXPIRED, False),
        (State.ACCEPTED, True),
        (State.CANCELLED, True),
        (State.SETTLED, True),
    ],
)
def test_an_offer_is_no_agreement(state: State, is_agreed: bool) -> None:
    """The terms stand in the books when both have signed them."""
    memory = delivering()
    memory.state = state
    agreed = Books(opened_at_us=1).entry(memory, 2).agreed
    assert bool(agreed) is is_agreed
    assert not agreed or (agreed["place"], agreed["slice_amount"]) == ("left", 200)


def test_an_entry_is_ready_for_the_journal() -> None:
    """Whatever a partner has said, it fits into the tables."""
    memory = delivering()
    huge = Chunk(start=FIRST, end=Reading(at_us=2, energy_wh=2**64 - 1), cost=0)
    memory.bill = Bill(chunks=(huge,))
    entry = Books(opened_at_us=1).entry(memory, 2)
    assert entry.quantity == QUANTITY_MAX
    assert msgspec.json.encode(entry.agreed)
    assert Memory.decode(entry.snapshot) == memory


def test_only_news_are_kept() -> None:
    """The time alone is none."""
    books, memory = Books(opened_at_us=1), delivering()
    assert books.has_news(books.entry(memory, 2))
    assert not books.has_news(books.entry(memory, 3))
    memory.demand_w = 1
    assert books.has_news(books.entry(memory, 4))


def test_each_chunk_and_voucher_is_handed_over_once() -> None:
    """The best voucher comes with its own number and amount."""
    books, memory = Books(opened_at_us=1), delivering()
    pair = KeyPair.from_seed(bytes(32))
    memory.voucher = settle(
        pair,
        network=1,
        parents=(bytes(32), bytes(32)),
        hold_id=bytes(32),
        amount=200,
        number=0,
        issued_at=0,
        valid_for=1,
    ).tobytes()
    assert [(chunk.index, chunk.cost) for chunk in books.new_chunks(memory)] == [(0, 200), (1, 160)]
    assert [(each.index, each.amount) for each in books.new_vouchers(memory)] == [(0, 200)]
    assert (books.new_chunks(memory), books.new_vouchers(memory)) == ((), ())


def test_the_first_time_counts() -> None:
    """A latency is measured once, from its first beginning."""
    books = Books(opened_at_us=1)
    books.finish("toll", 5)
    books.begin("toll", 10)
    books.begin("toll", 20)
    books.finish("toll", 35)
    books.finish("toll", 99)
    assert books.latency_us == {"toll": 25}


def test_books_go_on_after_a_restart() -> None:
    """When a dialogue began, and what was measured, is not forgotten."""
    entry: Entry = Books(opened_at_us=7, latency_us={"toll": 3}).entry(delivering(), 9)
    books = Books.of(entry)
    assert (books.opened_at_us, books.latency_us) == (7, {"toll": 3})


def test_news_say_how_much_is_vouched_for() -> None:
    """What a watcher is told is ready for JSON."""
    news = Books(opened_at_us=1).news(delivering())
    assert (news["billed"], news["vouched"], news["paid"], news["place"]) == (360, 200, 0, "left")
    assert msgspec.json.encode(news)
