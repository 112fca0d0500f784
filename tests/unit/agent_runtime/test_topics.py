"""The table of topics: what is written can be read, nothing else can, and all is documented."""

import pytest

from agent_runtime import Address, TopicKind, parse_topic, subscription
from agent_runtime.link import matches
from agent_runtime.topics import MANNERS
from tests.architecture.project import ROOT

ADDRESS = Address("test", "charger", "north-1")


@pytest.mark.parametrize("kind", TopicKind)
def test_topics_are_read_back(kind: TopicKind) -> None:
    """A topic says whose it is and what is said there, and its subscription has it in it."""
    topic = ADDRESS.topic(kind)
    assert topic == f"tangleway/1/test/charger/north-1/{kind}"
    assert parse_topic(topic) == (ADDRESS, kind)
    assert matches(subscription("test", kind), topic)
    assert matches(subscription("test", kind, role="charger"), topic)
    assert not matches(subscription("test", kind, role="toll"), topic)
    assert not matches(subscription("other", kind), topic)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "tangleway/1/test/charger/north-1",
        "tangleway/1/test/charger/north-1/advert/more",
        "tangleway/2/test/charger/north-1/advert",
        "other/1/test/charger/north-1/advert",
        "tangleway/1/test/charger/north-1/command",
    ],
)
def test_foreign_topics_are_left_alone(topic: str) -> None:
    """What is not in the table, or of another version, is nobody's."""
    assert parse_topic(topic) is None


def test_nothing_retained_commands_anybody() -> None:
    """Only facts are retained; there is no topic for commands."""
    retained = {kind for kind, manner in MANNERS.items() if manner.retained}
    assert retained == {TopicKind.ADVERT, TopicKind.STATE}
    assert set(MANNERS) == set(TopicKind)


@pytest.mark.parametrize("kind", TopicKind)
def test_topics_are_documented(kind: TopicKind) -> None:
    """Each topic has its heading in the document."""
    text = (ROOT / "docs" / "discovery.md").read_text("utf-8")
    assert f"### `tangleway/1/<network>/<role>/<agent>/{kind}`" in text
