"""The audit: what it checks, what it says it could not, and that it names what is wrong."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_core import KeyPair, Policy, log_key, parse_records, validator_key
from ledger_node.audit import AuditResult, audit
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry
from ledger_node.policy_files import write_policy
from tests.unit.ledger_node.stored_town import (
    NAMES,
    PAYLOAD,
    POLICY,
    Town,
    at_work,
    lived,
    put_down,
)

STRANGERS = Policy(
    log_key("street", KeyPair.from_seed(bytes([77]) * 32).public_key),
    (validator_key("nobody", KeyPair.from_seed(bytes([78]) * 32).public_key),),
    quorum=1,
)


def checked(result: AuditResult) -> list[str]:
    """Return what was checked."""
    return [finding.text for finding in result.findings if finding.is_checked]


def unchecked(result: AuditResult) -> list[str]:
    """Return what could not be."""
    return [finding.text for finding in result.findings if not finding.is_checked]


def test_everything_is_checked_and_said(tmp_path: Path) -> None:
    """A sound ledger passes, and the findings say what that means."""
    result = audit(put_down(lived(), tmp_path), policy=POLICY)
    assert (result.ok, result.reason, result.position) == (True, "16 records are right", None)
    assert checked(result) == [
        "16 records: signatures, parents, rules, times, their chain",
        "balances and holds make up the supply, 1000000",
        "payloads: 1",
        "checkpoint 16 (signed) has the root of this log",
        "checkpoint 16 (final) has the root of this log",
        "checkpoint 16 (signed) signed by tangleway/street, not by city, toll",
        "checkpoint 16 (final) signed by tangleway/street, city, toll",
    ]
    assert unchecked(result) == ["payloads: 1 are not kept here"]


def test_progress_is_told(tmp_path: Path) -> None:
    """Whoever waits hears how far it has come."""
    heard: list[tuple[int, int]] = []
    audit(put_down(lived(), tmp_path), progress=lambda *told: heard.append(told))
    assert heard[0] == (1, 16)
    assert heard[-1] == (16, 16)


def test_without_a_key_nobody_is_believed(tmp_path: Path) -> None:
    """Where no policy is known, signatures are left unchecked, and that is said."""
    result = audit(put_down(lived(), tmp_path))
    assert result.ok
    assert unchecked(result)[1:] == [
        "the signatures under checkpoint 16 (signed): no key known",
        "the signatures under checkpoint 16 (final): no key known",
    ]


def test_a_policy_beside_the_data_is_used_and_named(tmp_path: Path) -> None:
    """What a run leaves beside its data is enough to check its signatures."""
    write_policy(tmp_path / "policy.toml", POLICY)
    result = audit(put_down(lived(), tmp_path / "ledger" / "data"))
    assert result.ok
    assert any(f"{tmp_path / 'policy.toml'}, which lies beside" in text for text in checked(result))
    assert unchecked(result) == ["payloads: 1 are not kept here"]


def test_strangers_signatures_count_for_nothing(tmp_path: Path) -> None:
    """Who trusts others than those who signed is told so."""
    result = audit(put_down(lived(), tmp_path), policy=STRANGERS)
    assert (result.ok, result.position) == (False, None)
    assert "not signed by the log tangleway/street" in result.reason


def test_final_without_a_quorum_is_not_final(tmp_path: Path) -> None:
    """A checkpoint that was kept as final needs the quorum that the auditor asks for."""
    town = lived()
    data = put_down(town, tmp_path, {Role.FINAL: town.note("city")})
    result = audit(data, policy=POLICY)
    assert not result.ok
    assert "city" in result.reason
    assert "toll" in result.reason


@pytest.mark.parametrize("names", [("city",), ()])
def test_a_validators_own_memory_is_checked(tmp_path: Path, names: tuple[str, ...]) -> None:
    """What a validator keeps bears its own signature; by others than the policy's it is named."""
    town = lived()
    note = town.note("city")
    own = replace(note, signatures=note.signatures[1:])
    keys = tuple(key for key in POLICY.validators if key.name in names)
    policy = Policy(POLICY.log, keys, quorum=len(keys))
    result = audit(put_down(town, tmp_path, {Role.COSIGNED: own}), policy=policy)
    assert result.ok
    found = checked(result) if names else unchecked(result)
    assert any("city" in text and "16" in text for text in found)


def test_what_nobody_has_signed_yet_is_said(tmp_path: Path) -> None:
    """Records behind the last checkpoint are vouched for by nobody but the disk."""
    town = lived()
    note = town.note(*NAMES)
    town.batch(town.pay(2))
    result = audit(put_down(town, tmp_path, {Role.SIGNED: note}), policy=POLICY)
    assert result.ok
    assert "records from 16 on: no stored checkpoint covers them yet" in unchecked(result)


def test_a_ledger_at_work_is_read_beside_it(tmp_path: Path) -> None:
    """Nothing is changed, nobody is disturbed, and what is written ahead is seen."""
    with at_work(lived(), tmp_path) as data:
        before = {path.name: path.read_bytes() for path in data.glob("*.sqlite*")}
        assert audit(data, policy=POLICY).ok
        after = {path.name: path.read_bytes() for path in data.glob("*.sqlite*")}
    kept = [name for name in before if not name.endswith("-shm")]
    assert [after[name] for name in kept] == [before[name] for name in kept]


def forged(town: Town, place: int, entry: Entry) -> Town:
    """Put another entry in a place of the log."""
    town.entries[place] = entry
    return town


def test_a_record_that_breaks_a_rule_is_named(tmp_path: Path) -> None:
    """An operator that lets a payment through twice is caught, at the second one's position."""
    town = lived()
    town.entries.append(replace(town.entries[1], first=town.size, at_us=town.now_us))
    result = audit(put_down(town, tmp_path, {}))
    assert (result.ok, result.position) == (False, 16)
    assert "at position 16 breaks the rules (ALREADY_ACCEPTED)" in result.reason


def test_a_false_signature_is_named(tmp_path: Path) -> None:
    """A chain made anew over a changed record does not help: the issuer did not sign it."""
    town = lived()
    records = parse_records(town.entries[1].records).copy()
    records["amount"][2] += 1
    result = audit(
        put_down(forged(town, 1, replace(town.entries[1], records=records.tobytes())), tmp_path, {})
    )
    assert (result.ok, result.position) == (False, 3)
    assert "BAD_SIGNATURE" in result.reason


def test_time_that_runs_backwards_is_named(tmp_path: Path) -> None:
    """A batch can not have been applied before the one before it."""
    town = lived()
    result = audit(put_down(forged(town, 3, replace(town.entries[3], at_us=1_000)), tmp_path, {}))
    assert (result.ok, result.position) == (False, town.entries[3].first)
    assert "applied before the one before" in result.reason


def test_a_genesis_with_company_is_named(tmp_path: Path) -> None:
    """The first batch has the genesis alone."""
    town = lived()
    first, second = town.entries[:2]
    town.entries[:2] = [replace(first, records=first.records + second.records)]
    result = audit(put_down(town, tmp_path, {}))
    assert (result.ok, result.position) == (False, 1)


def test_a_ledger_that_begins_with_nothing_is_named(tmp_path: Path) -> None:
    """A log without a genesis is no ledger; an empty one neither."""
    town = lived()
    town.entries[0] = replace(town.entries[0], records=bytes(256))
    assert audit(put_down(town, tmp_path / "zeros", {})).position == 0
    with (
        closing(LocalLog(tmp_path / "log.sqlite")),
        closing(CheckpointStore(tmp_path / "checkpoints.sqlite")),
    ):
        pass
    result = audit(tmp_path)
    assert (result.ok, result.reason) == (False, "The log is empty.")


@pytest.mark.parametrize(
    ("payloads", "position"),
    [(((6, b"forged"),), 6), (((3, PAYLOAD),), 3), (((900, PAYLOAD),), 16), (((-4, b""),), -4)],
)
def test_payloads_belong_to_their_records(
    tmp_path: Path, payloads: tuple[tuple[int, bytes], ...], position: int
) -> None:
    """A payload that no record committed to is named, wherever it says that it belongs."""
    town = lived()
    town.entries[2] = replace(town.entries[2], payloads=payloads)
    result = audit(put_down(town, tmp_path))
    assert (result.ok, result.position) == (False, position)
    assert "payload" in result.reason


def test_a_longer_signed_log_is_missed(tmp_path: Path) -> None:
    """Who signed more than there is shows what is missing."""
    town = lived()
    note = town.note(*NAMES)
    town.entries.pop()
    result = audit(put_down(town, tmp_path, {Role.SIGNED: note}))
    assert (result.ok, result.position) == (False, 15)
    assert "the log ends at 15" in result.reason


def test_another_signed_log_is_noticed(tmp_path: Path) -> None:
    """A whole and sound log that is not the one that was signed does not pass."""
    note = lived().note(*NAMES)
    other = Town()
    other.batch(other.pay(20))
    result = audit(put_down(other, tmp_path, {Role.FINAL: note}))
    assert (result.ok, result.position) == (False, 0)
    assert "are not those that were signed" in result.reason
