"""Four operators who do not trust each other, and a log that they all cosign."""

from ledger_core import (
    Checkpoint,
    KeyPair,
    Note,
    Policy,
    cosign,
    log_key,
    network_origin,
    quorum_size,
    sign_checkpoint,
    validator_key,
)

NETWORK = "berlin"
AT_S = 1_800_000_000

LOG = KeyPair.from_seed(bytes([100]) * 32)

NAMES = ("city.example", "energy.example", "toll.example", "auditor.example")
VALIDATORS = {
    name: KeyPair.from_seed(bytes([number]) * 32) for number, name in enumerate(NAMES, 101)
}

POLICY = Policy(
    log_key(NETWORK, LOG.public_key),
    tuple(validator_key(name, pair.public_key) for name, pair in VALIDATORS.items()),
    quorum_size(len(NAMES)),
)
"""Three of the four."""


def log_note(size: int, root: bytes) -> Note:
    """Return a checkpoint that the log alone has signed."""
    return sign_checkpoint(LOG, Checkpoint(network_origin(NETWORK), size, root))


def cosigned(note: Note, *names: str, at_s: int = AT_S) -> Note:
    """Return a checkpoint that validators have cosigned, the first three unless told."""
    return note.signed_by(
        *(cosign(VALIDATORS[name], name, note, at_s=at_s) for name in names or NAMES[:3])
    )
