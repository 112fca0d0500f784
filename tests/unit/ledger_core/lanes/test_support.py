"""What the machine has for lanes."""

import os

import pytest

from ledger_core.lanes.support import usable_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores can not be chosen here")
def test_a_process_that_is_kept_on_one_core_has_one() -> None:
    """Not the machine's cores count, but those that the process may use."""
    before = os.sched_getaffinity(0)
    assert usable_cores() == len(before)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
