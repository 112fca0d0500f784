"""The model: all that a viewer knows, one bounded value that is brought up to date by observations.

No screen, socket or clock: `take` is given what was heard, `advance` what time it is. The same
model feeds the screens, `tangleway watch` and `status`, and, read from a file, the replay. It is
plain data throughout, so that a recording can hold all of it (`recording`).
"""

import msgspec

from dashboard.model.agents import AGENTS_KEPT, Agent
from dashboard.model.alerts import Alerts
from dashboard.model.charts import Charts
from dashboard.model.city import City
from dashboard.model.ledger import Ledger
from dashboard.model.logbook import Level, Logbook
from dashboard.model.run import Run
from dashboard.model.sessions import SESSIONS_KEPT, Session
from dashboard.model.sources import Source, SourceState
from dashboard.model.tangle import Tangle

__all__ = ["BROKER", "LEDGER", "RUN", "Model"]

LEDGER, BROKER, RUN = "ledger", "broker", "run"
"""The sources."""

NAMES_KEPT = 10_000
"""Accounts whose owner's name is remembered: as many as adverts."""

KEY_DIGITS = 8
"""Digits of a key that stand for somebody without a name."""


class Model(msgspec.Struct, kw_only=True):
    """All that a viewer knows."""

    now_us: int = 0
    """The viewer's time up to which it has come. [µs since 1970]"""
    began_us: int = 0
    """When it began to look. [µs]"""
    sources: dict[str, Source] = {}
    """Those that are listened to, by name."""
    run: Run = msgspec.field(default_factory=Run)
    """The run, where there is one."""
    agents: dict[str, Agent] = {}
    """By name."""
    sessions: dict[str, Session] = {}
    """By dialogue, oldest first."""
    tangle: Tangle = msgspec.field(default_factory=Tangle)
    """The latest transactions."""
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    """How the ledger stands."""
    city: City = msgspec.field(default_factory=City)
    """The map."""
    log: Logbook = msgspec.field(default_factory=Logbook)
    """What happened, line by line."""
    alerts: Alerts = msgspec.field(default_factory=Alerts)
    """What somebody should look at."""
    charts: Charts = msgspec.field(default_factory=Charts)
    """The curves."""
    names: dict[str, str] = {}
    """Names of agents by their account."""
    evicted: dict[str, int] = {}
    """What is not kept any more, by kind."""
    payments: int = 0
    """Transfers and settlements of the second that is under way."""
    finals: int = 0
    """Records that have become final in it."""

    @property
    def now_s(self) -> int:
        """The second that is under way. [s since 1970]"""
        return self.now_us // 1_000_000

    def name_of(self, key: str) -> str:
        """Return whose account it is, as people say it.

        Args:
            key: The account, hexadecimal.
        """
        return self.names.get(key) or (f"{key[:KEY_DIGITS]}…" if key else "-")

    def learn(self, key: str, name: str) -> None:
        """Remember whose account it is.

        Args:
            key: The account, hexadecimal.
            name: Its owner.
        """
        if len(key) == 64 and name and (key in self.names or len(self.names) < NAMES_KEPT):
            self.names[key] = name

    def agent(self, role: str, name: str) -> Agent | None:
        """Return an agent, a new one where it was not known; None where there are too many.

        Args:
            role: Its role.
            name: Its name.
        """
        known = self.agents.get(name)
        if known is not None and known.role != role:
            name = f"{name} ({role})"
            known = self.agents.get(name)
        if known is None:
            if len(self.agents) >= AGENTS_KEPT:
                self.evict("agents")
                return None
            known = Agent(name=name, role=role, first_us=self.now_us)
            self.agents[name] = known
        return known

    def keep(self, session: Session) -> None:
        """Add a session; the oldest that has ended makes room, or the oldest of all."""
        self.sessions[session.dialogue] = session
        if len(self.sessions) > SESSIONS_KEPT:
            ended = (name for name, one in self.sessions.items() if one.ended)
            del self.sessions[next(ended, next(iter(self.sessions)))]
            self.evict("sessions")

    def evict(self, kind: str, count: int = 1) -> None:
        """Count what is not kept any more."""
        self.evicted[kind] = self.evicted.get(kind, 0) + count

    def evictions(self) -> dict[str, int]:
        """Return what is not kept any more, by kind."""
        own = {
            "transactions": self.tangle.evicted,
            "log": self.log.evicted,
            "alerts": self.alerts.evicted,
        }
        return {kind: count for kind, count in (self.evicted | own).items() if count}

    def state(self, source: str) -> SourceState:
        """Return how a source is now."""
        known = self.sources.get(source)
        return SourceState.WAIT if known is None else known.state(self.now_us)

    def note(self, who: str, text: str, level: Level = Level.INFO) -> None:
        """Write a line into the log."""
        self.log.write(self.now_us, who, text, level=level)

    def online(self) -> tuple[int, int]:
        """Return how many agents speak, and how many there are that should."""
        states = [agent.state(self.now_us) for agent in self.agents.values()]
        speaking = sum(state is SourceState.LIVE for state in states)
        gone = sum(state is SourceState.ENDED for state in states)
        return speaking, len(states) - gone

    def under_way(self) -> list[Session]:
        """Return the sessions that have not ended, oldest first."""
        return [session for session in self.sessions.values() if not session.ended]
