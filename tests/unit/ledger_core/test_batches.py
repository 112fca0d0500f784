"""What the records of one batch do to each other, by both implementations."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ledger_core import MICROSECONDS, Bytes, KeyPair, Verdict
from tests.unit.ledger_core.world import (
    BALANCE,
    GENESIS_ID,
    HISTORY,
    IDS,
    NEXT,
    NOW_US,
    PAYEE,
    PAYER,
    START_US,
    STRANGER,
    Subject,
    Wish,
    id_of,
)

A, GAP, USED = Verdict.ACCEPTED, Verdict.SEQUENCE_GAP, Verdict.SEQUENCE_USED
PAY = Wish(sequence=NEXT)
BY_PAYEE = Wish(pair=PAYEE, target=PAYER.public_key)
BY_STRANGER = Wish(pair=STRANGER)


def test_income_can_be_spent_at_once(subject: Subject) -> None:
    """The payee spends what an earlier record of the batch brought, and not one unit more."""
    income = replace(PAY, amount=500).transfer()
    spend = replace(BY_PAYEE, amount=510).transfer()
    again = replace(BY_PAYEE, sequence=1).transfer()
    assert subject.apply([spend, income, spend, again], NOW_US) == [
        Verdict.INSUFFICIENT_FUNDS,
        A,
        A,
        Verdict.INSUFFICIENT_FUNDS,
    ]
    assert subject.view.balance(PAYEE.public_key) == 0


def test_new_account_spends_in_the_batch_that_opens_it(subject: Subject) -> None:
    """An account exists from the record on that opens it, and not before."""
    opening = replace(PAY, target=STRANGER.public_key, amount=9).transfer()
    spend = replace(BY_STRANGER, amount=4).transfer()
    assert subject.apply([spend, opening, spend], NOW_US) == [Verdict.UNKNOWN_ISSUER, A, A]
    assert subject.view.balance(STRANGER.public_key) == 5
    assert subject.view.next_sequence(STRANGER.public_key) == 1


def test_account_is_opened_by_a_contended_record(subject: Subject) -> None:
    """It does not matter whether the opening itself had to wait for others."""
    income = replace(PAY, amount=300).transfer()
    opening = replace(BY_PAYEE, target=STRANGER.public_key, amount=310).transfer()
    back = replace(BY_STRANGER, target=PAYER.public_key, amount=310).transfer()
    assert subject.apply([income, opening, back], NOW_US) == [A, A, A]
    assert subject.view.balance(STRANGER.public_key) == 0


def test_refused_opening_opens_nothing(subject: Subject) -> None:
    """A transfer that is not covered leaves its target without an account."""
    opening = replace(PAY, target=STRANGER.public_key, amount=BALANCE + 1).transfer()
    assert subject.apply([opening, BY_STRANGER.data()], NOW_US) == [
        Verdict.INSUFFICIENT_FUNDS,
        Verdict.UNKNOWN_ISSUER,
    ]
    assert not subject.view.has_account(STRANGER.public_key)


def test_double_spend_happens_once(subject: Subject) -> None:
    """Of two records with one number the first wins, and what follows goes on from it."""
    first, second = replace(PAY, amount=1).transfer(), replace(PAY, amount=2).transfer()
    third = replace(PAY, sequence=NEXT + 1).transfer()
    assert subject.apply([first, second, third], NOW_US) == [A, USED, A]
    assert subject.view.balance(PAYER.public_key) == BALANCE - 2


def test_gap_is_filled_too_late(subject: Subject) -> None:
    """A record before its turn is refused even when the missing one comes in the same batch."""
    early = replace(PAY, sequence=NEXT + 1).transfer()
    assert subject.apply([early, PAY.data(), early], NOW_US) == [GAP, A, A]


def test_refused_record_uses_no_number(subject: Subject) -> None:
    """After an overdraft the same number is still the next one."""
    overdraft = replace(PAY, amount=BALANCE + 1).transfer()
    assert subject.apply([overdraft, PAY.transfer()], NOW_US) == [Verdict.INSUFFICIENT_FUNDS, A]


def test_overdraft_by_the_sum(subject: Subject) -> None:
    """Each fits alone; together they are too much, and the later one is refused."""
    half = replace(PAY, amount=BALANCE // 2 + 1)
    batch = [half.transfer(), replace(half, sequence=NEXT + 1).hold()]
    assert subject.apply(batch, NOW_US) == [A, Verdict.INSUFFICIENT_FUNDS]


def test_parent_in_the_same_batch(subject: Subject) -> None:
    """An accepted record may be named by what comes after it, and only by that."""
    first = PAY.transfer()
    child = replace(BY_PAYEE, parents=(id_of(first), GENESIS_ID)).transfer()
    assert subject.apply([child, first, child], NOW_US) == [Verdict.UNKNOWN_PARENT, A, A]


def test_parent_must_come_before(subject: Subject) -> None:
    """Naming what comes later in the batch is naming something unknown."""
    parent = PAY.data()
    child = replace(BY_PAYEE, parents=(GENESIS_ID, id_of(parent))).data()
    assert subject.apply([child, parent], NOW_US) == [Verdict.UNKNOWN_PARENT, A]


def test_refused_record_is_no_parent(subject: Subject) -> None:
    """What was refused in the batch is unknown, and so are its children's children."""
    refused = replace(PAY, amount=BALANCE + 1).transfer()
    child = replace(BY_PAYEE, parents=(id_of(refused), GENESIS_ID)).transfer()
    grandchild = replace(PAY, parents=(GENESIS_ID, id_of(child))).data()
    assert subject.apply([refused, child, grandchild], NOW_US) == [
        Verdict.INSUFFICIENT_FUNDS,
        Verdict.UNKNOWN_PARENT,
        Verdict.UNKNOWN_PARENT,
    ]


def test_long_chain_after_a_refusal(subject: Subject) -> None:
    """Far more links than the fast path follows: each record names the one before it."""
    parent, batch = id_of(replace(PAY, amount=BALANCE + 1).transfer()), []
    for number in range(40):
        wish = replace(PAY if number % 2 else BY_PAYEE, sequence=number // 2)
        batch.append(replace(wish, parents=(parent, GENESIS_ID)).data())
        parent = id_of(batch[-1])
    assert subject.apply(batch, NOW_US) == [Verdict.UNKNOWN_PARENT] * 40


def test_long_chain_of_accepted_records(subject: Subject) -> None:
    """A batch that is one thread of parents is accepted whole."""
    parent, batch = GENESIS_ID, []
    for number in range(40):
        wish = replace(PAY, sequence=NEXT + number, parents=(parent, IDS["open"]))
        batch.append(wish.data())
        parent = id_of(batch[-1])
    assert subject.apply(batch, NOW_US) == [A] * 40


def test_hold_is_opened_and_closed_in_one_batch(subject: Subject) -> None:
    """A hold can be settled from the record on that opens it, once."""
    opening = replace(PAY, amount=60).hold()
    voucher = replace(PAY, target=id_of(opening), amount=25, sequence=1)
    larger = replace(voucher, amount=30, sequence=2)
    batch = [voucher.settle(), opening, larger.settle(), voucher.settle()]
    verdicts = subject.apply(batch, NOW_US)
    assert verdicts == [Verdict.UNKNOWN_HOLD, A, A, Verdict.HOLD_CLOSED]
    assert subject.view.balance(PAYER.public_key) == BALANCE - 30
    assert subject.view.balance(PAYEE.public_key) == 10 + 30


def test_hold_ends_at_one_instant(subject: Subject) -> None:
    """Until its end a hold can be settled and released, from then on it can be reclaimed."""
    hold = subject.view.hold(IDS["ended"])
    assert hold is not None
    reclaim = Wish(target=IDS["ended"]).reclaim()
    release = Wish(pair=PAYEE, target=IDS["ended"]).release()
    over = Wish(target=IDS["ended"], amount=51).settle()
    closings = [reclaim, over]
    assert subject.apply(closings, hold.ends_at - 1) == [
        Verdict.HOLD_NOT_EXPIRED,
        Verdict.EXCEEDS_HOLD,
    ]
    assert subject.apply([over, release, reclaim], hold.ends_at) == [
        Verdict.HOLD_EXPIRED,
        Verdict.HOLD_EXPIRED,
        A,
    ]


def test_first_of_two_closings_counts(subject: Subject) -> None:
    """Whoever comes first in the order closes the hold."""
    settle = Wish(target=IDS["open"], amount=70).settle()
    release = Wish(pair=PAYEE, target=IDS["open"]).release()
    wrong = Wish(target=IDS["open"]).release()
    assert subject.apply([wrong, release, settle, wrong], NOW_US) == [
        Verdict.WRONG_PARTY,
        A,
        Verdict.HOLD_CLOSED,
        Verdict.WRONG_PARTY,
    ]
    assert subject.view.balance(PAYER.public_key) == BALANCE + 100


def test_settled_money_is_spent_at_once(subject: Subject) -> None:
    """Both sides can spend what a closing brings them."""
    settle = Wish(target=IDS["open"], amount=40).settle()
    by_payee = replace(BY_PAYEE, amount=50).transfer()
    by_payer = replace(PAY, amount=BALANCE + 60 + 50).transfer()
    assert subject.apply([by_payee, settle, by_payee, by_payer], NOW_US) == [
        Verdict.INSUFFICIENT_FUNDS,
        A,
        A,
        A,
    ]
    assert subject.view.balance(PAYER.public_key) == 0


def test_contended_settlement_pays_who_waits(subject: Subject) -> None:
    """Money from a hold that two records want to close can be spent in the same batch, too."""
    settle = Wish(target=IDS["open"], amount=40).settle()
    late = Wish(target=IDS["open"], amount=50).settle()
    spend = replace(BY_PAYEE, amount=50).transfer()
    assert subject.apply([settle, late, spend], NOW_US) == [A, Verdict.HOLD_CLOSED, A]


def test_closed_holds_are_forgotten_on_the_way(subject: Subject) -> None:
    """With room for one, each closing makes the ledger forget the one before, at that place."""
    again = Wish(target=IDS["closed"]).reclaim()
    closing = Wish(target=IDS["ended"]).reclaim()
    assert subject.apply([again, closing, again], NOW_US) == [
        Verdict.HOLD_CLOSED,
        A,
        Verdict.UNKNOWN_HOLD,
    ]


def test_repetition_within_a_batch(subject: Subject) -> None:
    """The same bytes twice are accepted once; a record refused before gets another chance."""
    payment, release = PAY.transfer(), Wish(pair=PAYEE, target=IDS["open"]).release()
    batch = [payment, payment, release, release, payment]
    assert subject.apply(batch, NOW_US) == [
        A,
        Verdict.ALREADY_ACCEPTED,
        A,
        Verdict.ALREADY_ACCEPTED,
        Verdict.ALREADY_ACCEPTED,
    ]
    assert subject.view.balance(PAYER.public_key) == BALANCE - 1 + 100


def test_bad_signatures_do_not_hold_others_up(subject: Subject) -> None:
    """A forged record of an account changes nothing for the account's own records."""
    forged = replace(PAY, amount=5).transfer()
    forged["signature"][0] ^= 1
    assert subject.apply([forged, PAY.transfer()], NOW_US) == [Verdict.BAD_SIGNATURE, A]


def test_vouchers_do_not_wait_for_sequences(subject: Subject) -> None:
    """Closing a hold uses no number, so a gap of its issuer does not stop it."""
    gap = replace(PAY, sequence=NEXT + 3).transfer()
    settle = Wish(target=IDS["open"], amount=1, sequence=99).settle()
    assert subject.apply([gap, settle, PAY.transfer()], NOW_US) == [GAP, A, A]
    assert subject.view.next_sequence(PAYER.public_key) == NEXT + 1


def test_new_account_gets_the_hold_that_is_settled(subject: Subject) -> None:
    """A hold may be the first that an account hears of; it is paid in the same batch."""
    opening = replace(PAY, target=STRANGER.public_key, amount=60).hold()
    settle = replace(PAY, target=id_of(opening), amount=25).settle()
    spend = replace(BY_STRANGER, amount=25).transfer()
    assert subject.apply([opening, settle, spend], NOW_US) == [A, A, A]
    assert subject.view.balance(STRANGER.public_key) == 0


def test_contended_hold_is_settled_in_its_batch(subject: Subject) -> None:
    """A hold that its payer could only just afford is open for the records behind it."""
    income = replace(PAY, amount=300).transfer()
    opening = replace(BY_PAYEE, target=PAYER.public_key, amount=310).hold()
    settle = Wish(pair=PAYEE, target=id_of(opening), amount=300).settle()
    back = replace(PAY, sequence=NEXT + 1, amount=BALANCE).transfer()
    assert subject.apply([settle, income, opening, settle, back], NOW_US) == [
        Verdict.UNKNOWN_HOLD,
        A,
        A,
        A,
        A,
    ]
    assert subject.view.balance(PAYEE.public_key) == 10 + BALANCE


def test_doubt_spreads_from_account_to_account(subject: Subject) -> None:
    """Each of many accounts waits for another one's record, the first of which is refused."""
    pairs = [KeyPair.from_seed(bytes([number]) * 32) for number in range(20, 40)]
    funding = [
        replace(PAY, sequence=NEXT + number, target=pair.public_key).transfer()
        for number, pair in enumerate(pairs)
    ]
    assert subject.apply(funding, NOW_US) == [A] * len(pairs)
    doubtful = replace(BY_PAYEE, sequence=9).data()
    batch, parent = [doubtful], id_of(doubtful)
    for pair in pairs:
        batch.append(Wish(pair=pair, parents=(parent, GENESIS_ID)).data())
        parent = id_of(batch[-1])
    assert subject.apply(batch, NOW_US) == [GAP, *[Verdict.UNKNOWN_PARENT] * len(pairs)]
    assert subject.apply(batch[1:2], NOW_US) == [Verdict.UNKNOWN_PARENT]


def test_no_records(subject: Subject) -> None:
    """Nothing at all changes nothing."""
    size = subject.view.size
    assert subject.apply([], NOW_US) == []
    assert subject.view.size == size


class OneArchive:
    """Know one id, and count how often it was asked."""

    def __init__(self, known: bytes) -> None:
        self.known = known
        self.asked = 0

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Return 1 for the known id and -1 for others."""
        self.asked += 1
        return np.array([1 if row.tobytes() == self.known else -1 for row in ids])


def test_evicted_parent_is_unknown_without_an_archive(fresh: type[Subject]) -> None:
    """What has left the window is no parent any more."""
    subject = fresh(window=2)
    near = (GENESIS_ID, id_of(HISTORY["payment"]))
    assert subject.apply([HISTORY["payment"]], START_US) == [A]
    wishes = [Wish(sequence=number + 1, parents=near) for number in range(2)]
    assert subject.apply([wish.data() for wish in wishes], START_US) == [
        A,
        Verdict.UNKNOWN_PARENT,
    ]
    repeated = Verdict.ALREADY_ACCEPTED  # its own parent is gone, but it is still known itself
    assert subject.apply([HISTORY["payment"]], START_US) == [repeated]


def test_window_moves_within_a_batch(fresh: type[Subject]) -> None:
    """Each accepted record pushes the oldest id out, for the records behind it."""
    subject = fresh(window=3)
    batch = []
    parent = GENESIS_ID
    for number in range(6):
        pair = (parent, GENESIS_ID if number else parent)
        batch.append(Wish(sequence=number, parents=pair).data())
        parent = id_of(batch[-1])
    assert subject.apply(batch, START_US) == [A, A, A, *[Verdict.UNKNOWN_PARENT] * 3]
    orphan = Wish(sequence=3, parents=(id_of(batch[0]), id_of(batch[2])))
    assert subject.apply([orphan.data()], START_US) == [A]
    assert subject.apply([replace(orphan, sequence=4).data()], START_US) == [Verdict.UNKNOWN_PARENT]


def test_archive_knows_older_parents(fresh: type[Subject]) -> None:
    """What has left the window is asked from the archive, which decides."""
    archive = OneArchive(GENESIS_ID)
    subject = fresh(window=1, archive=archive)
    first, second = Wish().data(), Wish(sequence=1).data()
    assert subject.apply([first, second], START_US) == [A, A]
    third = Wish(sequence=2, parents=(GENESIS_ID, id_of(first)))
    assert subject.apply([third.data()], START_US) == [Verdict.UNKNOWN_PARENT]
    fourth = replace(third, parents=(GENESIS_ID, id_of(second)))
    assert subject.apply([fourth.data()], START_US) == [A]
    assert archive.asked


def test_archive_knows_repetitions(fresh: type[Subject]) -> None:
    """A record that has left the window hears from the archive that it was accepted."""
    first = Wish(valid_for=5).data()
    archive = OneArchive(id_of(first))
    subject = fresh(window=1, archive=archive)
    unknown = Wish(sequence=1, parents=(id_of(first), GENESIS_ID)).data()
    assert subject.apply([first, unknown], START_US) == [A, Verdict.UNKNOWN_PARENT]
    later = Wish(sequence=1, parents=(id_of(first), bytes([1]) * 32)).data()
    assert subject.apply([later], START_US) == [Verdict.UNKNOWN_PARENT]
    late = START_US + 5 * MICROSECONDS
    assert subject.apply([first], late) == [Verdict.ALREADY_ACCEPTED]
    assert subject.view.position(id_of(first)) == 1
    assert subject.view.position(bytes(32)) is None


def test_repeated_record_in_the_archive_is_still_a_parent(fresh: type[Subject]) -> None:
    """A batch may repeat an archived record and name it as a parent behind that."""
    first, second = Wish().data(), Wish(sequence=1).data()
    archive = OneArchive(id_of(first))
    subject = fresh(window=2, archive=archive)
    assert subject.apply([first, second], START_US) == [A, A]
    third = Wish(sequence=2, parents=(id_of(second), id_of(first)))
    assert subject.apply([third.data()], START_US) == [A]
    child = Wish(sequence=3, parents=(id_of(first), id_of(second))).data()
    assert subject.apply([first, child], START_US) == [Verdict.ALREADY_ACCEPTED, A]
