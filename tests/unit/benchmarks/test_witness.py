"""The witness notices everything that a crash could have spoilt, each by its own sentence."""

import numpy as np
import pytest

from benchmarks.crash import Witness
from ledger_core import (
    Checkpoint,
    Frontier,
    KeyPair,
    Note,
    Policy,
    cosign,
    data,
    log_key,
    network_origin,
    record_ids,
    sign_checkpoint,
    validator_key,
)
from ledger_node.log import Entry

LOG, CITY, STRANGER = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
POLICY = Policy(log_key("street", LOG.public_key), (validator_key("city", CITY.public_key),), 1)

RECORDS = np.stack(
    [
        data(
            LOG,
            network=1,
            parents=(bytes(32), bytes(32)),
            sequence=number,
            issued_at=0,
            valid_for=1,
            digest=bytes(32),
        )
        for number in range(5)
    ]
)
IDS = record_ids(RECORDS)


def entry(first: int, stop: int) -> Entry:
    """Return a batch of the log."""
    return Entry(first=first, at_us=0, records=RECORDS[first:stop].tobytes())


def checkpoint(size: int, *, root: bytes | None = None) -> Note:
    """Return what the log signs, which is true unless another root is given."""
    tree = Frontier()
    tree.append(IDS[:size])
    return sign_checkpoint(LOG, Checkpoint(network_origin("street"), size, root or tree.root()))


@pytest.fixture
def witness() -> Witness:
    """Return a witness that has read the log's five records."""
    witness = Witness(POLICY)
    witness.read([entry(0, 2), entry(2, 5)], source="the log")
    return witness


def test_the_same_again_is_right(witness: Witness) -> None:
    """Whatever is told again as it was told before is no finding."""
    witness.read([entry(2, 5)], source="the log")
    witness.hear(IDS[3].tobytes(), 3, source="an answer")
    witness.check_size(5, source="the node")
    for note in (checkpoint(2), checkpoint(5), checkpoint(2)):
        witness.hear_note(note, source="an event")
    witness.check_roots()
    assert (witness.findings, witness.size, witness.signatures) == ([], 5, 2)
    assert witness.latest()[-1] == IDS[4].tobytes()


def test_a_record_that_moves_is_found(witness: Witness) -> None:
    """One id has one position, and one position one id."""
    witness.hear(IDS[3].tobytes(), 9, source="an answer")
    witness.hear(bytes(32), 4, source="an event")
    moved, reused = witness.findings
    assert moved.endswith("stands at 9, but at 3 before")
    assert (
        reused == f"an event: position 4 has {'0' * 12}, but {IDS[4].tobytes().hex()[:12]} before"
    )


def test_a_lost_record_is_found(witness: Witness) -> None:
    """A log is not shorter than what was told to be accepted."""
    witness.hear(bytes(32), 6, source="an answer")
    witness.check_size(6, source="the node")
    [finding] = witness.findings
    assert finding == "the node: the log has 6 records, but one at 6 was told to be accepted"


def test_a_gap_in_the_log_is_found() -> None:
    """A log gives out its records one behind the other."""
    witness = Witness(POLICY)
    witness.read([entry(0, 2), entry(3, 5)], source="the log")
    assert witness.findings == ["the log: the log goes on at 3 behind 2"]


def test_what_was_pruned_is_known_by_what_was_told() -> None:
    """A log that has let go of its beginning is whole where all of that was told."""
    witness = Witness(POLICY)
    witness.hear_all(IDS[:3], 0, source="an event")
    witness.read([entry(3, 5)], source="the log")
    witness.hear_note(checkpoint(5), source="an event")
    witness.check_roots()
    assert (witness.findings, witness.size) == ([], 5)


def test_a_second_tree_is_found(witness: Witness) -> None:
    """Nobody signs two trees of one size, neither the log nor a validator."""
    right, other = checkpoint(3), checkpoint(3, root=bytes(32))
    for note in (right, other):
        line = cosign(CITY, "city", note, at_s=7)
        witness.hear_note(Note(note.text, (line,)), source="a store")
        witness.hear_note(note, source="an event")
    assert [finding.split(",")[0] for finding in witness.findings] == [
        "a store: city signed two trees of size 3",
        "an event: tangleway/street signed two trees of size 3",
    ]
    assert witness.is_signed("city", 3)
    assert not witness.is_signed("city", 4)


def test_a_tree_of_another_log_is_found(witness: Witness) -> None:
    """What was signed once is compared with the whole log in the end."""
    witness.hear_note(checkpoint(4, root=bytes(32)), source="an event")
    long = Checkpoint(network_origin("street"), 9, bytes(32))
    witness.hear_note(sign_checkpoint(LOG, long), source="an event")
    witness.check_roots()
    assert witness.findings == [
        "tangleway/street signed a tree of size 4 that is not the log's",
        "tangleway/street signed a tree of 9 records, but the log has 5",
    ]


def test_signatures_that_count_for_nothing_are_found(witness: Witness) -> None:
    """A forged signature is a finding, and so is a note that nobody of the policy has signed."""
    note = checkpoint(2)
    forged = Note(note.text.replace("\n2\n", "\n3\n"), note.signatures)
    witness.hear_note(forged, source="an event")
    foreign = sign_checkpoint(STRANGER, Checkpoint(network_origin("street"), 2, bytes(32)))
    witness.hear_note(foreign, source="an event")
    assert witness.findings == [
        "an event: The signature of the log tangleway/street is forged or damaged.",
        "an event: a checkpoint that nobody of the policy has signed",
    ]
    assert witness.signatures == 0


def test_not_everything_is_told_in_full(witness: Witness) -> None:
    """One fault can make thousands of findings: they are counted."""
    for place in range(100):
        witness.hear(bytes(32), place, source="an answer")
    assert len(witness.findings) == 20
    assert witness.found > 100
