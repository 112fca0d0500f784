"""The screen of agents: what each agent does."""

from textual.app import ComposeResult

from dashboard.drawing.signs import ACTIVITIES, SOURCES
from dashboard.drawing.spans import Tone
from dashboard.drawing.table import Column, Table
from dashboard.drawing.words import age
from dashboard.model import Agent, SourceState, activity_of, tokens
from dashboard.screens.pane import Pane
from dashboard.widgets.live_table import LiveTable

__all__ = ["AgentsPane"]


class AgentsPane(Pane):
    """All agents, one a row."""

    NAME = "agents"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        columns = (
            Column[Agent](name="agent", width=16, text=lambda agent: agent.name),
            Column[Agent](name="role", width=9, text=lambda agent: agent.role, rank=4),
            Column[Agent](name="state", width=9, text=self._state, tone=self._tone, rank=1),
            Column[Agent](name="does", width=19, text=self._doing, rank=2, grows=True),
            Column[Agent](
                name="soc%",
                width=5,
                text=_percent,
                key=lambda agent: agent.charge_percent or -1.0,
                right=True,
                rank=3,
            ),
            Column[Agent](
                name="kW",
                width=6,
                text=lambda agent: f"{agent.power_w / 1000:.1f}" if agent.power_w else "-",
                key=lambda agent: agent.power_w,
                right=True,
                rank=5,
            ),
            Column[Agent](
                name="paid",
                width=8,
                text=lambda agent: tokens(agent.paid) if agent.paid else "-",
                key=lambda agent: agent.paid,
                right=True,
                rank=6,
            ),
            Column[Agent](
                name="earned",
                width=8,
                text=lambda agent: tokens(agent.earned) if agent.earned else "-",
                key=lambda agent: agent.earned,
                right=True,
                rank=6,
            ),
            Column[Agent](
                name="seen",
                width=5,
                text=self._age,
                key=lambda agent: -agent.heard_us,
                right=True,
                rank=1,
            ),
            Column[Agent](name="position", width=13, text=_position, right=True, rank=8),
        )
        table = Table[Agent](columns, lambda agent: agent.name, sort="agent", signs=self.signs)
        yield LiveTable(table, lambda: self.model.agents.values(), id="agent-table")

    def _state(self, agent: Agent) -> str:
        """Return whether an agent speaks."""
        state = agent.state(self.model.now_us)
        return f"{self.signs.of(SOURCES[state])} {state}"

    def _tone(self, agent: Agent) -> Tone:
        """Return what that means."""
        return SOURCES[agent.state(self.model.now_us)].tone

    def _doing(self, agent: Agent) -> str:
        """Return what an agent does."""
        activity = activity_of(agent)
        return f"{self.signs.of(ACTIVITIES[activity.name])} {activity.text}"

    def _age(self, agent: Agent) -> str:
        """Return how long an agent was not heard."""
        if agent.state(self.model.now_us) is SourceState.WAIT:
            return "-"
        return age(agent.age_s(self.model.now_us))


def _percent(agent: Agent) -> str:
    """Return a vehicle's state of charge."""
    return "-" if agent.charge_percent is None else f"{agent.charge_percent:.0f}"


def _position(agent: Agent) -> str:
    """Return where an agent is, in kilometres."""
    if agent.position_m is None:
        return "-"
    east_m, north_m = agent.position_m
    return f"{east_m / 1000:.2f},{north_m / 1000:.2f}"
