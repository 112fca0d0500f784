"""What a dialogue must know from the ledger, asked until it is known or the time is over.

A node that is away for some seconds is no reason to lose a session: these functions ask again, with
the patience that each question allows.
"""

from collections import OrderedDict
from dataclasses import dataclass

from agent_runtime.ledger_port import LedgerPort
from agent_runtime.runtime import Runtime
from ledger_core import Hold, Kind, UnavailableError, Verdict, parse_records, record_ids
from negotiation import Fact

HOLD_WAIT_S = 20.0
"""How long a seller looks for the hold that a buyer's start names: a node restart. [real s]"""

ASK_AGAIN_S = 0.5
"""Between two questions to a node that is away. [real s]"""

FATE_AGAIN_S = 1.0
"""Between two questions about a hold that is still open. [real s]"""

RECLAIM_S = 60
"""How long one try to reclaim an expired hold may take; it is tried until it works. [real s]"""

PARENTS_KEPT_MAX = 64
"""Parents that one session has seen to be on the ledger; a buyer names two or four at a time."""

US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submitted record."""

    transaction: bytes
    """The record's id."""
    position: int | None
    """Its position on the ledger, None when it was refused."""
    refusal: str = ""
    """Why it was refused, one sentence."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of money that was set aside or sent."""

    fact: Fact
    """Settled, released, reclaimed, or unpaid."""
    transaction: bytes = b""
    """Id of the transaction that decided it."""
    amount: int = 0
    """What was paid. [base units]"""


class KnownParents:
    """Which parents of vouchers are on the ledger.

    A voucher that names an unknown parent would be refused at the end, so a seller asks before it
    counts one; parents seen before are not asked for again, so a voucher costs no ledger traffic
    while the buyer keeps its parents.
    """

    def __init__(self, ledger: LedgerPort) -> None:
        self._ledger = ledger
        self._known: OrderedDict[bytes, None] = OrderedDict()

    async def are_known(self, signed: bytes) -> bool:
        """Return whether both parents of the signed record are on the ledger.

        Raises:
            UnavailableError: When the node does not answer.
            MalformedRecordError: When the record is cut short.
        """
        record = parse_records(signed)[0]
        for parent in (record["parent_a"].tobytes(), record["parent_b"].tobytes()):
            if parent in self._known:
                continue
            if await self._ledger.transaction(parent) is None:
                return False
            self._known[parent] = None
            if len(self._known) > PARENTS_KEPT_MAX:
                self._known.popitem(last=False)
        return True


async def find_hold(runtime: Runtime, hold: bytes) -> Hold | None:
    """Return the open hold of that id, None if there is none or the node stays away."""
    until_us = runtime.clock.now_us() + int(HOLD_WAIT_S * US_PER_S)
    while runtime.clock.now_us() < until_us:
        try:
            status = await runtime.ledger.hold(hold)
        except UnavailableError:
            await runtime.clock.sleep(ASK_AGAIN_S)
        else:
            return status.hold if status is not None and status.open else None
    return None


async def collect(runtime: Runtime, record: bytes, until_us: int) -> Outcome:
    """Submit a signed record until the ledger has answered, at most until `until_us`."""
    records = parse_records(record)
    transaction = record_ids(records)[0].tobytes()
    try:
        answer = await runtime.wallet.submit(records[0], deadline_us=until_us)
    except UnavailableError as error:
        return Outcome(transaction, None, str(error))
    if answer.verdict in {Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED}:
        return Outcome(transaction, answer.position)
    return Outcome(transaction, None, f"the ledger refused the payment: {answer.verdict.name}")


async def fate_of_hold(runtime: Runtime, hold: bytes, until_us: int) -> Fate:
    """Wait until the hold is closed; reclaim it when it has expired.

    Args:
        runtime: The ports of the agent.
        hold: The hold's id.
        until_us: When the hold ends. [µs since the Unix epoch]
    """
    while True:
        try:
            fate = await _closed_hold(runtime, hold)
            if fate is None and runtime.clock.now_us() >= until_us:
                await runtime.wallet.reclaim(
                    hold, deadline_us=runtime.clock.now_us() + RECLAIM_S * US_PER_S
                )
                continue
        except UnavailableError:
            fate = None
        if fate is not None:
            return fate
        await runtime.clock.sleep(FATE_AGAIN_S)


async def fate_of_transfer(runtime: Runtime, transfer: bytes, until_us: int) -> Fate:
    """Wait until the transfer is on the ledger, or can no longer come there."""
    while True:
        try:
            found = await runtime.ledger.transaction(transfer)
        except UnavailableError:
            found = None
        else:
            if found is not None:
                return Fate(Fact.SETTLED, transfer, int(found.record["amount"]))
            if runtime.clock.now_us() >= until_us:
                return Fate(Fact.UNPAID)
        await runtime.clock.sleep(FATE_AGAIN_S)


async def give_back(runtime: Runtime, hold: bytes, until_us: int) -> Outcome:
    """Release a hold; one that nobody has is released already or was never there."""
    try:
        answer, transaction = await runtime.wallet.release(hold, deadline_us=until_us)
    except UnavailableError as error:
        return Outcome(b"", None, str(error))
    if answer.verdict in {Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED}:
        return Outcome(transaction, answer.position)
    return Outcome(transaction, None, f"the ledger refused the release: {answer.verdict.name}")


CLOSING_FACTS = {
    Kind.SETTLE: Fact.SETTLED,
    Kind.RELEASE: Fact.RELEASED,
    Kind.RECLAIM: Fact.RECLAIMED,
}


async def _closed_hold(runtime: Runtime, hold: bytes) -> Fate | None:
    status = await runtime.ledger.hold(hold)
    if status is None:
        return Fate(Fact.UNPAID)  # It never came to the ledger: nothing was set aside.
    if status.open or status.closed_by is None:
        return None
    closing = await runtime.ledger.transaction(status.closed_by)
    if closing is None:
        return None
    kind = Kind(int(closing.record["kind"]))
    return Fate(CLOSING_FACTS[kind], status.closed_by, int(closing.record["amount"]))
