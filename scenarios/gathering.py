"""Collect what a run leaves behind: the journals of all agents, and the ledger's log.

The log is read from the node's own files after the node has ended, and every record is applied
anew with the readable rules: what the node said about its sums is not taken on trust.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from agent_runtime import Entry, read_sessions
from ledger_core import Kind, Records, Verdict, parse_records, record_ids
from ledger_core.rules import State, apply_one
from ledger_node import NodeInfo
from ledger_node.data_directory import DataDirectory
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry as LogEntry
from negotiation import Memory, Role, Service
from negotiation import State as DialogueState
from scenarios.cast import Cast
from scenarios.evidence import Account, Evidence, LedgerRecord, OpenHold, Side, Totals
from scenarios.roster import Agent
from vehicle_agent import trip_purse

QUIET_S = 30.0
"""How long sellers may take to end what is open: the longest wait for an answer. [s]"""

LOOK_AGAIN_S = 0.3
"""Between two looks into the journals. [s]"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What agents measured, from their journals."""

    toll_us: tuple[int, ...]
    """Car seen to gate open, one value for each passage. [µs]"""
    settle_us: tuple[int, ...]
    """SETTLE sent to durable verdict, one value for each. [µs]"""


def gather(cast: Cast, info: NodeInfo, heard: frozenset[str]) -> tuple[Evidence, Measured]:
    """Return all evidence of a run whose processes have ended, and what was measured.

    Args:
        cast: Who took part.
        info: What the node said of its sums at the end.
        heard: Ids of records that it announced as accepted.
    """
    entries = [(agent, entry) for agent in cast.agents for entry in _entries(cast, agent)]
    sides = tuple(side_of(cast, agent, entry) for agent, entry in entries)
    replay = Replay(logged(cast.ledger_data))
    evidence = Evidence(
        sides=sides,
        records=tuple(replay.records),
        accounts=tuple(
            account for agent in cast.agents for account in accounts_of(cast, agent, replay.state)
        ),
        told=Totals(minted=info.supply, balances=info.balances, holds=info.holds),
        replayed=replay.totals,
        refused_by_replay=tuple(replay.refused),
        open_holds=tuple(replay.open_holds()),
        heard=heard,
        adversaries=adversaries_of(cast),
    )
    return evidence, measured(entry for _, entry in entries)


def adversaries_of(cast: Cast) -> frozenset[str]:
    """Return the names of those who cheat."""
    return frozenset(agent.name for agent in cast.agents if not agent.is_honest)


async def until_quiet(cast: Cast) -> None:
    """Wait until no seller has an open dialogue any more, or for so long that it is a fault.

    When the last vehicle has gone, a seller may still wait for an answer that got lost, or for a
    car that never came. Its deadlines end that; a seller that is stopped before leaves it open.

    Args:
        cast: Who takes part.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(QUIET_S):
            while await asyncio.to_thread(_is_busy, cast):  # noqa: ASYNC110 (others change it)
                await asyncio.sleep(LOOK_AGAIN_S)


def _is_busy(cast: Cast) -> bool:
    """Return whether a seller's journal has a dialogue that has not ended."""
    agents = (agent for agent in cast.agents if agent.is_honest)
    sellers = (agent for agent in agents if not agent.kind.ends_by_itself)
    return any(not entry.ended for agent in sellers for entry in _entries(cast, agent))


def measured(entries: Iterable[Entry]) -> Measured:
    """Return what the sellers measured: each passage and each settlement counts once."""
    sellers = [entry for entry in entries if entry.role == Role.SELLER]
    tolls = [entry.latency_us for entry in sellers if entry.service == Service.TOLL]
    others = [entry.latency_us for entry in sellers if entry.service != Service.TOLL]
    return Measured(
        toll_us=tuple(latency["toll"] for latency in tolls if "toll" in latency),
        settle_us=tuple(latency["settle"] for latency in others if "settle" in latency),
    )


class Replay:
    """The ledger's records, applied anew with the readable rules.

    Args:
        records: Each record, with the ledger's time at which it was applied [µs], in order.
    """

    def __init__(self, records: Iterable[tuple[int, Records]]) -> None:
        self.records: list[LedgerRecord] = []
        self.refused: list[str] = []
        self._issuers: dict[bytes, str] = {}
        state: State | None = None
        for at_us, record in records:
            known = _ledger_record(record)
            self.records.append(known)
            if state is None:
                state = State(record)
            elif apply_one(state, record, at_us) is not Verdict.ACCEPTED:
                self.refused.append(known.id)
        assert state is not None, "a log begins with its genesis record"
        self.state = state

    @property
    def totals(self) -> Totals:
        """Where all tokens are, by this replay."""
        state = self.state
        return Totals(minted=state.supply, balances=state.balances_total, holds=state.holds_total)

    def open_holds(self) -> Iterator[OpenHold]:
        """Yield the holds that nobody has closed."""
        payers = {record.id: record.issuer for record in self.records if record.kind is Kind.HOLD}
        for id_, hold in self.state.holds.items():
            yield OpenHold(id=id_.hex(), payer=payers.get(id_.hex(), ""), amount=hold.amount)


def logged(data: Path) -> Iterator[tuple[int, Records]]:
    """Yield each record of a log with the ledger's time at which it was applied. [µs]

    Args:
        data: The node's data directory; the node has ended.

    Raises:
        LogDamagedError: The log is not what was written.
    """
    with DataDirectory(data) as directory, closing(LocalLog(directory.log)) as log:
        yield from timed_records(log.entries())


def timed_records(entries: Iterable[LogEntry]) -> Iterator[tuple[int, Records]]:
    """Yield each record of a log's entries with the ledger's time at which it was applied. [µs]"""
    for entry in entries:
        for record in parse_records(entry.records):
            yield entry.at_us, record.reshape(())


def _ledger_record(record: Records) -> LedgerRecord:
    """Return one record in plain values."""
    return LedgerRecord(
        id=record_ids(record).tobytes().hex(),
        kind=Kind(int(record["kind"])),
        issuer=record["issuer"].tobytes().hex(),
        target=record["target"].tobytes().hex(),
        amount=int(record["amount"]),
        digest=record["digest"].tobytes().hex(),
    )


def accounts_of(cast: Cast, agent: Agent, state: State) -> Iterator[Account]:
    """Yield an agent's account at the end, and those of its trips that anybody has ever paid.

    Args:
        cast: Who takes part.
        agent: Whose they are.
        state: The ledger's.
    """
    key = cast.key(agent).public_key
    yield Account(agent=agent.name, key=key.hex(), balance=state.balance(key))
    purse = trip_purse(cast.key(agent))
    for number in count(1):
        key = purse.fresh_account(number).public_key
        if key not in state.accounts:
            return
        yield Account(agent=agent.name, key=key.hex(), balance=state.balance(key))


def _entries(cast: Cast, agent: Agent) -> list[Entry]:
    """Return an agent's dialogues; none where it never came to open its journal."""
    path = cast.journal(agent)
    return read_sessions(path) if path.exists() else []


def side_of(cast: Cast, agent: Agent, entry: Entry) -> Side:
    """Return a journal's line in plain values.

    Args:
        cast: Who takes part.
        agent: Whose journal it is.
        entry: The line.
    """
    memory = Memory.decode(entry.snapshot)
    is_toll = memory.service is Service.TOLL
    account = cast.key(agent).public_key
    if memory.role is Role.BUYER and memory.terms is not None:
        account = memory.terms.buyer  # The car's own, or that of the trip.
    return Side(
        agent=agent.name,
        account=account.hex(),
        role=Role(entry.role),
        dialogue=entry.dialogue,
        service=Service(entry.service),
        partner=entry.partner,
        state=DialogueState(entry.state),
        reason=entry.reason,
        agreed=entry.agreed,
        slice_amount=_whole(entry.agreed.get("slice_amount")),
        unit=entry.unit,
        quantity=entry.quantity,
        delivered_cost=passage_cost(memory) if is_toll else memory.delivered,
        open_max=memory.unpaid_max,
        chunk_costs=tuple(chunk.cost for chunk in memory.agreed_bill.chunks),
        billed=entry.billed,
        paid=entry.paid,
        credited=memory.credited,
        transactions=tuple(entry.transactions),
        opened_at_us=entry.opened_at_us,
    )


def passage_cost(memory: Memory) -> int:
    """Return what a toll's passage is worth, if the gate has opened. [base units]"""
    if memory.terms is None or not (memory.paid or memory.on_trust):
        return 0
    return memory.terms.limits.amount_max - memory.credited


def _whole(value: object) -> int:
    """Return a whole number out of a JSON document, 0 where there is none."""
    return value if isinstance(value, int) else 0
