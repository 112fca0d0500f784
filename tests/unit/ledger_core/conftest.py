"""The implementations of the rules, for tests that all have to pass."""

import pytest

from tests.unit.ledger_core.world import (
    HISTORY,
    START_US,
    ByKernels,
    ByRules,
    ByValidator,
    Subject,
)


@pytest.fixture(params=[ByRules, ByValidator, ByKernels], ids=["rules", "validator", "kernels"])
def fresh(request: pytest.FixtureRequest) -> type[Subject]:
    """Return an implementation, to be made with the limits that a test needs."""
    made: type[ByRules | ByValidator] = request.param
    return made


@pytest.fixture
def subject(fresh: type[Subject]) -> Subject:
    """Return an implementation that has accepted the history of the world."""
    made = fresh()
    assert not any(made.apply(list(HISTORY.values()), START_US)), "the whole history is accepted"
    return made
