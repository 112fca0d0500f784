"""What a car may spend at this moment: its owner's limits, its accounts, and what is set aside."""

from collections.abc import Callable, Iterable

from agent_runtime import Deal, Wallet
from vehicle_agent.purse import Purse
from vehicle_agent.trip_accounts import TripAccounts


class Means:
    """The means of one car.

    Args:
        purse: Its owner's limits.
        wallet: Its own account.
        accounts: Those of its trips, where each has one.
        deals: Returns the dialogues that have cost something, or may yet.
    """

    def __init__(
        self,
        purse: Purse,
        wallet: Wallet,
        *,
        accounts: TripAccounts,
        deals: Callable[[], Iterable[Deal]],
    ) -> None:
        self._purse = purse
        self._wallet = wallet
        self._accounts = accounts
        self._deals = deals

    async def budget(self, wanted: int) -> int:
        """Return what may be spent of `wanted`; a trip's account has it then. [base units]

        Raises:
            UnavailableError: The node was away for too long.
        """
        on_trip = self._accounts.has_trip
        balance = await (self._accounts if on_trip else self._wallet).balance()
        deals = tuple(self._deals())
        room = self._purse.room(spent=_spent(deals), held=_held(deals))
        budget = max(0, min(wanted, room, balance))
        return min(budget, await self._accounts.fund(budget)) if on_trip else budget


def _spent(deals: Iterable[Deal]) -> int:
    """Return what was paid. [base units]"""
    return sum(deal.memory.paid for deal in deals)


def _held(deals: Iterable[Deal]) -> int:
    """Return what may yet be paid: what open holds and payments have set aside. [base units]"""
    return sum(
        deal.terms.limits.amount_max for deal in deals if deal.memory.hold and not deal.memory.ended
    )
