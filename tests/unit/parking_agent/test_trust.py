"""What a gate risks on trust: bounded in total and for each account, remembered, made good."""

import pytest

from ledger_core import KeyPair, transfer
from negotiation import Element, ElementKind, Limits, Memory, Role, Service, State, Tariff, Terms
from parking_agent.toll_settings import OfflineSettings
from parking_agent.trust import TrustBook, arrears_in
from tests.market.town import key_of

TOLL = 100
BOUND = OfflineSettings(max_total=350, max_account=200)
GATE = key_of("gate").public_key


def passage(
    payer: KeyPair, number: int, *, state: State = State.CLOSING, arrears: int = 0
) -> Memory:
    """Return the dialogue in which a car has handed its toll over."""
    fees = [TOLL, arrears] if arrears else [TOLL]
    terms = Terms(
        dialogue=bytes([number]) + payer.public_key[:15],
        service=Service.TOLL,
        network=7,
        buyer=payer.public_key,
        seller=GATE,
        place="gate",
        tariff=Tariff(elements=tuple(Element(kind=ElementKind.FLAT, price=p) for p in fees)),
        limits=Limits(amount_max=TOLL + arrears),
        slice_amount=TOLL + arrears,
        start_by_us=1,
        hold_until_us=2,
    )
    record = transfer(
        payer,
        network=7,
        parents=(b"a" * 32, b"b" * 32),
        target=GATE,
        amount=TOLL + arrears,
        sequence=number,
        issued_at=0,
        valid_for=60,
    )
    return Memory(
        role=Role.SELLER,
        dialogue=terms.dialogue,
        partner=payer.public_key,
        service=Service.TOLL,
        network=7,
        state=state,
        terms=terms,
        transfer=record.tobytes(),
    )


def trusted(book: TrustBook, memory: Memory) -> Memory:
    """Take a payment on trust."""
    assert book.trust(memory) == ""
    memory.on_trust = True
    return memory


def ended(book: TrustBook, memory: Memory, state: State) -> None:
    """Let a dialogue end."""
    memory.state = state
    book.close(memory)


ANNA, BEN, CARLA = key_of("anna"), key_of("ben"), key_of("carla")


def test_the_bound_of_one_account_and_of_all() -> None:
    """What would exceed a bound is not trusted, and leaves the exposure as it was."""
    book = TrustBook(BOUND)
    first = trusted(book, passage(ANNA, 1))
    trusted(book, passage(ANNA, 2))
    assert book.trust(passage(ANNA, 3)) == "one account is trusted with 0.0002"
    trusted(book, passage(BEN, 1))
    assert book.trust(passage(CARLA, 1)) == "no more than 0.00035 is taken on trust"
    assert book.exposure == 300
    ended(book, first, State.SETTLED)
    assert (book.exposure, book.lost) == (200, 0)
    trusted(book, passage(CARLA, 4))


def test_the_same_number_twice_is_no_payment() -> None:
    """Of two payments of one number the ledger takes one: the second car is not let through."""
    book = TrustBook(BOUND)
    trusted(book, passage(ANNA, 5))
    other = passage(ANNA, 5)
    other.dialogue = b"other" + bytes(11)
    assert book.trust(other) == "it has handed over another payment of the same number"
    assert book.exposure == TOLL


def test_a_loss_counts_until_it_is_made_good() -> None:
    """Who owes is not trusted; its next toll, with the arrears in it, clears it."""
    book = TrustBook(BOUND)
    ended(book, trusted(book, passage(ANNA, 1)), State.UNPAID)
    assert (book.exposure, book.lost, book.owed_by(ANNA.public_key)) == (TOLL, TOLL, TOLL)
    assert book.trust(passage(ANNA, 2)) == "it owes 0.0001 for an earlier passage"
    good = passage(ANNA, 3, state=State.SETTLED, arrears=TOLL)
    assert arrears_in(good) == TOLL
    book.close(good)
    assert (book.exposure, book.owed_by(ANNA.public_key)) == (0, 0)
    assert book.owed_by(BEN.public_key) == 0


def test_a_plain_toll_clears_no_debt() -> None:
    """Only what is paid for the debt makes it good, and a toll that was given back does not."""
    book = TrustBook(BOUND)
    ended(book, trusted(book, passage(ANNA, 1)), State.UNPAID)
    book.close(passage(ANNA, 2, state=State.SETTLED))
    given_back = passage(ANNA, 3, state=State.SETTLED, arrears=TOLL)
    given_back.credited = given_back.paid = 2 * TOLL
    book.close(given_back)
    assert book.lost == TOLL


@pytest.mark.parametrize("state", [State.CLOSING, State.UNPAID, State.SETTLED])
def test_a_restart_forgets_nothing(state: State) -> None:
    """The book told from the journal's dialogues is the one that was lost."""
    memory = passage(ANNA, 1, state=state)
    memory.on_trust = True
    book = TrustBook(BOUND, [memory])
    expected = {State.CLOSING: (TOLL, 0), State.UNPAID: (TOLL, TOLL), State.SETTLED: (0, 0)}
    assert (book.exposure, book.lost) == expected[state]
    assert TrustBook(BOUND, [Memory.decode(memory.encode())]).exposure == book.exposure
