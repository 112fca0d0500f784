"""Invariants that are checked while a simulation goes on, not only at its end.

What was wrong for a moment and came right again would not be seen at the end. So the ledger is
looked at behind each batch, each delivery at each reading, and all deadlines now and then.
"""

from collections.abc import Iterable
from typing import TypedDict

from agent_runtime import Entry
from ledger_core import format_amount, parse_records, record_ids
from ledger_node.state import State as LedgerState
from negotiation import Memory, Role, Service, State
from scenarios.faults import short
from scenarios.invariants import Finding, finding_of

__all__ = ["LOOK_EVERY_S", "SessionNews", "Watch"]

LOOK_EVERY_S = 10.0
"""Between two looks at all deadlines: one that has passed at both of them was missed. [s]"""

DELIVERS = frozenset({State.DELIVERING, State.STOPPING})
"""States in which something may be delivered and not paid for."""


class SessionNews(TypedDict):
    """What an agent tells about a dialogue, as far as it is looked at."""

    dialogue: str
    role: str
    service: str
    state: str
    delivered: int
    vouched: int
    slice: int


class Watch:
    """What is found while a world lives."""

    def __init__(self) -> None:
        self._faults: dict[str, list[str]] = {
            "supply_conserved_always": [],
            "positions_kept": [],
            "one_slice_always": [],
            "deadlines_met": [],
        }
        self._checked = dict.fromkeys(self._faults, 0)
        self._records: dict[int, bytes] = {}
        self._late: set[tuple[str, str, int]] = set()

    @property
    def announced(self) -> frozenset[str]:
        """Ids of all records that the node has said to have accepted."""
        return frozenset(id_.hex() for id_ in self._records.values())

    def batch(self, state: LedgerState) -> None:
        """Look at the ledger behind a batch that was written and not answered yet."""
        ledger = state.ledger
        self._checked["supply_conserved_always"] += 1
        total = ledger.balances_total + ledger.holds_total
        if total != ledger.supply:
            self._faults["supply_conserved_always"].append(
                f"behind record {ledger.size} there are {format_amount(total)} instead of"
                f" {format_amount(ledger.supply)}"
            )
        for entry in state.log.entries(len(self._records)):
            rows = record_ids(parse_records(entry.records))
            for position, row in enumerate(rows, entry.first):
                self._checked["positions_kept"] += 1
                known = self._records.setdefault(position, row.tobytes())
                if known != row.tobytes():
                    self._faults["positions_kept"].append(
                        f"position {position} of record {short(known.hex())} has another one now"
                    )

    def told(self, agent: str, news: SessionNews) -> None:
        """Look at a dialogue in which something has changed."""
        if news["role"] != Role.SELLER or news["state"] not in DELIVERS:
            return
        if not Service(news["service"]).on_hold:
            return
        self._checked["one_slice_always"] += 1
        open_amount = news["delivered"] - news["vouched"]
        if open_amount > news["slice"]:
            self._faults["one_slice_always"].append(
                f"{agent} ({news['service']} {short(news['dialogue'])}) has delivered"
                f" {format_amount(open_amount)} without a voucher, a slice is"
                f" {format_amount(news['slice'])}"
            )

    def deadlines(self, dialogues: Iterable[tuple[str, int, Entry]]) -> None:
        """Look at all open dialogues: agent, what it takes for the time [µs], journal's line."""
        late: set[tuple[str, str, int]] = set()
        for agent, now_us, entry in dialogues:
            self._checked["deadlines_met"] += 1
            deadline_us = Memory.decode(entry.snapshot).deadline_us
            if deadline_us and deadline_us < now_us:
                late.add((agent, entry.dialogue, deadline_us))
        for agent, dialogue, deadline_us in sorted(late & self._late):
            self._faults["deadlines_met"].append(
                f"{agent} ({short(dialogue)}) has let its deadline {deadline_us} pass"
            )
        self._late = late

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found."""
        return tuple(
            finding_of(name, faults, f"looked at {self._checked[name]} times")
            for name, faults in self._faults.items()
        )
