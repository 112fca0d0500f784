"""Garbage: what was made at the start is never looked at again."""

import gc
from collections.abc import Iterator

import pytest

from ledger_node.garbage import set_aside


@pytest.fixture(autouse=True)
def let_look_again() -> Iterator[None]:
    """Leave the collector as it was."""
    yield
    gc.unfreeze()


def test_what_there_is_is_set_aside_and_what_comes_is_looked_at() -> None:
    """Objects from before count as permanent, new circles are found."""
    set_aside()
    assert gc.get_freeze_count() > len(gc.get_objects())
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() == 1
