"""The errors of this package.

```
InputError (ledger_core)
├── UnknownPlaceError   a place that the road map does not know
├── UnknownPolicyError  a bidding policy that does not exist
└── NoRouteError        no road leads there, or only through gates that are to be avoided
RefusedError (ledger_core)
├── NotEnoughChargeError  the battery can not carry the car along this route
└── NoOfferError          nobody in reach sells it within the budget
```
"""

from ledger_core import InputError, RefusedError, format_amount


class UnknownPlaceError(InputError):
    """A place was named that the road map does not know."""

    def __init__(self, place: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"the road map has no place {place!r}: name one of {', '.join(known)} instead"
        )
        self.place = place


class NoRouteError(InputError):
    """No road leads from one place to the other, or only through avoided gates."""

    def __init__(self, origin: str, destination: str, avoided: frozenset[str]) -> None:
        around = f" around {', '.join(sorted(avoided))}" if avoided else ""
        super().__init__(
            f"no road leads from {origin!r} to {destination!r}{around}: add one to the road map"
        )
        self.origin = origin
        self.destination = destination
        self.avoided = avoided


class NotEnoughChargeError(RefusedError):
    """The battery can not carry the car along a route: it has to charge first."""

    def __init__(self, *, needed_wh: int, present_wh: int) -> None:
        super().__init__(
            f"the route takes {needed_wh} Wh and the battery holds {present_wh} Wh: charge first"
        )
        self.needed_wh = needed_wh
        self.present_wh = present_wh


class NoOfferError(RefusedError):
    """Nobody in reach sells what the car needs within its budget."""

    def __init__(self, service: str, budget: int) -> None:
        super().__init__(
            f"nobody in reach sells {service!r} for {format_amount(budget)} or less: raise the"
            " budget, look further, or try later"
        )
        self.service = service
        self.budget = budget


class UnknownPolicyError(InputError):
    """A bidding policy was named that does not exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"there is no bidding policy {name!r}: name one of {', '.join(known)},"
            " or your own as package.module:NAME"
        )
        self.name = name
