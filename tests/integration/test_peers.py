"""Peers do the work that they are measured by, and one that is not installed is left out."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.options import Options
from benchmarks.peers import AbsentError, Peer, run
from benchmarks.peers.anvil import Anvil
from benchmarks.peers.comparing import OURS
from benchmarks.peers.contract import Paying, program
from benchmarks.peers.payments import check_signature, payments
from benchmarks.peers.postgresql import Postgresql, SignedPostgresql
from benchmarks.peers.redis import Redis
from benchmarks.peers.sqlite import Sqlite
from benchmarks.traffic import ACCOUNTS, Traffic


class Absent:
    """Be installed nowhere."""

    name = "absent"

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        raise AbsentError("it is not installed")
        yield float


def test_what_peers_are_given_is_signed() -> None:
    """Payments are numbered account by account, and their signatures are good."""
    given = list(payments(Traffic(), ACCOUNTS + 2))
    assert [one.payer for one in given] == [*range(ACCOUNTS), 0, 1]
    assert [one.sequence for one in given[-3:]] == [0, 1, 1]
    check_signature(given[-1])


@pytest.mark.parametrize(
    "peer", [Postgresql(), SignedPostgresql(), Sqlite(), Redis(), Anvil()], ids=lambda one: one.name
)
def test_a_peer_pays(peer: Peer) -> None:
    """Whoever is installed pays for a moment, and is gone afterwards."""
    try:
        # Not pytest's folder: a server that root may not run has to come through.
        with tempfile.TemporaryDirectory() as name, peer.running(Path(name)) as pay:
            assert pay(0.1) > 0
    except AbsentError as error:
        pytest.skip(f"{peer.name}: {error}")


def test_peers_stand_beside_our_node(tmp_path: Path) -> None:
    """Each figure has our node's in the same runs; who is absent is named, and has none."""
    heard: list[str] = []
    options = Options(
        runs=1,
        is_quick=True,
        engine="sodium",
        folder=tmp_path,
        progress=lambda done, total, what: heard.append(what),
    )
    [result] = run(options, peers=[Absent(), Sqlite()])
    assert result.name == "peers.sqlite"
    assert result.peer is not None
    assert result.peer.name == OURS
    assert "absent is left out: it is not installed" in heard
    assert list(tmp_path.iterdir()) == []


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """A program is looked for in the path, then where distributions hide it."""
    hidden = tmp_path / "9" / "tangleway-nothing"
    hidden.parent.mkdir()
    hidden.touch()
    pattern = str(tmp_path / "*").removeprefix("/")
    assert program("tangleway-nothing", folders=(pattern,)) == str(hidden)
    with pytest.raises(AbsentError, match="tangleway-nothing is not installed"):
        program("tangleway-nothing")
