"""Each invariant holds on an honest run, and finds each lie that is planted in one."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_core import Kind
from negotiation import Role, Service, State
from scenarios.evidence import Account, Evidence, LedgerRecord, OpenHold, Side, Totals
from scenarios.invariants import (
    CHECKS,
    Finding,
    books_agree_with_ledger,
    check_all,
    delivery_within_one_slice,
    every_dialogue_ended,
    no_hold_left_open,
    no_verdict_missing,
    paid_is_billed,
    supply_conserved,
)

TREASURY, ANNA, MILL, GATE, TRIP = "00treasury", "0aanna", "0bmill", "0cgate", "0danna-1"
"""Accounts, as hexadecimal keys would name them."""

TOTALS = Totals(minted=1_000_000, balances=1_000_000, holds=0)


def sides_of(
    dialogue: str, *, service: Service, seller: str, transactions: tuple[str, ...], paid: int
) -> tuple[Side, Side]:
    """Return both sides of a settled dialogue in which Anna bought."""
    unit = {Service.TOLL: "passage", Service.CHARGE: "Wh", Service.PARK: "s"}[service]
    buyer = Side(
        agent="anna",
        account=ANNA,
        role=Role.BUYER,
        dialogue=dialogue,
        service=service,
        partner={"mill": MILL, "gate": GATE}[seller],
        state=State.SETTLED,
        agreed={"terms_digest": f"terms of {dialogue}"},
        slice_amount=100,
        unit=unit,
        quantity=5,
        delivered_cost=paid,
        billed=paid,
        paid=paid,
        chunk_costs=(paid,),
        transactions=transactions,
    )
    return buyer, replace(
        buyer, agent=seller, account=buyer.partner, partner=ANNA, role=Role.SELLER
    )


def record(
    id_: str, kind: Kind, parties: tuple[str, str], *, amount: int, terms: str = ""
) -> LedgerRecord:
    """Return an accepted record of an issuer and a target."""
    issuer, target = parties
    return LedgerRecord(
        id=id_, kind=kind, issuer=issuer, target=target, amount=amount, digest=terms
    )


@pytest.fixture
def honest() -> Evidence:
    """Return what an honest run leaves behind: Anna charged for 300 and passed a gate for 50."""
    lost = Side(
        agent="anna",
        account=ANNA,
        role=Role.BUYER,
        dialogue="d3",
        service=Service.CHARGE,
        partner=MILL,
        state=State.REJECTED,
    )
    charge = sides_of(
        "d1", service=Service.CHARGE, seller="mill", transactions=("h1", "s1"), paid=300
    )
    toll = sides_of("d2", service=Service.TOLL, seller="gate", transactions=("t1",), paid=50)
    return Evidence(
        sides=(*charge, *toll, lost),
        records=(
            record("g", Kind.GENESIS, (TREASURY, TREASURY), amount=1_000_000),
            record("f1", Kind.TRANSFER, (TREASURY, ANNA), amount=1_000),
            record("h1", Kind.HOLD, (ANNA, MILL), amount=500, terms="terms of d1"),
            record("s1", Kind.SETTLE, (ANNA, "h1"), amount=300),
            record("t1", Kind.TRANSFER, (ANNA, GATE), amount=50, terms="terms of d2"),
        ),
        accounts=(
            Account(agent="anna", key=ANNA, balance=650),
            Account(agent="mill", key=MILL, balance=300),
            Account(agent="gate", key=GATE, balance=50),
        ),
        told=TOTALS,
        replayed=TOTALS,
        heard=frozenset({"h1", "s1"}),
    )


Lie = Callable[[Evidence], Evidence]


def with_side(index: int, **changes: object) -> Lie:
    """Return a lie that changes one side."""

    def change(evidence: Evidence) -> Evidence:
        sides = list(evidence.sides)
        sides[index] = replace(sides[index], **changes)  # type: ignore[arg-type]
        return replace(evidence, sides=tuple(sides))

    return change


def without_side(index: int) -> Lie:
    """Return a lie that loses one side."""
    return lambda evidence: replace(
        evidence, sides=evidence.sides[:index] + evidence.sides[index + 1 :]
    )


def with_record(index: int, **changes: object) -> Lie:
    """Return a lie that changes one record of the ledger."""

    def change(evidence: Evidence) -> Evidence:
        records = list(evidence.records)
        records[index] = replace(records[index], **changes)  # type: ignore[arg-type]
        return replace(evidence, records=tuple(records))

    return change


def with_more(added: LedgerRecord) -> Lie:
    """Return a lie that adds a record to the ledger."""
    return lambda evidence: replace(evidence, records=(*evidence.records, added))


def with_balance(index: int, balance: int) -> Lie:
    """Return a lie that changes one account's balance."""

    def change(evidence: Evidence) -> Evidence:
        accounts = list(evidence.accounts)
        accounts[index] = replace(accounts[index], balance=balance)
        return replace(evidence, accounts=tuple(accounts))

    return change


def with_field(**changes: object) -> Lie:
    """Return a lie that changes the evidence itself."""
    return lambda evidence: replace(evidence, **changes)  # type: ignore[arg-type]


def test_honest_run(honest: Evidence) -> None:
    """On an honest run every invariant holds and says what it has looked at."""
    findings = check_all(honest)
    assert [finding.detail for finding in findings if not finding.ok] == []
    assert [finding.name for finding in findings] == [check.__name__ for check in CHECKS]
    details = {finding.name: finding.detail for finding in findings}
    assert details["paid_is_billed"] == (
        "2 sessions settled, each paid as billed on both sides: 0.00035"
    )
    assert details["every_dialogue_ended"] == "3 dialogues ended: 2 settled, 1 rejected"


def test_empty_run() -> None:
    """A run without a single dialogue breaks nothing."""
    empty = Evidence(sides=(), records=(), accounts=(), told=TOTALS, replayed=TOTALS)
    assert all(finding.ok for finding in check_all(empty))


LESS = Totals(minted=1_000_000, balances=999_999, holds=0)

PLANTED: list[tuple[Callable[[Evidence], Finding], Lie, str]] = [
    (supply_conserved, with_field(told=LESS), r"the node says: 0.999999 .*not the 1 minted"),
    (supply_conserved, with_field(replayed=LESS), r"a replay gives: 0.999999"),
    (
        supply_conserved,
        with_field(replayed=Totals(minted=1_000_000, balances=999_999, holds=1)),
        r"not those of a replay",
    ),
    (supply_conserved, with_field(refused_by_replay=("s1",)), r"record s1 breaks the rules"),
    (paid_is_billed, with_side(0, paid=299), r"anna \(charge d1\) has 0.000299 paid of 0.0003"),
    (paid_is_billed, with_side(0, paid=200, billed=200), r"anna .* paid 0.0002 where mill"),
    (paid_is_billed, with_side(1, billed=310, chunk_costs=(310,)), r"bill of 0.0003 where mill"),
    (paid_is_billed, with_side(1, chunk_costs=(100, 199)), r"chunks of 0.000299 in a bill"),
    (paid_is_billed, without_side(1), r"no partner's journal knows"),
    (delivery_within_one_slice, with_side(1, paid=301), r"mill .* paid 0.000301 for 0.0003"),
    (delivery_within_one_slice, with_side(1, quantity=0), r"for 0.0003 \(0 Wh\)"),
    (delivery_within_one_slice, with_side(1, paid=199), r"delivered 0.000101 unpaid"),
    (delivery_within_one_slice, with_side(1, delivered_cost=401), r"delivered 0.000101 unpaid"),
    (every_dialogue_ended, with_side(1, state=State.DELIVERING), r"mill .* still delivering"),
    (every_dialogue_ended, with_side(4, state=State.CALLED), r"anna .* still called"),
    (
        books_agree_with_ledger,
        with_side(1, transactions=("h1", "h1", "s1")),
        r"mill .* counts on record h1 2 times: it was started again",
    ),
    (books_agree_with_ledger, with_record(3, issuer=MILL), r"record s1 of other parties"),
    (books_agree_with_ledger, with_record(3, target="h9"), r"record s1 of other parties"),
    (books_agree_with_ledger, with_record(4, target=MILL), r"record t1 of other parties"),
    (books_agree_with_ledger, with_record(2, digest="x"), r"record h1 of another agreement"),
    (books_agree_with_ledger, with_record(4, digest=""), r"record t1 of another agreement"),
    (books_agree_with_ledger, with_record(3, amount=299), r"says 0.0003 was paid.*moved 0.000299"),
    (books_agree_with_ledger, with_balance(0, 649), r"anna has 0.000649 .*explain 0.00065"),
    (
        books_agree_with_ledger,
        with_more(record("t9", Kind.TRANSFER, (ANNA, MILL), amount=7)),
        r"anna paid 0.000007 by record t9, which is missing in a journal",
    ),
    (
        books_agree_with_ledger,
        with_side(3, transactions=(), paid=0),
        r"record t1, which is missing in a journal",
    ),
    (
        no_hold_left_open,
        with_field(open_holds=(OpenHold(id="h7", payer=ANNA, amount=5),)),
        r"hold h7 of anna keeps 0.000005",
    ),
    (no_verdict_missing, with_field(heard=frozenset({"x1"})), r"announced record x1"),
    (no_verdict_missing, with_side(0, transactions=("h1", "x2")), r"no verdict on record x2"),
]


@pytest.mark.parametrize(("check", "lie", "detail"), PLANTED)
def test_planted_lie_is_found(
    honest: Evidence, check: Callable[[Evidence], Finding], lie: Lie, detail: str
) -> None:
    """The check that is made for it finds a lie and says where."""
    finding = check(lie(honest))
    assert not finding.ok
    assert re.search(detail, finding.detail), finding.detail


def on_a_trip(evidence: Evidence, *, back: int) -> Evidence:
    """Let Anna have paid the toll from an account of its own, and sweep `back` of it."""
    evidence = with_side(2, account=TRIP)(with_side(3, partner=TRIP)(evidence))
    evidence = with_record(4, issuer=TRIP)(evidence)
    for parties, amount in (((ANNA, TRIP), 80), ((TRIP, ANNA), back)):
        id_ = f"own {parties[0]}"
        evidence = with_more(record(id_, Kind.TRANSFER, parties, amount=amount))(evidence)
    trip = Account(agent="anna", key=TRIP, balance=30 - back)
    accounts = (*evidence.accounts, trip)
    return with_balance(0, 1_000 - 300 - 80 + back)(replace(evidence, accounts=accounts))


def test_accounts_of_trips_are_their_owners(honest: Evidence) -> None:
    """What a car moves between its own accounts is no payment, and each balance is explained."""
    for back in (30, 20):
        assert books_agree_with_ledger(on_a_trip(honest, back=back)).ok
    lost = with_balance(3, 9)(on_a_trip(honest, back=20))
    finding = books_agree_with_ledger(lost)
    assert "anna has 0.000009 where its books explain 0.00001" in finding.detail


def test_many_faults_are_counted(honest: Evidence) -> None:
    """A finding tells a few faults in full and counts the others."""
    open_holds = tuple(OpenHold(id=f"h{i}", payer=ANNA, amount=1) for i in range(9))
    finding = no_hold_left_open(replace(honest, open_holds=open_holds))
    assert finding.detail.endswith("hold h2 of anna keeps 0.000001; and 6 more")


def test_unpaid_slice_is_allowed(honest: Evidence) -> None:
    """A seller may lose one slice when a buyer stops paying: that is the agreed risk."""
    unpaid = with_side(1, state=State.UNPAID, paid=200)(honest)
    assert delivery_within_one_slice(unpaid).ok


def test_an_adversary_proves_nothing_by_its_books(honest: Evidence) -> None:
    """Whatever a cheat has written down, lost or left open is its own affair."""
    cheats = with_field(adversaries=frozenset({"mill"}))
    for lie in (
        without_side(1),
        with_side(1, state=State.DELIVERING),
        with_side(1, paid=0, billed=0, chunk_costs=()),
        with_side(1, transactions=("x9",)),
        with_balance(1, 7),
        with_field(open_holds=(OpenHold(id="h7", payer=MILL, amount=5),)),
    ):
        assert not all(finding.ok for finding in check_all(lie(honest)))
        left = {each.name for each in check_all(cheats(lie(honest))) if not each.ok}
        # A buyer that paid for what nobody knows to have been delivered has lost its money.
        assert left <= {"delivery_within_one_slice"}


def test_who_buys_from_an_adversary_loses_a_slice_at_most(honest: Evidence) -> None:
    """What a cheat itself knows to have delivered is held against it."""
    cheats = with_field(adversaries=frozenset({"mill"}))
    for delivered, ok in ((200, True), (199, False)):
        finding = delivery_within_one_slice(
            cheats(with_side(1, delivered_cost=delivered)(honest)).told_by_honest
        )
        assert finding.ok is ok
    assert "anna (charge d1) paid 0.0003 for 0.000199, more than one slice" in finding.detail


def test_an_honest_side_is_held_to_its_books_with_whomever_it_deals(honest: Evidence) -> None:
    """Dealing with a cheat is no excuse: an honest journal still agrees with the ledger."""
    cheats = with_field(adversaries=frozenset({"mill"}))
    for lie, check in (
        (with_side(0, state=State.DELIVERING), every_dialogue_ended),
        (with_side(0, transactions=()), books_agree_with_ledger),
        (with_balance(0, 649), books_agree_with_ledger),
        (with_side(0, paid=299), paid_is_billed),
        (with_field(open_holds=(OpenHold(id="h7", payer=ANNA, amount=5),)), no_hold_left_open),
    ):
        assert not check(cheats(lie(honest)).told_by_honest).ok


def test_a_call_that_was_brought_elsewhere_is_another_dialogue(honest: Evidence) -> None:
    """The same id at another seller says nothing about the dialogue that it was taken from."""
    replayed = Side(
        agent="gate",
        account=GATE,
        role=Role.SELLER,
        dialogue="d1",
        service=Service.CHARGE,
        partner=ANNA,
        state=State.REFUSED,
        opened_at_us=9,
    )
    assert all(f.ok for f in check_all(replace(honest, sides=(*honest.sides, replayed))))


def test_who_was_absent_loses_what_was_vouched_for_alone(honest: Evidence) -> None:
    """A seller without power until its holds expired may lack its payment, not more than that."""
    lie = with_side(1, state=State.UNPAID, paid=0, transactions=("h1",))
    absent = replace(lie(honest), absent=frozenset({"mill"}))
    assert not delivery_within_one_slice(lie(honest)).ok
    assert delivery_within_one_slice(absent).ok
    greedy = replace(with_side(1, delivered_cost=401)(absent), absent=frozenset({"mill"}))
    assert "delivered 0.000101 unpaid" in delivery_within_one_slice(greedy).detail
