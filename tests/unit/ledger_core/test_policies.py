"""Policies: who has to sign, and what happens when somebody lies, is silent or unknown."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from ledger_core import (
    KeyPair,
    Note,
    NoteSignatureError,
    Policy,
    PolicyError,
    QuorumError,
    VerifierKey,
    check_checkpoint,
    cosign,
    quorum_size,
    validator_key,
    verify_checkpoint,
)
from tests.unit.ledger_core.operators import (
    AT_S,
    LOG,
    NAMES,
    POLICY,
    VALIDATORS,
    cosigned,
    log_note,
)

NOTE = log_note(7, bytes(32))
OTHER = log_note(7, bytes([1]) * 32)

STRANGERS = Path(__file__).parents[2] / "golden" / "strangers"
"""A checkpoint of a real log for certificates, cosigned by four real witnesses, and their keys."""


def test_a_real_checkpoint_is_final() -> None:
    """What logs and witnesses of other projects signed is understood; another kind is ignored."""
    keys = (STRANGERS / "keys.txt").read_text("utf-8").splitlines()
    log, *witnesses = (VerifierKey.parse(key) for key in keys)
    note = Note.parse((STRANGERS / "checkpoint.txt").read_bytes())
    found = verify_checkpoint(note, Policy(log, tuple(witnesses), 4))
    assert found.checkpoint.size == 1_432_088_532
    assert set(found.signed_at_s.values()) == {0x6A122120}
    assert found.missing == ()


def test_quorums_are_the_smallest_that_are_safe() -> None:
    """The formula gives what its derivation asks for, for every number of validators."""
    for count in range(1, 40):
        liars = max(f for f in range(count) if 3 * f < count)
        safe = [q for q in range(1, count + 1) if 2 * q - count >= liars + 1]
        assert quorum_size(count) == min(safe)
        assert quorum_size(count) <= count - liars
    assert quorum_size(0) == 0


@pytest.mark.parametrize(
    ("count", "liars", "crashes"), [(1, 0, 0), (2, 1, 0), (3, 0, 1), (4, 1, 1), (7, 2, 2)]
)
def test_what_a_policy_stands_is_told(count: int, liars: int, crashes: int) -> None:
    """Three stand a crash, four a liar."""
    keys = tuple(
        validator_key(f"v{number}", KeyPair.from_seed(bytes([number]) * 32).public_key)
        for number in range(count)
    )
    policy = Policy(POLICY.log, keys, quorum_size(count))
    assert policy.crashes_tolerated == crashes
    assert policy.liars_tolerated == liars


@pytest.mark.parametrize("names", list(combinations(NAMES, 3)), ids=" ".join)
def test_any_quorum_makes_final(names: tuple[str, ...]) -> None:
    """Three of the four suffice, whichever they are; the fourth is told as missing."""
    found = verify_checkpoint(cosigned(NOTE, *names), POLICY)
    assert found.checkpoint.size == 7
    assert found.signed_at_s == dict.fromkeys(names, AT_S)
    assert set(found.missing) == set(NAMES) - set(names)


@pytest.mark.parametrize("names", [(), NAMES[:1], NAMES[2:]], ids=len)
def test_fewer_do_not(names: tuple[str, ...]) -> None:
    """Without the quorum the error says who has signed, who has not, and how many must."""
    note = cosigned(NOTE, *names) if names else NOTE
    with pytest.raises(QuorumError, match=f"{len(names)} of the 3 validators") as caught:
        verify_checkpoint(note, POLICY)
    assert caught.value.signed == names
    assert set(caught.value.missing) == set(NAMES) - set(names)
    assert caught.value.quorum == 3
    assert set(check_checkpoint(note, POLICY).signed_at_s) == set(names)


def test_one_validator_has_one_vote() -> None:
    """Signing three times makes no quorum; the latest time counts."""
    note = NOTE.signed_by(
        *(cosign(VALIDATORS[NAMES[0]], NAMES[0], NOTE, at_s=AT_S + late) for late in (1, 2, 0))
    )
    with pytest.raises(QuorumError, match="1 of the 3"):
        verify_checkpoint(note, POLICY)
    assert check_checkpoint(note, POLICY).signed_at_s == {NAMES[0]: AT_S + 2}


def test_strangers_have_no_vote() -> None:
    """A stranger's signature, even under a validator's name, is as good as none."""
    stranger = KeyPair.from_seed(bytes(32))
    note = cosigned(NOTE, *NAMES[:2]).signed_by(
        cosign(stranger, "stranger.example", NOTE, at_s=AT_S),
        cosign(stranger, NAMES[2], NOTE, at_s=AT_S),
    )
    with pytest.raises(QuorumError, match="2 of the 3"):
        verify_checkpoint(note, POLICY)


def test_a_liar_is_named() -> None:
    """A cosignature over another tree spoils the note, and the error says whose it is."""
    [lie] = cosigned(OTHER, NAMES[3]).signatures[1:]
    with pytest.raises(NoteSignatureError, match=f"{NAMES[3]} signed another tree"):
        verify_checkpoint(cosigned(NOTE).signed_by(lie), POLICY)


def test_validators_do_not_replace_the_log() -> None:
    """Cosignatures under a text that the log did not sign are worth nothing."""
    note = cosigned(Note(NOTE.text), *NAMES)
    with pytest.raises(NoteSignatureError, match="is not signed by the log"):
        verify_checkpoint(note, POLICY)


def test_without_validators_the_log_is_trusted() -> None:
    """A policy that names nobody else takes the log's word."""
    policy = Policy(POLICY.log)
    assert verify_checkpoint(NOTE, policy).signed_at_s == {}
    assert (policy.liars_tolerated, policy.crashes_tolerated) == (-1, 0)


@pytest.mark.parametrize("quorum", [-1, 0, 5])
def test_impossible_quorums_are_refused(quorum: int) -> None:
    """Nobody, or more than there are, is no quorum of four; the error says what is."""
    with pytest.raises(PolicyError, match=f"{quorum} of 4 validators can not be a quorum: 3 is"):
        replace(POLICY, quorum=quorum)


def test_nobody_votes_twice() -> None:
    """A name or key that stands twice is refused, the log's key included."""
    first = POLICY.validators[0]
    for double in (
        first,
        validator_key("other", first.public_key),
        validator_key(first.name, KeyPair.from_seed(bytes(32)).public_key),
        validator_key("other", LOG.public_key),
    ):
        with pytest.raises(PolicyError, match="stands twice"):
            Policy(POLICY.log, (*POLICY.validators, double), 4)


def test_keys_stand_where_they_belong() -> None:
    """A validator's key is none for the log, and the other way round."""
    with pytest.raises(PolicyError, match="one for cosignatures"):
        Policy(POLICY.validators[0])
    with pytest.raises(PolicyError, match="tangleway/berlin is none for cosignatures"):
        Policy(replace(POLICY.log, public_key=LOG.public_key), (POLICY.log,), 1)


def test_strangers_tools_can_read_it() -> None:
    """The policy is written as tlog-policy describes: log, witnesses, one group, its quorum."""
    log, *witnesses, group, quorum = POLICY.encode().splitlines()
    assert log == f"log {POLICY.log.encode()}"
    assert witnesses == [
        f"witness validator-{number} {key.encode()}"
        for number, key in enumerate(POLICY.validators, 1)
    ]
    assert group == "group validators 3 validator-1 validator-2 validator-3 validator-4"
    assert quorum == "quorum validators"
    assert Policy(POLICY.log).encode().splitlines()[1:] == ["quorum none"]
