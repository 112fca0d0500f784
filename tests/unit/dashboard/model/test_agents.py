"""Agents, as they tell of themselves."""

import pytest

from dashboard.model import Agent, SourceState, activity_of, advance, take
from dashboard.model.agents import AGENTS_KEPT, KINDS_KEPT, LOST_AFTER_S, STALE_AFTER_S
from dashboard.observed import AdvertSeen
from tests.unit.dashboard.heard import at, key, model_of, news, presence


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (STALE_AFTER_S, SourceState.LIVE),
        (STALE_AFTER_S + 0.1, SourceState.STALE),
        (LOST_AFTER_S, SourceState.STALE),
        (LOST_AFTER_S + 0.1, SourceState.LOST),
    ],
)
def test_an_agent_grows_old(age_s: float, state: SourceState) -> None:
    """Its own words decide, not the broker's."""
    agent = model_of(news(0, "anna", "vehicle")).agents["anna"]
    assert agent.state(at(age_s)) is state


def test_a_will_of_an_earlier_start_is_ignored() -> None:
    """A broker may publish the will of an old connection after the agent is back."""
    model = model_of(
        news(0, "anna", "vehicle"),
        presence(1, "anna", online=True, boot=2),
        presence(2, "anna", online=False, boot=1),
    )
    assert model.agents["anna"].state(at(2)) is SourceState.LIVE
    late = model_of(presence(0, "anna", online=True), presence(1, "anna", online=False))
    assert late.agents["anna"].state(at(1)) is SourceState.LOST


def test_who_speaks_behind_its_will_is_there() -> None:
    """A broker that drops a connection publishes its will; the agent is back with its next word."""
    model = model_of(presence(0, "anna", online=True), presence(5, "anna", online=False))
    assert model.agents["anna"].state(at(6)) is SourceState.LOST
    take(model, news(6.5, "anna", "vehicle"))
    assert model.agents["anna"].state(at(7)) is SourceState.LIVE


def test_counting_who_is_there() -> None:
    """Who is done is not counted as missing; who is stale or gone is."""
    model = model_of(
        news(0, "anna", "vehicle", doing="done"),
        news(0, "berta", "seller"),
        presence(0, "carla", online=True),
    )
    assert model.online() == (1, 2)
    advance(model, at(9))
    assert model.online() == (0, 2)


def test_a_vehicle() -> None:
    """Position, charge and what it does, however odd the numbers are."""
    model = model_of(
        news(
            0, "anna", "vehicle", doing="charging at mill", position_m=[1, 2.5], charge_percent=40
        ),
        news(1, "anna", "vehicle", position_m=["x"], charge_percent=None, speed_kmh="fast"),
    )
    agent = model.agents["anna"]
    assert (agent.position_m, agent.charge_percent, agent.speed_kmh) == ((1.0, 2.5), 0.0, 0.0)
    assert activity_of(agent).name == "charge"
    assert agent.charges.window(at(2) // 1_000_000, 2) == [40, 0]


@pytest.mark.parametrize(
    ("role", "fields", "words", "activity"),
    [
        (
            "charger",
            {"outlets": {"1": "occupied", "2": "free"}, "power_w": {"1": 11_000, "2": 0}},
            "1 of 2 outlets taken",
            "serve",
        ),
        ("charger", {"outlets": {"1": "free"}, "faults": {"1": "hot"}}, "0 of 1", "trouble"),
        ("car_park", {"bays": {"7": "occupied"}, "bays_total": 9}, "1 of 9 bays taken", "serve"),
        ("toll", {"opened": 3, "at_us": 5, "story_s": 1.5}, "3 passages", "idle"),
    ],
)
def test_sellers(role: str, fields: dict[str, object], words: str, activity: str) -> None:
    """Each kind of seller in a line."""
    agent = model_of(news(0, "mill", "seller", topic=role, **fields)).agents["mill"]
    assert words in agent.doing
    assert activity_of(agent).name == activity


def test_the_power_of_a_city() -> None:
    """What chargers give is drawn as one curve."""
    told = {"outlets": {"1": "occupied"}, "power_w": {"1": 11_000}}
    model = model_of(news(0.5, "berta", "seller", **told), news(0.6, "carla", "seller", **told))
    advance(model, at(1))
    assert model.charts.power_w.last == 22_000
    assert model.charts.agents.last == 2


def test_an_advert_names_an_account() -> None:
    """A seller's key is its account; from then on the ledger speaks of it by name."""
    advert = AdvertSeen(
        at_us=at(0), role="charger", agent="mill", key=key("mill"), position_m=(5.0, 6.0)
    )
    model = model_of(advert)
    assert model.name_of(key("mill")) == "mill"
    assert model.agents["mill"].position_m == (5.0, 6.0)
    assert model.name_of("ab" * 32) == "abababab…"
    assert model.name_of("") == "-"


def test_one_name_in_two_roles_is_two_agents() -> None:
    """Names are for people: a stranger who takes one stands beside its owner."""
    model = model_of(news(0, "anna", "vehicle"), news(0, "anna", "seller", topic="charger"))
    assert set(model.agents) == {"anna", "anna (charger)"}


def test_strangers_do_not_fill_the_memory() -> None:
    """So many agents, so many kinds of news of each; the rest is counted."""
    model = model_of(*(news(0, f"a{n}", "vehicle") for n in range(AGENTS_KEPT + 3)))
    assert (len(model.agents), model.evictions()["agents"]) == (AGENTS_KEPT, 3)
    busy = model_of(*(news(0, "anna", f"k{n}") for n in range(2 * KINDS_KEPT))).agents["anna"]
    assert len(busy.news) == KINDS_KEPT


def test_names_are_made_fit_for_a_terminal() -> None:
    """No control character of a stranger reaches the screen."""
    model = model_of(news(0, "ev\x1b]52;il\u202e", "vehicle", doing="\r\nok\x00"))
    [agent] = model.agents.values()
    assert agent.name == "ev ]52;il "
    assert agent.doing == "  ok "
    assert Agent(name="a", role="vehicle").doing == ""
