"""The rules of the ledger, one function each: the readable truth.

`apply_one` judges one record and, when no rule is broken, lets it happen. `RULES` lists all rules
in order of precedence: the first one that a record breaks names its verdict. A rule may rely on
those above it, for example on the issuer having an account.

`ledger_core.validator` does the same for whole batches, faster; a property test holds it to this.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import BadSignatureError

from ledger_core.amounts import SUPPLY_MAX
from ledger_core.holds import ClosedHold, Hold
from ledger_core.keys import is_account_key
from ledger_core.limits import CLOCK_SKEW_MAX_US, check_time
from ledger_core.records import SIGNED_SIZE, VERSION, Kind, Records
from ledger_core.state import Account, State, Transaction, read_transaction
from ledger_core.verdicts import LOOKED_UP, Verdict

__all__ = ["RULES", "Case", "Rule", "State", "apply_one", "read_transaction"]

SEQUENCED = (Kind.TRANSFER, Kind.DATA, Kind.HOLD)
"""Kinds that use up the issuer's next sequence number."""

SPENDING = (Kind.TRANSFER, Kind.HOLD)
"""Kinds that take their amount out of the issuer's account, and open the target's."""

CLOSING = (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
"""Kinds that close a hold, which is what guards them against repetition."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bring together what a rule may look at."""

    state: State
    """Everything accepted so far."""
    transaction: Transaction
    """What is to be judged."""
    at: int
    """The ledger's time. [µs]"""

    @property
    def hold(self) -> Hold | ClosedHold | None:
        """The hold that a closing record names, open or closed and remembered."""
        if self.transaction.kind not in CLOSING:
            return None
        holds, target = self.state.holds, self.transaction.target
        return holds.get(target) or self.state.closed.get(target)


Rule = Callable[[Case], bool]
"""Tells whether the transaction breaks this rule."""


def apply_one(state: State, record: Records, at: int) -> Verdict:
    """Judge one record and, when it breaks no rule, let it happen.

    Everything is checked before anything changes, and the change can not fail.

    Args:
        state: The state before; changed only when the verdict is `ACCEPTED`.
        record: One record, shape ().
        at: The ledger's time. [µs]

    Returns:
        The verdict.

    Raises:
        BatchError: When `record` is not one record, or `at` is no time.
    """
    check_time(at)
    transaction = read_transaction(record)
    case = Case(state, transaction, at)
    for verdict, is_broken in RULES:
        if is_broken(case):
            repeated = verdict in LOOKED_UP and state.position(transaction.id) is not None
            return Verdict.ALREADY_ACCEPTED if repeated else verdict
    _EFFECTS[Kind(transaction.kind)](state, transaction)
    state.append(transaction.id)
    return Verdict.ACCEPTED


# --- Rules, in order of precedence ---------------------------------------------------------------


def is_malformed(case: Case) -> bool:
    """Refuse what can be seen to be nonsense without knowing any account, hold or time."""
    one = case.transaction
    same_parents = one.parents[0] == one.parents[1] != case.state.genesis_id
    return (
        one.version != VERSION
        or one.kind not in (*SEQUENCED, *CLOSING)  # genesis has its one place, position 0
        or one.amount > SUPPLY_MAX
        or (one.kind in SPENDING and one.amount == 0)
        or (one.kind in (Kind.DATA, Kind.RELEASE, Kind.RECLAIM) and one.amount != 0)
        or (one.kind in (Kind.RELEASE, Kind.RECLAIM) and one.sequence != 0)
        or one.valid_for == 0
        or same_parents
    )


def is_of_another_network(case: Case) -> bool:
    """Refuse a record that was signed for another network."""
    return case.transaction.network != case.state.network


def is_not_yet_valid(case: Case) -> bool:
    """Refuse a record from the future, but let clocks differ a little."""
    return case.transaction.issued_at > case.at + CLOCK_SKEW_MAX_US


def is_expired(case: Case) -> bool:
    """Refuse a record that comes too late."""
    return case.at >= case.transaction.expires_at


def is_badly_signed(case: Case) -> bool:
    """Refuse a record whose issuer did not sign exactly this."""
    one = case.transaction
    signed, signature = one.data[:SIGNED_SIZE], one.data[SIGNED_SIZE:]
    try:
        bindings.crypto_sign_open(signature + signed, one.issuer)
    except BadSignatureError:
        return True
    return False


def has_unknown_parent(case: Case) -> bool:
    """Refuse a record that vouches for something that was never accepted."""
    return any(case.state.position(parent) is None for parent in case.transaction.parents)


def has_unknown_issuer(case: Case) -> bool:
    """Refuse a record from somebody without an account."""
    return not case.state.has_account(case.transaction.issuer)


def uses_old_sequence(case: Case) -> bool:
    """Refuse a number that the account has used."""
    one = case.transaction
    return one.kind in SEQUENCED and one.sequence < case.state.next_sequence(one.issuer)


def leaves_sequence_gap(case: Case) -> bool:
    """Refuse a number before the one that has to come first."""
    one = case.transaction
    return one.kind in SEQUENCED and one.sequence > case.state.next_sequence(one.issuer)


def exceeds_balance(case: Case) -> bool:
    """Refuse to spend what the account does not have."""
    one = case.transaction
    return one.kind in SPENDING and one.amount > case.state.balance(one.issuer)


def names_unknown_hold(case: Case) -> bool:
    """Refuse to close what is no hold, or was closed too long ago to be remembered."""
    return case.transaction.kind in CLOSING and case.hold is None


def is_wrong_party(case: Case) -> bool:
    """Refuse to close somebody else's hold: the payee releases, the payer does the rest."""
    hold = case.hold
    if hold is None:
        return False
    entitled = hold.payee if case.transaction.kind == Kind.RELEASE else hold.payer
    return case.transaction.issuer != entitled


def names_closed_hold(case: Case) -> bool:
    """Refuse to close a hold twice."""
    return case.transaction.kind in CLOSING and case.transaction.target in case.state.closed


def comes_after_hold(case: Case) -> bool:
    """Refuse to settle or release a hold that has ended."""
    one = case.transaction
    too_late = (Kind.SETTLE, Kind.RELEASE)
    return one.kind in too_late and case.at >= case.state.holds[one.target].ends_at


def comes_before_hold_ends(case: Case) -> bool:
    """Refuse to reclaim a hold that still runs."""
    one = case.transaction
    return one.kind == Kind.RECLAIM and case.at < case.state.holds[one.target].ends_at


def exceeds_hold(case: Case) -> bool:
    """Refuse to pay more out of a hold than it has."""
    one = case.transaction
    return one.kind == Kind.SETTLE and one.amount > case.state.holds[one.target].amount


def has_invalid_target(case: Case) -> bool:
    """Refuse to open an account for a key on which signature libraries disagree."""
    one = case.transaction
    opens = one.kind in SPENDING and not case.state.has_account(one.target)
    return opens and not is_account_key(one.target)


RULES: tuple[tuple[Verdict, Rule], ...] = (
    (Verdict.MALFORMED, is_malformed),
    (Verdict.WRONG_NETWORK, is_of_another_network),
    (Verdict.NOT_YET_VALID, is_not_yet_valid),
    (Verdict.EXPIRED, is_expired),
    (Verdict.BAD_SIGNATURE, is_badly_signed),
    (Verdict.UNKNOWN_PARENT, has_unknown_parent),
    (Verdict.UNKNOWN_ISSUER, has_unknown_issuer),
    (Verdict.SEQUENCE_USED, uses_old_sequence),
    (Verdict.SEQUENCE_GAP, leaves_sequence_gap),
    (Verdict.INSUFFICIENT_FUNDS, exceeds_balance),
    (Verdict.UNKNOWN_HOLD, names_unknown_hold),
    (Verdict.WRONG_PARTY, is_wrong_party),
    (Verdict.HOLD_CLOSED, names_closed_hold),
    (Verdict.HOLD_EXPIRED, comes_after_hold),
    (Verdict.HOLD_NOT_EXPIRED, comes_before_hold_ends),
    (Verdict.EXCEEDS_HOLD, exceeds_hold),
    (Verdict.INVALID_TARGET, has_invalid_target),
)
"""All rules with their verdicts, in order of precedence."""


# --- Effects: they come after all rules, and can not fail ----------------------------------------


def _transfer(state: State, transaction: Transaction) -> None:
    _spend(state, transaction)
    state.accounts[transaction.target].balance += transaction.amount


def _commit_to_data(state: State, transaction: Transaction) -> None:
    state.accounts[transaction.issuer].next_sequence += 1


def _hold(state: State, transaction: Transaction) -> None:
    _spend(state, transaction)
    state.holds[transaction.id] = Hold(
        id=transaction.id,
        payer=transaction.issuer,
        payee=transaction.target,
        amount=transaction.amount,
        ends_at=transaction.expires_at,
        digest=transaction.digest,
    )


def _close(state: State, transaction: Transaction) -> None:
    """Settle pays its amount, which is 0 for the other two; the rest returns to the payer."""
    hold = state.close(transaction.target)
    state.accounts[hold.payee].balance += transaction.amount
    state.accounts[hold.payer].balance += hold.amount - transaction.amount


def _spend(state: State, transaction: Transaction) -> None:
    payer = state.accounts[transaction.issuer]
    payer.balance -= transaction.amount
    payer.next_sequence += 1
    assert payer.balance >= 0, "no account is ever overdrawn"
    state.accounts.setdefault(transaction.target, Account())


_EFFECTS: dict[Kind, Callable[[State, Transaction], None]] = {
    Kind.TRANSFER: _transfer,
    Kind.DATA: _commit_to_data,
    Kind.HOLD: _hold,
    Kind.SETTLE: _close,
    Kind.RELEASE: _close,
    Kind.RECLAIM: _close,
}
