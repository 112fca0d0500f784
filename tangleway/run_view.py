"""What a person sees of a run that goes on: a small model, fed by what happens, and its lines.

Pure: happenings in, values out, the time as an argument. The live display draws the model; plain
output writes the lines. Both say the same.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger_core import format_amount
from scenarios import (
    AgentSaid,
    AlarmRaised,
    FinalityMoved,
    Happening,
    LedgerMoved,
    ProcessDied,
    RunBegan,
    StepBegan,
)
from tangleway.run_words import process_lines, seller_words

LINES_KEPT = 200
"""Latest lines that a live display can show; more than any screen has."""

RATE_WINDOW_S = 2.0
"""The ledger's rate is a mean over this time. [s]"""

SHOWN_STATES = {
    "confirmed": "{buyer} agrees with {seller} on a {service}",
    "settled": "{buyer} pays {seller} {paid} for {amount}",
    "released": "{buyer} and {seller} part without a bill",
    "reclaimed": "{buyer} takes back what {seller} did not claim",
    "unpaid": "{seller} is not paid by {buyer}: {reason}",
    "failed": "{buyer} and {seller} fail: {reason}",
    "no_show": "{buyer} does not come to {seller}",
}
"""Sentences for the states of a session that a person wants to hear of."""

VALIDATOR = "validator"
"""Role of those who judge the ledger."""

NOUNS = {"charge": "charge", "park": "bay", "toll": "passage"}
"""What a service is called in a sentence."""


@dataclass(slots=True)
class AgentView:
    """One agent as a row shows it."""

    role: str
    """Its role."""
    doing: str = "starting"
    """What it does."""
    charge_percent: float | None = None
    """A vehicle's state of charge. [%]"""
    paid: int = 0
    """What it has paid. [base units]"""
    earned: int = 0
    """What it has earned. [base units]"""


@dataclass(slots=True)
class SessionView:
    """One dialogue as a row shows it."""

    buyer: str
    """The vehicle."""
    seller: str
    """Who delivers."""
    service: str
    """What."""
    state: str = ""
    """How far it has come."""
    unit: str = ""
    """What the delivery is counted in."""
    quantity: int = 0
    """How much of it was delivered."""
    billed: int = 0
    """The bill so far. [base units]"""
    paid: int = 0
    """What was paid. [base units]"""
    ended: bool = False
    """Whether one side has told its end; what the other side still tells of it is no news."""


@dataclass(slots=True)
class RunView:
    """The whole picture."""

    title: str = ""
    """The story's title."""
    folder: str = ""
    """Where the run's data is."""
    step: str = ""
    """What the runner does."""
    agents: dict[str, AgentView] = field(default_factory=dict)
    """Every agent by name."""
    sessions: dict[str, SessionView] = field(default_factory=dict)
    """Every dialogue by id."""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    """The latest lines."""
    accepted: int = 0
    """Records that the ledger has accepted."""
    refused: int = 0
    """Records that it has refused."""
    final: int | None = None
    """Records for which a quorum of validators stands; none where there are no validators."""
    final_wait_ms: float | None = None
    """How long the latest of them waited for it. [ms]"""
    signers: tuple[str, ...] = ()
    """Who stands by them."""
    alarms: Counter[str] = field(default_factory=Counter)
    """How many alarms were raised about whom."""
    story_s: float | None = None
    """The story's time as an agent told it last; 0 is midnight. [story s]"""
    _names: dict[str, str] = field(default_factory=dict)
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, happening: Happening, at_s: float) -> list[str]:
        """Bring the picture up to date and return what there is to say about it, line by line.

        Args:
            happening: What has happened.
            at_s: When, since the run began. [s]
        """
        said = list(self._take(happening, at_s))
        self.lines.extend(said)
        return said

    def clock(self) -> str:
        """Return the story's time of day, once it is known."""
        if self.story_s is None:
            return "--:--"
        minutes = int(self.story_s // 60)
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}"

    def rate_per_s(self, at_s: float) -> float:
        """Return how many records the ledger accepts now. [1/s]"""
        while self._marks and self._marks[0][0] < at_s - RATE_WINDOW_S:
            self._marks.popleft()
        return sum(number for _, number in self._marks) / RATE_WINDOW_S

    def states(self) -> Counter[str]:
        """Return how many dialogues are in each state."""
        return Counter(session.state for session in self.sessions.values())

    def paid_total(self) -> int:
        """Return what all vehicles have paid. [base units]"""
        return sum(session.paid for session in self.sessions.values())

    def _take(self, happening: Happening, at_s: float) -> Iterator[str]:
        """Bring the picture up to date and yield what there is to say."""
        match happening:
            case RunBegan():
                self._begin(happening)
                yield (
                    f"{happening.title}: {len(happening.agents)} agents in"
                    f" {happening.processes} processes"
                )
            case StepBegan(text):
                self.step = text
                yield text
            case LedgerMoved(accepted, refused):
                self._marks.append((at_s, accepted - self.accepted))
                self.accepted, self.refused = accepted, refused
            case AgentSaid():
                yield from self._hear(happening)
            case FinalityMoved():
                self._finalize(happening)
            case AlarmRaised(by, about, _, reason):
                self.alarms[about] += 1
                self._does(about, f"signs other trees, {self.alarms[about]} refused")
                if self.alarms[about] == 1:
                    yield f"ALARM by {by} about {about}: {reason}"
            case _:
                if isinstance(happening, ProcessDied):
                    self._does(happening.name, "is away")
                yield from process_lines(happening)

    def _does(self, name: str, doing: str) -> None:
        """Say in a validator's row what it does; whoever else is meant has a say of its own."""
        if name in self.agents and self.agents[name].role == VALIDATOR:
            self.agents[name].doing = doing

    def _finalize(self, moved: FinalityMoved) -> None:
        """Take in that more is final, and who stands by it."""
        self.final, self.signers = moved.size, moved.names
        if moved.wait_ms is not None:
            self.final_wait_ms = moved.wait_ms
        for name in moved.names:
            self._does(name, f"stands by {moved.size} records")

    def _begin(self, happening: RunBegan) -> None:
        """Fill in the cast."""
        self.title, self.folder = happening.title, str(happening.folder)
        self.agents = {name: AgentView(role) for role, name in happening.agents}
        if any(role == VALIDATOR for role, _ in happening.agents):
            self.final = 0
        self._names = dict(happening.names)

    def _hear(self, said: AgentSaid) -> Iterator[str]:
        """Take in an agent's news."""
        agent = self.agents.setdefault(said.agent, AgentView(said.role))
        story_s = said.fields.get("story_s")
        if isinstance(story_s, int | float):
            self.story_s = story_s
        if said.kind == "session":
            yield from self._session(said)
        elif said.kind == "vehicle":
            agent.doing = str(said.fields.get("doing", agent.doing))
            percent = said.fields.get("charge_percent")
            agent.charge_percent = percent if isinstance(percent, int | float) else None
        elif said.kind == "seller":
            agent.doing = seller_words(said.fields)

    def _session(self, said: AgentSaid) -> Iterator[str]:
        """Take in news of a dialogue; both sides tell, the first to tell a state is heard."""
        fields = said.fields
        dialogue = str(fields.get("dialogue"))
        session = self.sessions.get(dialogue)
        if session is None:
            partner = self._names.get(str(fields.get("partner")), "somebody")
            is_buyer = fields.get("role") == "buyer"
            buyer, seller = (said.agent, partner) if is_buyer else (partner, said.agent)
            session = SessionView(buyer, seller, str(fields.get("service")))
            self.sessions[dialogue] = session
        session.unit = str(fields.get("unit", ""))
        session.quantity = max(session.quantity, _whole(fields.get("quantity")))
        session.billed = max(session.billed, _whole(fields.get("billed")))
        self._pay(session, _whole(fields.get("paid")))
        state = str(fields.get("state"))
        if state != session.state and not session.ended:
            session.state, session.ended = state, bool(fields.get("ended"))
            if state in SHOWN_STATES:
                yield _sentence(session, str(fields.get("reason", "")))

    def _pay(self, session: SessionView, paid: int) -> None:
        """Take in what a dialogue has moved."""
        more = max(0, paid - session.paid)
        session.paid += more
        if session.buyer in self.agents:
            self.agents[session.buyer].paid += more
        if session.seller in self.agents:
            self.agents[session.seller].earned += more


def _sentence(session: SessionView, reason: str) -> str:
    """Return what a person hears of a session's new state."""
    return SHOWN_STATES[session.state].format(
        buyer=session.buyer,
        seller=session.seller,
        service=NOUNS.get(session.service, session.service),
        paid=format_amount(session.paid),
        amount=quantity_words(session.quantity, session.unit),
        reason=reason or "no reason given",
    )


def quantity_words(quantity: int, unit: str) -> str:
    """Return a delivery as a person says it: `5.2 kWh`, `10 min`, `1 passage`."""
    match unit:
        case "Wh":
            return f"{quantity / 1000:.2f} kWh"
        case "s":
            return f"{quantity / 60:.0f} min"
        case "passage":
            return "1 passage" if quantity == 1 else f"{quantity} passages"
    return f"{quantity} {unit}".strip()


def _whole(value: object) -> int:
    """Return a whole number out of an agent's news, 0 where there is none."""
    return value if isinstance(value, int) else 0
