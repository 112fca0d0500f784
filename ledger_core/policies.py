"""Policies: whom one trusts, and how many of them have to agree before money counts as moved.

*How many.* Let n validators be named, f of them liars that sign anything, and let q signatures be
asked for. Two lessons fix q:

- Two different histories must never both be final. Two sets of q validators share at least 2q - n;
  one of those shared must be honest, since an honest one never signs two histories. So
  2q - n ≥ f + 1.
- Finality must go on when the f liars keep silent. So q ≤ n - f.

Both hold together only if n ≥ 3f + 1. `quorum_size` takes the largest such f and then the smallest
q: with three validators q is 2, which stands one crash and no liar; with four, 3, which stands one
liar or one crash. Who asks for fewer than half may see two histories that both look final.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger_core.checkpoints import Checkpoint, open_checkpoint
from ledger_core.cosignatures import verify_cosignature
from ledger_core.errors import PolicyError, QuorumError
from ledger_core.notes import Note
from ledger_core.verifier_keys import SignatureType, VerifierKey

__all__ = [
    "SNAPSHOT_EVERY",
    "CosignedCheckpoint",
    "Policy",
    "check_checkpoint",
    "quorum_size",
    "verify_checkpoint",
]

SNAPSHOT_EVERY = 262_144
"""How many records lie between two snapshots: 64 MiB, which a start replays within seconds, and so
seldom that writing the state of a million accounts each time costs nothing that shows."""


def quorum_size(validators: int) -> int:
    """Return how many validators have to sign, so that as many liars as possible do no harm.

    Args:
        validators: How many there are; none needs none.

    >>> [quorum_size(count) for count in range(1, 8)]
    [1, 2, 2, 3, 4, 4, 5]
    """
    liars = max(0, validators - 1) // 3
    return (validators + liars) // 2 + 1 if validators else 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold what somebody trusts: one log, some validators, and how many of those must agree."""

    log: VerifierKey
    """The log's key; its name is the origin."""

    validators: tuple[VerifierKey, ...] = ()
    """The validators' keys."""

    quorum: int = 0
    """How many validators must have signed; 0 only where there are none, and the log alone is
    trusted."""

    snapshot_every: int = SNAPSHOT_EVERY
    """Everybody takes a snapshot at the first end of a batch at or behind each multiple of this.
    [records]"""

    def __post_init__(self) -> None:
        if self.snapshot_every < 1:
            raise PolicyError(f"There can not be a snapshot every {self.snapshot_every} records.")
        if self.log.signature_type is not SignatureType.ED25519:
            raise PolicyError("The log's key is one for cosignatures: take the log's own key.")
        for key in self.validators:
            if key.signature_type is not SignatureType.COSIGNATURE:
                raise PolicyError(f"The key of {key.name} is none for cosignatures (type 4).")
        keys = [key.public_key for key in (self.log, *self.validators)]
        names = [key.name for key in self.validators]
        if len(set(keys)) < len(keys) or len(set(names)) < len(names):
            raise PolicyError("A name or key stands twice in the policy: each has one vote.")
        if not bool(self.validators) <= self.quorum <= len(self.validators):
            raise PolicyError(
                f"{self.quorum} of {len(self.validators)} validators can not be a quorum: "
                f"{quorum_size(len(self.validators))} is a good one."
            )

    def takes_snapshot(self, before: int, after: int) -> bool:
        """Tell whether everybody takes a snapshot at the end of a batch.

        Args:
            before: How many records there were when the batch began.
            after: How many there were at its end.

        >>> from ledger_core.checkpoints import log_key
        >>> from ledger_core.keys import KeyPair
        >>> log = log_key("berlin", KeyPair.from_seed(bytes(32)).public_key)
        >>> policy = Policy(log, snapshot_every=100)
        >>> policy.takes_snapshot(98, 100), policy.takes_snapshot(100, 199)
        (True, False)
        """
        return after // self.snapshot_every > before // self.snapshot_every

    @property
    def liars_tolerated(self) -> int:
        """How many validators may lie before two histories can both become final.

        -1 says that the log alone could do it, by showing honest validators two histories.
        """
        return 2 * self.quorum - len(self.validators) - 1

    @property
    def crashes_tolerated(self) -> int:
        """How many validators may be away while finality goes on."""
        return len(self.validators) - self.quorum

    def encode(self) -> str:
        r"""Write the policy in the form of C2SP tlog-policy, for the tools of strangers.

        >>> from ledger_core.checkpoints import log_key
        >>> from ledger_core.keys import KeyPair
        >>> Policy(log_key("berlin", KeyPair.from_seed(bytes(32)).public_key)).encode()[-12:]
        'quorum none\n'
        """
        labels = [f"validator-{number}" for number in range(1, 1 + len(self.validators))]
        witnesses = (
            f"witness {label} {key.encode()}"
            for label, key in zip(labels, self.validators, strict=True)
        )
        group = f"group validators {self.quorum} {' '.join(labels)}"
        rule = [group, "quorum validators"] if labels else ["quorum none"]
        return "\n".join([f"log {self.log.encode()}", *witnesses, *rule]) + "\n"


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """Hold a checkpoint that the log has signed, and which validators stand by it."""

    checkpoint: Checkpoint
    """What they say."""

    signed_at_s: Mapping[str, int]
    """Name of each validator that has signed, and when. [s since the Unix epoch]"""

    missing: tuple[str, ...]
    """Names of the validators that have not signed, in the policy's order."""


def check_checkpoint(note: Note, policy: Policy) -> CosignedCheckpoint:
    """Verify all signatures of known keys, and tell which validators have signed so far.

    Args:
        note: A checkpoint from somewhere.
        policy: Whom to trust. Signatures by others are ignored.

    Raises:
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        CheckpointFormatError: When it is no checkpoint of this log.

    >>> from ledger_core.checkpoints import log_key, sign_checkpoint
    >>> from ledger_core.cosignatures import validator_key
    >>> from ledger_core.keys import KeyPair
    >>> log, city = KeyPair.from_seed(bytes(32)), KeyPair.from_seed(bytes([1]) * 32)
    >>> note = sign_checkpoint(log, Checkpoint("tangleway/berlin", 7, bytes(32)))
    >>> validators = (validator_key("city", city.public_key),)
    >>> policy = Policy(log_key("berlin", log.public_key), validators, 1)
    >>> check_checkpoint(note, policy).missing
    ('city',)
    """
    checkpoint = open_checkpoint(note, policy.log)
    signed_at_s = {
        key.name: max(verify_cosignature(note, key, signature) for signature in signatures)
        for key in policy.validators
        if (signatures := note.signatures_of(key))
    }
    missing = (key.name for key in policy.validators if key.name not in signed_at_s)
    return CosignedCheckpoint(checkpoint, signed_at_s, tuple(missing))


def verify_checkpoint(note: Note, policy: Policy) -> CosignedCheckpoint:
    """Verify that a checkpoint is final: signed by the log and by a quorum of validators.

    Args:
        note: A checkpoint from somewhere.
        policy: Whom to trust. Signatures by others are ignored.

    Raises:
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        CheckpointFormatError: When it is no checkpoint of this log.
        QuorumError: When too few validators have signed.

    >>> from ledger_core.checkpoints import log_key, sign_checkpoint
    >>> from ledger_core.keys import KeyPair
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> note = sign_checkpoint(pair, Checkpoint("tangleway/berlin", 7, bytes(32)))
    >>> verify_checkpoint(note, Policy(log_key("berlin", pair.public_key))).checkpoint.size
    7
    """
    cosigned = check_checkpoint(note, policy)
    if len(cosigned.signed_at_s) < policy.quorum:
        raise QuorumError(
            signed=tuple(cosigned.signed_at_s), missing=cosigned.missing, quorum=policy.quorum
        )
    return cosigned
