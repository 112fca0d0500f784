"""Where an audit of a pruned ledger begins: with what a quorum has signed, or nowhere."""

from pathlib import Path

import pytest

from ledger_core import EmptyArchive, parse_records, record_ids
from ledger_node.audit_start import audit_start
from ledger_node.errors import SnapshotDamagedError
from ledger_node.settings import PruneSettings
from tests.unit.ledger_node.small_street import EVERY, POLICY, signed_by, small_street
from tests.unit.ledger_node.street import ANN, BEN, ORIGIN, id_of, pay, payments


async def pruned(path: Path, *names: str) -> None:
    """Prune a street behind its first snapshot; a later record names a parent that is gone."""
    async with small_street(path, POLICY) as street:
        await street.take(payments(EVERY))
        first = street.desk.latest
        assert first is not None
        street.desk.receive(signed_by(first, "city", "auditor"))
        old = id_of(payments(3)[2])
        await street.take([pay(ANN, BEN, sequence=EVERY, parents=(ORIGIN, old))])
        await street.take(payments(EVERY, first=EVERY + 1))
        latest = street.desk.latest
        assert latest is not None
        if names:
            street.desk.receive(signed_by(latest, *names))
        await street.pruner.prune(PruneSettings(age_s=1e9) if names else None)


async def test_it_goes_on_to_the_end(tmp_path: Path) -> None:
    """All records behind the earliest snapshot are judged, and give the ledger's own root."""
    await pruned(tmp_path)
    async with small_street(tmp_path, POLICY) as street:
        log = street.state.log
        start = audit_start(tmp_path, first=log.first, size=log.size, policy=POLICY)
        assert start is not None
        assert (start.position, log.first) == (EVERY + 1, EVERY + 1)
        assert start.signed is not None
        assert start.signed.names == ("city", "auditor")
        ledger, tree = start.ledger(EmptyArchive()), start.frontier()
        for entry in log.entries(start.position):
            records = parse_records(entry.records)
            assert not ledger.apply(records, at=entry.at_us).any()
            tree.append(record_ids(records))
        assert tree.root() == street.state.tree.root()
        assert ledger.balances_total + ledger.holds_total == ledger.supply
        assert start.at_us <= street.state.at_us


async def test_nothing_vouches_without_a_quorum(tmp_path: Path) -> None:
    """Snapshots below the log's beginning, or that few have signed, are no beginning."""
    await pruned(tmp_path)
    assert audit_start(tmp_path, first=EVERY + 2, size=30, policy=POLICY) is None
    found = audit_start(tmp_path, first=EVERY + 2, size=30)
    assert found is not None
    assert (found.position, found.signed) == (2 * EVERY + 2, None)
    assert audit_start(tmp_path / "elsewhere", first=1, size=30) is None


async def test_damage_is_named(tmp_path: Path) -> None:
    """Where none is what was written, that is the finding."""
    await pruned(tmp_path)
    for path in (tmp_path / "snapshots").glob("*.snapshot"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotDamagedError, match="not the one on its note"):
        audit_start(tmp_path, first=1, size=30)
