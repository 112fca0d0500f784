"""What agents tell on the broker, and what that changes in the model."""

from collections.abc import Callable
from typing import Any

from dashboard.model.agents import Agent
from dashboard.model.logbook import Level
from dashboard.model.model import KEY_DIGITS, Model
from dashboard.model.money import tokens
from dashboard.model.sessions import BROKEN, Move, Session, new_session
from dashboard.observed import AdvertSeen, AgentNews, AgentStateSeen
from dashboard.plain_text import NAME_LENGTH_MAX, plain

__all__ = ["REDUCERS"]

LEVELS = dict.fromkeys(BROKEN, Level.ERROR) | {"no_show": Level.WARN, "cancelled": Level.WARN}
"""How much it matters how a session has ended."""

SENTENCES = {
    "confirmed": "agrees with {seller} on a {service}",
    "settled": "pays {seller} {paid}",
    "released": "and {seller} part without a bill",
    "reclaimed": "takes back what {seller} did not claim",
    "unpaid": "does not pay {seller}: {reason}",
    "failed": "and {seller} fail: {reason}",
    "no_show": "does not come to {seller}",
    "cancelled": "and {seller} call it off: {reason}",
}
"""What is said of a session's new state, behind the buyer's name."""


def take_advert(model: Model, advert: AdvertSeen) -> None:
    """Take in what a seller offers."""
    agent = _agent(model, advert.role, advert.agent)
    if agent is None:
        return
    agent.services = tuple(plain(one, NAME_LENGTH_MAX) for one in advert.services)
    agent.position_m = advert.position_m or agent.position_m
    agent.key = plain(advert.key, NAME_LENGTH_MAX)
    model.learn(agent.key, agent.name)


def take_state(model: Model, state: AgentStateSeen) -> None:
    """Take in whether an agent is there."""
    agent = _agent(model, state.role, state.agent)
    if agent is None or state.boot < agent.boot:
        return  # a late will of an earlier start
    if agent.online and not state.online and not model.run.ended_us:
        model.note(agent.name, "has left")
    elif agent.online is False and state.online:
        model.note(agent.name, "is back")
    agent.online, agent.boot, agent.status = state.online, state.boot, plain(state.status)
    agent.left_us = 0 if state.online else state.at_us


def take_news(model: Model, news: AgentNews) -> None:
    """Take in what an agent does."""
    agent = _agent(model, news.role, news.agent)
    if agent is None:
        return
    agent.take_news(news.kind, news.fields, news.at_us)
    story_s = news.fields.get("story_s")
    if isinstance(story_s, int | float):
        model.run.story_s = float(story_s)
    match news.kind:
        case "vehicle":
            agent.take_vehicle(news.fields, news.at_us)
        case "seller":
            agent.take_seller(news.fields, news.at_us)
        case "session":
            _take_session(model, agent, news.fields)
        case "said":
            _take_said(model, agent, news.fields)


def _agent(model: Model, role: str, name: str) -> Agent | None:
    """Return the agent of a topic."""
    return model.agent(plain(role, NAME_LENGTH_MAX), plain(name, NAME_LENGTH_MAX))


def _session(model: Model, agent: Agent, fields: dict[str, Any]) -> Session | None:
    """Return the session that news are about, with what they say of who its sides are."""
    session = model.sessions.get(str(fields.get("dialogue")))
    if session is None:
        session = new_session(fields, model.now_us)
        if session is None:
            return None
        model.keep(session)
    is_buyer = fields.get("role") == "buyer"
    partner = plain(fields.get("partner"), NAME_LENGTH_MAX)
    other = model.names.get(partner, f"{partner[:KEY_DIGITS]}…" if partner else "")
    if is_buyer:
        session.buyer, session.seller = agent.name, _better(session.seller, other)
    else:
        session.seller, session.buyer = agent.name, _better(session.buyer, other)
    return session


def _better(known: str, told: str) -> str:
    """Return the name that is no beginning of a key, if there is one."""
    return known if known and not known.endswith("…") else told or known


def _take_session(model: Model, agent: Agent, fields: dict[str, Any]) -> None:
    """Take in how a session stands."""
    session = _session(model, agent, fields)
    if session is None:
        return
    paid_before = session.paid
    if session.take(fields, model.now_us) and session.state in SENTENCES:
        _tell(model, session)
    more = session.paid - paid_before
    if more:
        for name, side in ((session.buyer, "paid"), (session.seller, "earned")):
            if name in model.agents:
                setattr(model.agents[name], side, getattr(model.agents[name], side) + more)


def _tell(model: Model, session: Session) -> None:
    """Write what a session's new state means, and alert whom it concerns."""
    words = SENTENCES[session.state].format(
        seller=session.seller or "somebody",
        service=session.service or "session",
        paid=tokens(session.paid),
        reason=session.reason or "no reason given",
    )
    level = LEVELS.get(session.state, Level.INFO)
    model.note(session.buyer or "somebody", words, level)
    if level is Level.ERROR:
        model.alerts.set(
            f"session {session.dialogue}",
            model.now_us,
            subject=session.buyer,
            text=words,
            level=level,
        )


def _take_said(model: Model, agent: Agent, fields: dict[str, Any]) -> None:
    """Take in a message of a dialogue."""
    session = _session(model, agent, fields)
    move = None if session is None else session.take_move(fields, model.now_us)
    if session is not None and move is not None:
        _learn_service(session, move)


def _learn_service(session: Session, move: Move) -> None:
    """Take from a call for offers what is wanted."""
    session.service = session.service or plain(move.body.get("service"), NAME_LENGTH_MAX)


REDUCERS: dict[type, Callable[[Model, Any], None]] = {
    AdvertSeen: take_advert,
    AgentStateSeen: take_state,
    AgentNews: take_news,
}
"""What to do with each kind of observation."""
