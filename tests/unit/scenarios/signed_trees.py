"""Checkpoints of a small log, signed by it and by as many of four operators as a test wants."""

from collections.abc import Sequence

from ledger_core import (
    Checkpoint,
    KeyPair,
    Note,
    Policy,
    cosign,
    log_key,
    network_origin,
    sign_checkpoint,
    validator_key,
)

LOG = KeyPair.from_seed(bytes([8]) * 32)
OPERATORS = ("city", "operator", "toll", "auditor")
ROOT = bytes(32)


def pair_of(name: str) -> KeyPair:
    """Return the keys of an operator."""
    return KeyPair.from_seed(name.encode().ljust(32, b"."))


POLICY = Policy(
    log_key("street", LOG.public_key),
    tuple(validator_key(name, pair_of(name).public_key) for name in OPERATORS),
    3,
)


def signed(size: int, names: Sequence[str] = OPERATORS[:3], *, root: bytes = ROOT) -> bytes:
    """Return a checkpoint with signatures of the log and of some operators."""
    note = sign_checkpoint(LOG, Checkpoint(network_origin("street"), size, root))
    lines = [cosign(pair_of(name), name, note, at_s=1_800_000_000) for name in names]
    return Note(note.text, (*note.signatures, *lines)).encode()
