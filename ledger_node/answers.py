"""Answers: what the node knows, for those who ask; nothing in here changes anything."""

from collections.abc import Callable
from random import Random
from typing import assert_never

from ledger_core import Kind, Ledger, TipPool
from ledger_node.codec import encode
from ledger_node.errors import PrunedError
from ledger_node.lookups import Lookups
from ledger_node.protocol import (
    AccountState,
    AskAccount,
    AskHistory,
    AskHold,
    AskInfo,
    AskTips,
    AskTransaction,
    History,
    HoldState,
    Info,
    Tips,
    TransactionState,
)

__all__ = ["Answers", "Question"]

Question = AskInfo | AskTips | AskAccount | AskTransaction | AskHold | AskHistory
"""All that can be asked."""


class Answers:
    """Answer questions about a ledger.

    Args:
        ledger: Its state.
        lookups: Its records.
        tips: What to name as parents.
        random: Where chance comes from.
        clock: Tells the time. [µs]
    """

    def __init__(
        self,
        ledger: Ledger,
        lookups: Lookups,
        tips: TipPool,
        *,
        random: Random,
        clock: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._lookups = lookups
        self._tips = tips
        self._random = random
        self._clock = clock
        self.network = ""
        self.publish = ""

    def answer(self, question: Question) -> list[bytes]:
        """Return the frames that answer a question.

        Raises:
            PrunedError: It is about records that are not kept any more.
            DamagedError: Index or log can not be read.
        """
        match question:
            case AskInfo():
                return [encode(self._info(question.request))]
            case AskTips():
                return self._choose_tips(question.request)
            case AskAccount():
                return [encode(self._account(question))]
            case AskTransaction():
                return self._transaction(question)
            case AskHold():
                return self._hold(question)
            case AskHistory():
                return self._history(question)
            case _ as never:
                assert_never(never)

    def _info(self, request: int) -> Info:
        ledger = self._ledger
        return Info(
            request=request,
            network=self.network,
            network_number=ledger.network,
            genesis_id=ledger.genesis_id,
            size=ledger.size,
            supply=ledger.supply,
            balances=ledger.balances_total,
            holds=ledger.holds_total,
            at_us=self._clock(),
            publish=self.publish,
            first=self._lookups.first,
        )

    def _choose_tips(self, request: int) -> list[bytes]:
        records = [self._record(tip) for tip in self._tips.choose(self._random, at=self._clock())]
        return [encode(Tips(request=request)), b"".join(records)]

    def _record(self, record_id: bytes) -> bytes:
        """Return an accepted record by its id."""
        position = self._ledger.position(record_id)
        assert position is not None, "tips are accepted records"
        stored = self._lookups.at_hand(position)
        assert stored is not None, "tips are young, and at least the genesis is kept"
        return stored.record

    def _account(self, question: AskAccount) -> AccountState:
        key = question.public_key
        return AccountState(
            request=question.request,
            balance=self._ledger.balance(key),
            next_sequence=self._ledger.next_sequence(key),
            exists=self._ledger.has_account(key),
        )

    def _transaction(self, question: AskTransaction) -> list[bytes]:
        position = self._ledger.position(question.id)
        stored = None if position is None else self._lookups.stored(position)
        if stored is None:
            if position is not None or self._lookups.may_have_lost(question.issued_at_us):
                raise PrunedError(first=self._lookups.first)
            return [encode(TransactionState(request=question.request, position=-1))]
        payload = self._lookups.payload(stored.position)
        vouchers, exact = self._lookups.vouchers(question.id, stored.record[72:104])
        header = TransactionState(
            request=question.request,
            position=stored.position,
            at_us=stored.at_us,
            vouchers=vouchers,
            vouchers_exact=exact,
            has_payload=payload is not None,
            payload_pruned=payload is None and self._lookups.has_lost_payload(stored),
        )
        return [encode(header), stored.record, b"" if payload is None else payload]

    def _hold(self, question: AskHold) -> list[bytes]:
        position = self._ledger.position(question.id)
        stored = None if position is None else self._lookups.stored(position)
        if stored is None or stored.record[1] != Kind.HOLD:
            return [encode(HoldState(request=question.request, position=-1))]
        is_open = self._ledger.hold(question.id) is not None
        header = HoldState(
            request=question.request,
            position=stored.position,
            is_open=is_open,
            closed_by=None if is_open else self._lookups.closer(question.id),
        )
        return [encode(header), stored.record]

    def _history(self, question: AskHistory) -> list[bytes]:
        if question.after + 1 < self._lookups.first:
            raise PrunedError(first=self._lookups.first)
        found = self._lookups.history(
            question.public_key, after=question.after, limit=question.limit
        )
        header = History(
            request=question.request,
            positions=tuple(stored.position for stored in found),
            at_us=tuple(stored.at_us for stored in found),
        )
        return [encode(header), b"".join(stored.record for stored in found)]
