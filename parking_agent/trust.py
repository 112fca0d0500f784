"""What a gate has let through on trust: its exposure, what it has lost, and who owes it.

Pure. Everything in it can be told again from the gate's dialogues, so a restart forgets nothing: a
payment taken on trust counts until the ledger has shown it; one that the ledger refused is a loss,
and counts until its payer has made it good with a later toll.
"""

from collections.abc import Iterable

from ledger_core import format_amount, parse_records
from negotiation import ElementKind, Memory, Service, State
from parking_agent.toll_settings import OfflineSettings


class TrustBook:
    """The passages of one gate that were not paid for when it opened.

    Args:
        settings: What it risks.
        known: All its dialogues, as far as they are remembered.
    """

    def __init__(self, settings: OfflineSettings, known: Iterable[Memory] = ()) -> None:
        self._settings = settings
        self._pending: dict[bytes, tuple[bytes, int]] = {}
        self._owed: dict[bytes, int] = {}
        self._sequences: dict[bytes, int] = {}
        for memory in known:
            if memory.on_trust and not memory.ended:
                self._add(memory)
            else:
                self.close(memory)

    @property
    def exposure(self) -> int:
        """What is open now, losses included. [base units]"""
        return sum(amount for _, amount in self._pending.values()) + self.lost

    @property
    def lost(self) -> int:
        """What was refused, and not made good yet. [base units]"""
        return sum(self._owed.values())

    def owed_by(self, payer: bytes) -> int:
        """Return what an account owes. [base units]"""
        return self._owed.get(payer, 0)

    def trust(self, memory: Memory) -> str:
        """Take a payment on trust; return in one sentence why not, or an empty string.

        Args:
            memory: The dialogue in which it was handed over and checked.
        """
        assert memory.terms is not None, "a payment follows an agreement"
        payer, amount = memory.terms.buyer, memory.terms.limits.amount_max
        if owed := self.owed_by(payer):
            return f"it owes {format_amount(owed)} for an earlier passage"
        if self._sequence(memory) <= self._sequences.get(payer, -1):
            return "it has handed over another payment of the same number"
        open_of_payer = sum(each for who, each in self._pending.values() if who == payer)
        if open_of_payer + amount > self._settings.max_account:
            return f"one account is trusted with {format_amount(self._settings.max_account)}"
        if self.exposure + amount > self._settings.max_total:
            return f"no more than {format_amount(self._settings.max_total)} is taken on trust"
        self._add(memory)
        return ""

    def close(self, memory: Memory) -> None:
        """Note how a dialogue has ended: paid, refused, or with a debt made good."""
        self._pending.pop(memory.dialogue, None)
        terms = memory.terms
        if terms is None or memory.service is not Service.TOLL:
            return
        if memory.state is State.UNPAID and memory.on_trust:
            self._owed[terms.buyer] = self.owed_by(terms.buyer) + terms.limits.amount_max
        elif memory.state is State.SETTLED and not memory.credited:
            left = self.owed_by(terms.buyer) - arrears_in(memory)
            self._owed.pop(terms.buyer, None)
            if left > 0:
                self._owed[terms.buyer] = left

    def _add(self, memory: Memory) -> None:
        assert memory.terms is not None, "a payment follows an agreement"
        payer = memory.terms.buyer
        self._pending[memory.dialogue] = (payer, memory.terms.limits.amount_max)
        self._sequences[payer] = max(self._sequence(memory), self._sequences.get(payer, -1))

    @staticmethod
    def _sequence(memory: Memory) -> int:
        return int(parse_records(memory.transfer)[0]["sequence"])


def arrears_in(memory: Memory) -> int:
    """Return how much of a toll was for earlier passages. [base units]

    Args:
        memory: The toll's dialogue.
    """
    if memory.terms is None:
        return 0
    fees = [each.price for each in memory.terms.tariff.elements if each.kind is ElementKind.FLAT]
    return sum(fees[1:])
