"""The embedded broker's own parts; it is tried as a whole in the integration tests."""

from agent_runtime.broker import _SteadyDict


def test_subscriptions_may_change_while_somebody_walks_over_them() -> None:
    """Whoever walks over keys or items sees those of the beginning, and ends in peace."""
    subscriptions = _SteadyDict({"a": [], "b": []})
    seen = []
    for topic in subscriptions:
        subscriptions[topic + "/more"] = []
        seen.append(topic)
    for topic, sessions in subscriptions.items():
        assert sessions == []
        del subscriptions[topic]
    assert seen == ["a", "b"]
    assert not subscriptions
