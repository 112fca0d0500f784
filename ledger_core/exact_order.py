"""The exact order: the records that contend, one after the other, as `ledger_core.rules` would.

Only those that could not be accepted at once come here. The books are read through overlays and
stay as they are, so that every verdict of the batch stands before anything changes.
"""

from bisect import bisect_left

import numpy as np

from ledger_core.batch import Batch, Books
from ledger_core.columns import Codes, Mask
from ledger_core.overlay import AccountOverlay, HoldOverlay
from ledger_core.records import Kind, row_bytes
from ledger_core.verdicts import Verdict

__all__ = ["judge_in_order"]


def judge_in_order(batch: Batch, books: Books, decided: Mask) -> Codes:
    """Judge the rest of a batch, and fill in the holds that get closed.

    Args:
        batch: The batch.
        books: The ledger as the batch finds it; only read.
        decided: Which records were accepted at once.

    Returns:
        The verdict of every record of the batch.
    """
    codes = np.full(len(batch), Verdict.ACCEPTED, dtype=np.uint8)
    waiting = np.flatnonzero(~decided)
    if len(waiting):
        order = _ExactOrder(batch, books, decided)
        codes[waiting] = [order.judge(place) for place in waiting.tolist()]
    return codes


class _ExactOrder:
    """Judge records in rising order of place."""

    def __init__(self, batch: Batch, books: Books, decided: Mask) -> None:
        self._batch = batch
        self._accounts = AccountOverlay(batch, books, decided)
        self._holds = HoldOverlay(batch, books, decided)
        self._ancestry = _Ancestry(batch, books, decided)
        self._ids = row_bytes(batch.ids)
        self._kinds = batch.kinds.tolist()
        self._issuers = batch.issuers.tolist()
        self._targets = batch.targets.tolist()
        self._amounts = batch.amounts.tolist()
        self._sequences = batch.sequences.tolist()

    def judge(self, place: int) -> Verdict:
        """Judge the record in a place and, when it is accepted, let it happen in the overlays."""
        if not self._ancestry.knows_parents(place):
            return Verdict.UNKNOWN_PARENT
        if not self._accounts.exists(self._issuers[place], place):
            return Verdict.UNKNOWN_ISSUER
        judge = self._close if place in self._batch.hold_ids else self._take_turn
        verdict = judge(place)
        if verdict == Verdict.ACCEPTED:
            self._ancestry.accept(place, self._ids[place])
        return verdict

    def _take_turn(self, place: int) -> Verdict:
        """Judge a record that uses up a sequence number."""
        issuer, sequence = self._issuers[place], self._sequences[place]
        expected = self._accounts.next_sequence(issuer)
        if sequence != expected:
            return Verdict.SEQUENCE_USED if sequence < expected else Verdict.SEQUENCE_GAP
        verdict = Verdict.ACCEPTED
        if self._kinds[place] != Kind.DATA:
            verdict = self._spend(place)
        if verdict == Verdict.ACCEPTED:
            self._accounts.use_sequence(issuer)
        return verdict

    def _spend(self, place: int) -> Verdict:
        issuer, target, amount = self._issuers[place], self._targets[place], self._amounts[place]
        if amount > self._accounts.balance(issuer, place):
            return Verdict.INSUFFICIENT_FUNDS
        strangers = self._batch.strangers
        if not self._accounts.exists(target, place) and not strangers.can_open(target):
            return Verdict.INVALID_TARGET
        self._accounts.debit(issuer, amount)
        self._accounts.open(target, place)
        if self._kinds[place] == Kind.TRANSFER:
            self._accounts.credit(target, amount)
        else:
            self._holds.open(self._ids[place], self._batch.new_hold(place), place)
        return Verdict.ACCEPTED

    def _close(self, place: int) -> Verdict:
        hold_id = self._batch.hold_ids[place]
        hold = self._holds.open_hold(hold_id, place)
        if hold is None:
            return self._refuse_closed(place, hold_id)
        verdict = self._batch.judge_closing(place, hold)
        if verdict == Verdict.ACCEPTED:
            self._batch.fill_in_hold(place, hold)
            self._holds.close(hold_id, hold, place)
            self._accounts.credit(hold.payee, self._amounts[place])
            self._accounts.credit(hold.payer, hold.amount - self._amounts[place])
        return verdict

    def _refuse_closed(self, place: int, hold_id: bytes) -> Verdict:
        closed = self._holds.closed_hold(hold_id, place)
        if closed is None:
            return Verdict.UNKNOWN_HOLD
        entitled = closed.payee if self._kinds[place] == Kind.RELEASE else closed.payer
        return Verdict.HOLD_CLOSED if self._issuers[place] == entitled else Verdict.WRONG_PARTY


class _Ancestry:
    """Know which ids are accepted when a record in a place comes."""

    def __init__(self, batch: Batch, books: Books, decided: Mask) -> None:
        self._count = len(batch)
        self._parents = batch.parents
        self._size, self._window = books.recent.size, books.recent.window
        self._decided_before: list[int] = (np.cumsum(decided) - decided).tolist()
        self._accepted: list[int] = []
        self._places: dict[bytes, int] = {}
        questions = batch.parents.open_questions()
        questions = questions[~decided[questions % self._count]]
        # Those that stand in the batch were not asked for so far: nearly all are accepted there.
        self._unasked: set[int] = set(questions[batch.parents.places[questions] >= 0].tolist())
        if len(questions):
            here = np.flatnonzero(decided)
            self._places = dict(zip(row_bytes(batch.ids[here]), here.tolist(), strict=True))

    def knows_parents(self, place: int) -> bool:
        """Tell whether both parents of the record in a place are accepted by then."""
        return self._knows(place, place) and self._knows(place + self._count, place)

    def accept(self, place: int, record_id: bytes) -> None:
        """Take in a record that was accepted in its place."""
        assert not self._accepted or self._accepted[-1] < place, "places come in rising order"
        self._accepted.append(place)
        self._places[record_id] = place

    def _knows(self, parent: int, place: int) -> bool:
        if self._parents.known[parent]:
            return True
        now = self._accepted_before(place)
        position = self._parents.positions[parent]
        if position >= 0 and position >= self._size + now - self._window:
            return True
        stands = self._places.get(self._parents.id(parent), place)
        if stands < place and now - self._accepted_before(stands) <= self._window:
            return True
        return self._was_accepted_long_ago(parent)

    def _was_accepted_long_ago(self, parent: int) -> bool:
        """Ask for a parent that stands in the batch, but is not accepted there.

        All others of that kind are asked for with it, so that nobody can cause many questions.
        """
        if parent not in self._unasked:
            return False
        self._parents.ask(np.array(sorted(self._unasked)))
        self._unasked.clear()
        return bool(self._parents.known[parent])

    def _accepted_before(self, place: int) -> int:
        return self._decided_before[place] + bisect_left(self._accepted, place)
