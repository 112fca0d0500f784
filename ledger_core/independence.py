"""The fast path: which records of a batch can be accepted at once, whatever the others do.

A record is accepted at once when nothing that another record of the batch may do can change that:

- its issuer has an account, and all that the issuer spends and says in the batch comes in turn
  (its *group*) and is covered by what the account has when the batch begins;
- or it closes a hold that is open when the batch begins, rightly, and nobody else in the batch
  names that hold;
- its parents are known for certain, or stand before it in the batch and are accepted at once;
- its target has an account, or may have one.

One record of a group that fails this takes the whole group with it, and every record that names one
of them as a parent. Nothing is refused here: what is left goes through `ledger_core.exact_order`.
"""

from collections import Counter

import numpy as np

from ledger_core.batch import Batch, Books
from ledger_core.columns import Mask
from ledger_core.key_index import Int64s
from ledger_core.verdicts import Verdict

__all__ = ["accepted_at_once"]

_ROUNDS_MAX = 8
"""Rounds in which records lose their independence through each other; real batches need two or
three. What has not come to rest by then is decided in exact order, which is slower and as right."""


def accepted_at_once(batch: Batch, books: Books) -> Mask:
    """Find the records that are accepted whatever the others do, and fill in the holds they close.

    Args:
        batch: The batch.
        books: The ledger as the batch finds it; only read.
    """
    able: Mask = np.zeros(len(batch), dtype=np.bool_)
    groups = _judge_groups(batch, books, able)
    _judge_closings(batch, able)
    _judge_targets(batch, able)
    _judge_dependents(batch, groups, able, window=books.recent.window)
    assert not able[~able[groups]].any(), "a group is accepted whole"
    return able


def _judge_groups(batch: Batch, books: Books, able: Mask) -> Int64s:
    """Mark sequenced records that come in turn and are covered; return the first place of groups.

    A closing record is a group of its own.
    """
    groups = np.arange(len(batch))
    places = np.flatnonzero(batch.sequenced)
    order = places[np.argsort(batch.issuers[places], kind="stable")]
    issuers = batch.issuers[order]
    starts = np.flatnonzero(np.diff(issuers, prepend=-1))
    start = np.repeat(starts, np.diff(starts, append=len(order)))
    groups[order] = order[start]
    assert (groups <= np.arange(len(batch))).all(), "a group is named after its first record"

    exists = issuers < batch.strangers.first
    rows = np.where(exists, issuers, 0)
    turn = books.accounts.next_sequences[rows] + np.arange(len(order)) - start
    # DATA has no amount, so all amounts are spent; and 4,096 of them never overflow.
    spent = np.cumsum(batch.amounts[order])
    spent -= (spent - batch.amounts[order])[start]
    covered = spent <= books.accounts.balances[rows]
    able[order] = exists & (batch.sequences[order] == turn) & covered
    return groups


def _judge_closings(batch: Batch, able: Mask) -> None:
    names = Counter(batch.hold_ids.values())
    for place, hold_id in batch.hold_ids.items():
        hold = batch.open_holds.get(hold_id)
        if hold is None or names[hold_id] > 1:
            continue
        if batch.judge_closing(place, hold) == Verdict.ACCEPTED:
            batch.fill_in_hold(place, hold)
            able[place] = True


def _judge_targets(batch: Batch, able: Mask) -> None:
    opening = np.flatnonzero(able & (batch.targets >= batch.strangers.first))
    able[opening] = [batch.strangers.can_open(number) for number in batch.targets[opening].tolist()]


def _judge_dependents(batch: Batch, groups: Int64s, able: Mask, *, window: int) -> None:
    """Take out what depends on a record that is not accepted at once."""
    questions = batch.parents.open_questions()
    dependents, places = questions % len(batch), batch.parents.places[questions]
    # A parent must stand before, and so near that it can not have left the window.
    hopeful = (places >= 0) & (places < dependents) & (dependents - places <= window)
    able[dependents[~hopeful]] = False
    dependents, places = dependents[hopeful], places[hopeful]
    for _ in range(_ROUNDS_MAX):
        before = np.count_nonzero(able)
        _keep_whole_groups(groups, able)
        able[dependents[~able[places]]] = False
        if np.count_nonzero(able) == before:
            return
    able[dependents] = False
    _keep_whole_groups(groups, able)


def _keep_whole_groups(groups: Int64s, able: Mask) -> None:
    broken = np.zeros(len(able), dtype=np.bool_)
    broken[groups[~able]] = True
    able &= ~broken[groups]
