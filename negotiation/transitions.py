"""The states of a dialogue and every move between them: two tables, one for each role.

Rule 1: everything that a dialogue may say, hear or see stands in these tables. What is not there is
an `IllegalMoveError` and changes nothing. The diagrams in the manual are drawn from them.

A happening is a pair: a *way* and a *what*. SENDS and HEARS go with a performative; SEES goes
with a fact that no message tells: a deadline that passed, or what the ledger says.

Three rules hold for the tables and are tests: every state can be reached, every state but the ends
has a way out that needs no partner (so nothing hangs on a vanished one), and an end has nothing but
closing words, which are repeated to whoever asks again.
"""

from enum import StrEnum

from negotiation.errors import IllegalMoveError
from negotiation.messages import Performative

P = Performative
"""Short, for the tables below."""


class Role(StrEnum):
    """Which side of a dialogue this is."""

    BUYER = "buyer"
    SELLER = "seller"


class Way(StrEnum):
    """How a happening reaches the dialogue."""

    SENDS = "sends"
    HEARS = "hears"
    SEES = "sees"


class Fact(StrEnum):
    """What no message tells."""

    DEADLINE = "deadline"
    """The time of the present state is over."""
    PREPARED = "prepared"
    """The HOLD is signed; from now on it may reach the ledger."""
    HELD = "held"
    """The ledger has accepted the HOLD."""
    FINISHED = "finished"
    """All is paid for by a signed record: nothing is left to be said before the money moves."""
    SETTLED = "settled"
    """The ledger has accepted the SETTLE (or the TRANSFER of a toll)."""
    RELEASED = "released"
    """The hold went back to the payer: a RELEASE was accepted, or is no longer possible."""
    RECLAIMED = "reclaimed"
    """The ledger has accepted the RECLAIM."""
    UNPAID = "unpaid"
    """The ledger has refused the payment for good, or has never seen it."""
    UNHELD = "unheld"
    """There is no open hold of this dialogue: no money is at stake."""


class State(StrEnum):
    """Where a dialogue stands. The ends come last."""

    NEW = "new"
    """Nothing was said."""
    CALLED = "called"
    """The buyer has asked for an offer."""
    OFFERED = "offered"
    """The seller has made one."""
    COUNTERED = "countered"
    """The buyer has said at which tariff it would take it."""
    ACCEPTED = "accepted"
    """The buyer has taken the offer."""
    CONFIRMED = "confirmed"
    """The seller keeps the place."""
    HOLDING = "holding"
    """The buyer has signed a HOLD and waits for the ledger's word."""
    HELD = "held"
    """The money is on hold."""
    STARTED = "started"
    """The buyer is there and has asked to start."""
    DELIVERING = "delivering"
    """The meter runs; vouchers follow its chunks."""
    STOPPING = "stopping"
    """The delivery ends; the final chunk and its voucher are still to come."""
    CLOSING = "closing"
    """Nothing is left but what the ledger says about the money."""
    REFUSED = "refused"
    """The seller made no offer."""
    REJECTED = "rejected"
    """The buyer did not take the offer."""
    EXPIRED = "expired"
    """No answer came in time; nothing was at stake."""
    CANCELLED = "cancelled"
    """One side withdrew before anything was delivered."""
    NO_SHOW = "no_show"
    """The buyer did not come; the place is free again."""
    FAILED = "failed"
    """It could not go on, and nothing was paid."""
    SETTLED = "settled"
    """Delivered and paid."""
    RELEASED = "released"
    """Ended without a payment; the hold went back to the payer."""
    RECLAIMED = "reclaimed"
    """The seller let the hold expire; the payer took it back."""
    UNPAID = "unpaid"
    """The ledger refused the payment; recorded."""


ENDS = frozenset(list(State)[list(State).index(State.REFUSED) :])
"""The states in which a dialogue has ended."""

Happening = tuple[Way, P | Fact]
Table = dict[State, dict[Happening, State]]


def _sends(what: P) -> Happening:
    return Way.SENDS, what


def _hears(what: P) -> Happening:
    return Way.HEARS, what


def _sees(what: Fact) -> Happening:
    return Way.SEES, what


BUYER: Table = {
    State.NEW: {_sends(P.CFP): State.CALLED},
    State.CALLED: {
        _hears(P.PROPOSE): State.OFFERED,
        _hears(P.REFUSE): State.REFUSED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.OFFERED: {
        _sends(P.COUNTER): State.COUNTERED,
        _sends(P.ACCEPT): State.ACCEPTED,
        _sends(P.REJECT): State.REJECTED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.COUNTERED: {
        _hears(P.PROPOSE): State.OFFERED,
        _hears(P.REFUSE): State.REFUSED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.ACCEPTED: {
        _hears(P.CONFIRM): State.CONFIRMED,
        _hears(P.CANCEL): State.CANCELLED,
        _sends(P.CANCEL): State.CANCELLED,
    },
    State.CONFIRMED: {
        _sees(Fact.PREPARED): State.HOLDING,
        _sends(P.START): State.STARTED,  # A toll: the payment travels in the message.
        _sends(P.CANCEL): State.CANCELLED,
        _hears(P.CANCEL): State.CANCELLED,
        _sends(P.FAILURE): State.FAILED,
    },
    # From here on money may be set aside: only the ledger knows how the dialogue ends.
    State.HOLDING: {
        _sees(Fact.HELD): State.HELD,
        _sends(P.CANCEL): State.CLOSING,
        _hears(P.CANCEL): State.CLOSING,
        _sends(P.FAILURE): State.CLOSING,
    },
    State.HELD: {
        _sends(P.VOUCHER): State.HELD,  # A deposit, for who may not come.
        _sends(P.START): State.STARTED,
        _sends(P.CANCEL): State.CLOSING,
        _hears(P.CANCEL): State.CLOSING,
    },
    State.STARTED: {
        _hears(P.METER): State.DELIVERING,
        _hears(P.STOP): State.STOPPING,
        _sends(P.STOP): State.STOPPING,
        _sends(P.CANCEL): State.CLOSING,
        _hears(P.CANCEL): State.CLOSING,
        _hears(P.RECEIPT): State.CLOSING,
        _hears(P.FAILURE): State.CLOSING,
        _sees(Fact.DEADLINE): State.CLOSING,
    },
    State.DELIVERING: {
        _hears(P.METER): State.DELIVERING,
        _sends(P.VOUCHER): State.DELIVERING,
        _sends(P.STOP): State.STOPPING,
        _hears(P.STOP): State.STOPPING,
        _hears(P.RECEIPT): State.CLOSING,
        _hears(P.FAILURE): State.CLOSING,
    },
    State.STOPPING: {
        _hears(P.METER): State.STOPPING,
        _sends(P.VOUCHER): State.STOPPING,
        _hears(P.STOP): State.STOPPING,
        _sends(P.CANCEL): State.CLOSING,  # No chunk has ever come: ask for the hold back.
        _hears(P.CANCEL): State.CLOSING,
        _hears(P.RECEIPT): State.CLOSING,
        _hears(P.FAILURE): State.CLOSING,
        _sees(Fact.DEADLINE): State.CLOSING,
    },
    State.CLOSING: {
        _hears(P.RECEIPT): State.CLOSING,
        _hears(P.FAILURE): State.CLOSING,
        _hears(P.CANCEL): State.CLOSING,
        _sees(Fact.SETTLED): State.SETTLED,
        _sees(Fact.RELEASED): State.RELEASED,
        _sees(Fact.RECLAIMED): State.RECLAIMED,
        _sees(Fact.UNPAID): State.FAILED,
    },
}
"""What a buyer may do in each state."""

SELLER: Table = {
    State.NEW: {
        _hears(P.CFP): State.CALLED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.CALLED: {
        _sends(P.PROPOSE): State.OFFERED,
        _sends(P.REFUSE): State.REFUSED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.OFFERED: {
        _hears(P.COUNTER): State.COUNTERED,
        _hears(P.ACCEPT): State.ACCEPTED,
        _hears(P.REJECT): State.REJECTED,
        _hears(P.CANCEL): State.CANCELLED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.COUNTERED: {
        _sends(P.PROPOSE): State.OFFERED,
        _sends(P.REFUSE): State.REFUSED,
        _sees(Fact.DEADLINE): State.EXPIRED,
    },
    State.ACCEPTED: {
        _sends(P.CONFIRM): State.CONFIRMED,
        _sends(P.CANCEL): State.CANCELLED,
        _hears(P.CANCEL): State.CANCELLED,
    },
    State.CONFIRMED: {
        _hears(P.VOUCHER): State.CONFIRMED,  # A deposit, for who may not come.
        _hears(P.START): State.STARTED,
        _hears(P.CANCEL): State.CLOSING,  # It may name a hold that is to be given back.
        _hears(P.FAILURE): State.FAILED,
        _sends(P.CANCEL): State.CANCELLED,
        _sees(Fact.DEADLINE): State.NO_SHOW,
        _sees(Fact.FINISHED): State.CLOSING,  # Nobody came: the deposit is due.
    },
    State.STARTED: {
        _sees(Fact.HELD): State.DELIVERING,
        _sees(Fact.FINISHED): State.CLOSING,  # A toll: the payment is there already.
        _hears(P.CANCEL): State.CLOSING,
        _sends(P.FAILURE): State.FAILED,
        _sees(Fact.DEADLINE): State.CLOSING,
    },
    State.DELIVERING: {
        _sends(P.METER): State.DELIVERING,
        _hears(P.VOUCHER): State.DELIVERING,
        _hears(P.STOP): State.STOPPING,
        _sends(P.STOP): State.STOPPING,
    },
    State.STOPPING: {
        _sends(P.METER): State.STOPPING,
        _hears(P.VOUCHER): State.STOPPING,
        _hears(P.STOP): State.STOPPING,
        _sees(Fact.FINISHED): State.CLOSING,
        _sees(Fact.DEADLINE): State.CLOSING,
    },
    State.CLOSING: {
        _sends(P.RECEIPT): State.CLOSING,  # A toll that is taken on trust.
        _sees(Fact.SETTLED): State.SETTLED,
        _sees(Fact.RELEASED): State.RELEASED,
        _sees(Fact.UNPAID): State.UNPAID,
        _sees(Fact.UNHELD): State.CANCELLED,
    },
    State.NO_SHOW: {_sends(P.CANCEL): State.NO_SHOW},
    State.SETTLED: {_sends(P.RECEIPT): State.SETTLED},
    State.RELEASED: {_sends(P.RECEIPT): State.RELEASED},
    State.UNPAID: {_sends(P.FAILURE): State.UNPAID},
}
"""What a seller may do in each state."""

TABLES: dict[Role, Table] = {Role.BUYER: BUYER, Role.SELLER: SELLER}


def next_state(role: Role, state: State, happening: Happening) -> State:
    """Return the state after `happening`.

    Raises:
        IllegalMoveError: When the table has no such move.
    """
    after = TABLES[role].get(state, {}).get(happening)
    if after is None:
        way, what = happening
        raise IllegalMoveError(f"a {role} that is {state} neither expects nor allows: {way} {what}")
    return after
