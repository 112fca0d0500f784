"""The end of a run: wait for all signatures that can still come, and not for ever."""

from typing import cast

import pytest

from ledger_node import Finality, LedgerClient, NodeSilentError
from scenarios import last_checkpoint as module
from scenarios.last_checkpoint import last_checkpoint
from tests.unit.scenarios.signed_trees import signed

HONEST = frozenset({"city", "operator", "auditor"})


class Told:
    """A client whose node says one thing after the other, the last one again and again."""

    def __init__(self, *said: Finality | Exception) -> None:
        self.said = list(said)

    async def checkpoint(self) -> Finality:
        """Return or raise the next thing."""
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Exception):
            raise said
        return said


def state(final_size: int, note: bytes) -> Finality:
    """Return what a node with nine records says."""
    return Finality(
        size=9, final_size=final_size, signatures=3, quorum=3, note=b"", final_note=note
    )


async def ended(*said: Finality | Exception) -> Finality | None:
    """Wait for the end with a node that says these things."""
    return await last_checkpoint(cast("LedgerClient", Told(*said)), HONEST)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a look follow the other at once."""
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.001)


async def test_until_all_honest_ones_have_signed() -> None:
    """Neither a part of the ledger nor a part of the operators is the end."""
    early = state(8, signed(8, tuple(HONEST)))
    few = state(9, signed(9, ("city", "toll", "auditor")))
    whole = state(9, signed(9, ("auditor", "city", "operator")))
    assert await ended(NodeSilentError("away"), early, state(9, b"?"), few, whole) == whole


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never comes is not waited for; the last word is given all the same."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.02)
    early = state(8, signed(8))
    assert await ended(early) == early
    assert await ended(NodeSilentError("away")) is None
