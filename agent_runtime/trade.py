"""The port to what is sold: a seller's agent brings a `Trade`, the desk does all the talking."""

from typing import Protocol, runtime_checkable

from negotiation import Cfp, Counter, Memory, Reading, SignedValue, State, StopReason, Terms


class Trade(Protocol):
    """What a seller's agent decides and does.

    Every call on a device may raise `OSError` or a `TanglewayError`: then the session ends in
    order, the seller goes on. For one dialogue they are made one after the other.
    """

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""

    async def open(self) -> None:
        """Connect to the devices."""

    async def close(self) -> None:
        """Bring the devices to rest and let go of them."""

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for `call`, or in one sentence why there are none; keeps nothing free.

        Raises:
            ValueError: The call asks for what no terms can say.
        """

    def reserve(self, terms: Terms) -> str:
        """Keep the place of `terms`; return in one sentence why not, or an empty string."""

    def restore(self, memory: Memory) -> None:
        """Keep the place of a dialogue that a restart has interrupted, as far as it is there."""

    async def arrived(self, memory: Memory) -> None:
        """Note that the car is there and has asked to start; raise if it can not be served."""

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Begin or go on delivering at most `demand_w` [W]; for a gate: open it."""

    async def pause(self, terms: Terms) -> None:
        """Stop delivering until a voucher comes, or at least stop counting."""

    async def read(self, terms: Terms) -> Reading:
        """Return the registers; raise a `DeliveryOverError` once the car has unplugged."""

    async def end(self, terms: Terms, why: StopReason | None = None) -> Reading:
        """End the delivery and return the last registers; again is harmless.

        Args:
            terms: What was agreed.
            why: What has ended it, for devices that show or keep a reason; None where nothing is
                known of it.
        """

    async def free(self, terms: Terms, state: State) -> None:
        """Give the place free, and let the car go; the dialogue has ended in `state`."""


@runtime_checkable
class TrustingTrade(Protocol):
    """What the trade of a gate does besides, if it may open while it has no link to the node."""

    @property
    def patience_s(self) -> float:
        """How long the node may take to judge a toll before `trust` is asked. [real s]"""

    def trust(self, memory: Memory) -> str:
        """Take a toll's payment on trust; return in one sentence why not, or an empty string."""

    def closed(self, memory: Memory) -> None:
        """Note how a toll's dialogue has ended."""


@runtime_checkable
class ShowingTrade(Protocol):
    """What a trade does besides whose devices show what a session costs."""

    async def show(self, memory: Memory) -> None:
        """Show the bill as far as it is vouched for; it is final once the dialogue has ended.

        What fails is noted by the trade: no session ends for want of a display.
        """


@runtime_checkable
class SigningTrade(Protocol):
    """What a trade does besides whose meters sign their values."""

    async def signed(self, terms: Terms) -> tuple[SignedValue, ...]:
        """Return what the meter has signed in a session that has just ended."""


@runtime_checkable
class WatchingTrade(Protocol):
    """What a trade does besides that looks after its devices while nobody uses them."""

    async def watch(self) -> None:
        """Take devices out of service that do not work, and back when they do; until cancelled."""
