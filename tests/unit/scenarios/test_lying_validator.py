"""The liar of a story: true books, and another tree for everybody else once it is time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from ledger_core import Checkpoint, Note, log_key, validator_key, verify_cosignature
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import DivergedError
from scenarios.lying_validator import LyingJudge, main, other_tree
from tests.unit.ledger_node.street import CLEO, NODE_PAIR, HandClock, opened, payments
from tests.unit.ledger_node.test_judge import batch, signed


@asynccontextmanager
async def lying(path: Path) -> AsyncIterator[LyingJudge]:
    """Open a liar's ledger and its judge; its lie begins with the file `lie`."""
    async with opened(path, HandClock()) as state:
        with closing(CheckpointStore(path / "checkpoints.sqlite")) as store:
            yield LyingJudge(
                state,
                store,
                lie_file=path / "lie",
                name="toll",
                key_pair=CLEO,
                log=log_key("street", NODE_PAIR.public_key),
                clock=HandClock(),
            )


async def test_it_signs_another_tree(tmp_path: Path) -> None:
    """Honest at first; then the same size, another root, a true signature, and no trace of it."""
    key = validator_key("toll", CLEO.public_key)
    true = signed(payments(1))
    async with lying(tmp_path) as judge:
        await judge.take([batch(1, payments(1))])
        honest = judge.cosign(true)
        assert honest is not None
        assert honest.text == true.text
        (tmp_path / "lie").touch()
        lie = judge.cosign(true)
    assert lie is not None
    told = Checkpoint.parse(lie.text)
    assert told == other_tree(Checkpoint.parse(true.text))
    assert (told.size, told.origin) == (2, "tangleway/street")
    [line] = lie.signatures
    assert verify_cosignature(lie, key, line.signature) > 0
    with closing(CheckpointStore(tmp_path / "checkpoints.sqlite")) as store:
        assert store.read(Role.COSIGNED) == honest


async def test_it_lies_about_this_log_alone(tmp_path: Path) -> None:
    """What the log has not signed is none of its business either."""
    (tmp_path / "lie").touch()
    async with lying(tmp_path) as judge:
        with pytest.raises(DivergedError, match="counts for nothing"):
            judge.cosign(Note(signed([]).text, ()))


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks is told what it is for."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "an actor for stories and tests" in " ".join(said.split())
    assert "Example: python -m scenarios.lying_validator --config" in said
