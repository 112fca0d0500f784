"""Engines: chosen by name, given up for good, and never loaded where nobody asked."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from ledger_core import Bytes, EngineError, KeyPair
from ledger_core.engines import EngineName, Engines, OpenedLanes

PAIR = KeyPair.from_seed(bytes(32))


def row(data: bytes) -> Bytes:
    """Return bytes as one row."""
    return np.frombuffer(data, np.uint8).reshape(1, -1)


BATCH = row(PAIR.public_key), row(b"hello"), row(PAIR.sign(b"hello"))
"""One good signature."""


class FakeLanes:
    """Say what a test wants, and differ from libsodium on demand."""

    def __init__(self) -> None:
        self.differ: Callable[[str], None] = lambda _what: None
        self.calls = 0

    def open(
        self, *, on_disagreement: Callable[[str], None], recheck_every: int, table_bytes: int
    ) -> OpenedLanes:
        self.differ, self.recheck_every = on_disagreement, recheck_every
        self.table_bytes = table_bytes
        return self

    def verify(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        self.calls += 1
        return np.ones(len(public_keys), np.bool_)


def unable(
    *, on_disagreement: Callable[[str], None], recheck_every: int, table_bytes: int
) -> OpenedLanes:
    """Be a machine without what lanes need."""
    raise EngineError("No vectors here.")


def test_libsodium_verifies_until_somebody_chooses() -> None:
    """Nothing is loaded by itself."""
    engines = Engines(unable)
    assert engines.choice.name == "sodium"
    assert engines.verify(*BATCH).tolist() == [True]


@pytest.mark.parametrize("name", ["lanes", "auto"])
def test_lanes_are_used_where_they_run(name: EngineName) -> None:
    """By name or by themselves, lanes verify, and hear how often they are rechecked."""
    lanes = FakeLanes()
    engines = Engines(lanes.open)
    assert engines.use(name, recheck_every=9, table_bytes=99).name == "lanes"
    assert engines.verify(*BATCH).tolist() == [True]
    assert (lanes.calls, lanes.recheck_every, lanes.table_bytes) == (1, 9, 99)


def test_auto_is_libsodium_where_lanes_do_not_run() -> None:
    """And says why."""
    engines = Engines(unable)
    choice = engines.use("auto")
    assert (choice.name, choice.reason) == ("sodium", "No vectors here.")
    assert engines.verify(*BATCH).tolist() == [True]


def test_lanes_by_name_fail_where_they_do_not_run() -> None:
    """Who asked for lanes hears that there are none, and nothing changed."""
    engines = Engines(unable)
    before = engines.choice
    with pytest.raises(EngineError, match="No vectors here"):
        engines.use("lanes")
    assert engines.choice == before


def test_one_difference_ends_the_lanes_for_good() -> None:
    """The alarm is raised once, libsodium verifies, and no choice brings the lanes back."""
    lanes, alarms = FakeLanes(), list[str]()
    engines = Engines(lanes.open)
    engines.use("auto", on_alarm=alarms.append)
    lanes.differ("They differ.")
    lanes.differ("They differ again.")
    assert alarms == ["They differ."]
    assert engines.choice.name == "sodium"
    assert engines.verify(*BATCH).tolist() == [True]
    assert lanes.calls == 0
    assert engines.use("auto").name == "sodium"
    with pytest.raises(EngineError, match="not trusted any more: They differ"):
        engines.use("lanes")


def test_libsodium_can_be_chosen_again() -> None:
    """A choice is no way of no return while nothing differed."""
    lanes = FakeLanes()
    engines = Engines(lanes.open)
    engines.use("lanes")
    assert engines.use("sodium").name == "sodium"
    engines.verify(*BATCH)
    assert lanes.calls == 0


def test_nobody_loads_numba_who_did_not_choose() -> None:
    """Verifying with libsodium, and even importing the lanes' package, leaves numba alone."""
    code = (
        "import sys, numpy, ledger_core, ledger_core.lanes\n"
        "row = numpy.zeros((1, 64), numpy.uint8)\n"
        "ledger_core.verify_batch(row[:, :32], row, row)\n"
        "assert not {'numba', 'llvmlite'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
