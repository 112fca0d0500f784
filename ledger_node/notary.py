"""The notary: signs how far the log has come, and gathers the validators' signatures under it.

A checkpoint is written down before it leaves, and never two with one size: the tree follows from
the log, which is durable, and at the start the last signed root is compared with it. When enough
validators of the policy stand by a checkpoint, all records before it are *final*.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger_core import (
    Checkpoint,
    CheckpointFormatError,
    KeyPair,
    Note,
    NoteSignature,
    NoteSignatureError,
    Policy,
    check_checkpoint,
    log_key,
    sign_checkpoint,
    verify_cosignature,
)
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import (
    CheckpointMismatchError,
    OtherTreeError,
    PolicyFileError,
    RequestRefusedError,
)
from ledger_node.headers import Refusal
from ledger_node.tree import Tree

__all__ = ["CHECKPOINT_EVERY_S", "HEARTBEAT_EVERY_S", "Notary", "Pending"]

CHECKPOINT_EVERY_S = 0.1
"""How often there may be a checkpoint with news: finality follows within two of them, and each
costs every party a signature and a sync. [s]"""

HEARTBEAT_EVERY_S = 2.0
"""How often the latest checkpoint is told anew when nothing happens, so that a validator that was
away signs it, and silence shows. [s]"""

PENDING_MAX = 256
"""Checkpoints that wait for a quorum: 25 s of a busy node; a validator further behind has to come
closer anyhow before it can help."""

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Pending:
    """Hold a checkpoint that was signed, and who stands by it so far."""

    size: int
    """How many records it covers."""
    signed_at_us: int
    """When it was signed first in this run of the node. [µs]"""
    note: Note
    """The checkpoint with all signatures so far."""
    names: frozenset[str]
    """Names of the validators that have signed."""


class Notary:
    """Sign checkpoints of a tree, and gather cosignatures.

    Args:
        tree: The log's tree, grown to the log's end.
        store: Where signed checkpoints are kept.
        key_pair: The log's keys.
        network: Name of the network.
        policy: Whose signatures make a checkpoint final; None means the log's alone.
        clock: Tells the time. [µs]

    Raises:
        CheckpointFormatError: The network's name can not stand in a checkpoint.
        PolicyFileError: The policy is for another log.
        DamagedError: The log is not the one that was signed, or can not be read.
    """

    def __init__(
        self,
        tree: Tree,
        store: CheckpointStore,
        *,
        key_pair: KeyPair,
        network: str,
        policy: Policy | None = None,
        clock: Callable[[], int],
    ) -> None:
        self._tree = tree
        self._store = store
        self._key_pair = key_pair
        self._key = log_key(network, key_pair.public_key)
        self.policy = policy or Policy(self._key)
        if self.policy.log != self._key:
            raise PolicyFileError(
                f"The policy trusts the log {self.policy.log.encode()}, but this node signs as "
                f"{self._key.encode()}; put this node's key into the policy."
            )
        self._clock = clock
        self._pending: dict[int, Pending] = {}
        self._stored_final: Note | None = None
        self._final: Pending | None = self._restored()
        self._told_us = 0
        self._latest = self._sign()
        self.sizes: dict[str, int] = {}
        """Records under the largest checkpoint that each validator has signed, by its name."""

    @property
    def latest(self) -> Pending:
        """The latest checkpoint."""
        return self._latest

    @property
    def final(self) -> Pending | None:
        """The latest checkpoint under which a quorum stands."""
        return self._final

    @property
    def is_due(self) -> bool:
        """Whether it is time to sign: there is news, or a heartbeat is due."""
        silent_us = self._clock() - self._told_us
        return self._tree.size != self._latest.size or silent_us >= HEARTBEAT_EVERY_S * _SECOND_US

    def sign(self) -> Pending:
        """Sign a checkpoint of the tree as it is, or return the latest where there is no news.

        Raises:
            LogWriteError: It could not be written down.
        """
        self._told_us = self._clock()
        if self._tree.size != self._latest.size:
            self._latest = self._sign()
        elif self._final is not None and self._final.note != self._stored_final:
            self._save(self._latest.note)
        return self._latest

    def take(self, note: Note) -> Pending:
        """Take a cosigned checkpoint, and return how that checkpoint stands now.

        Args:
            note: The text of a checkpoint that this log signed, and cosignatures under it.

        Raises:
            RequestRefusedError: No validator of the policy has signed this, or it is no checkpoint
                of this log.
            OtherTreeError: Validators of the policy stand by another tree than this log has.
            DamagedError: The log can not be read.
        """
        signatures = self._valid(note)
        checkpoint = self._own(note)
        if checkpoint.root != self._tree.root_at(checkpoint.size):
            names = ", ".join(signature.name for signature in signatures)
            raise OtherTreeError(names, size=checkpoint.size)
        pending = self._pending.get(checkpoint.size)
        if self._final is not None and self._final.size == checkpoint.size:
            pending = self._final
        if pending is None or pending.note.text != note.text:
            raise _refused(f"Nobody waits for signatures under a checkpoint of {checkpoint.size}.")
        return self._gathered(pending, signatures)

    def close(self) -> None:
        """Write down the latest final checkpoint.

        Raises:
            LogWriteError: It could not be written.
        """
        self._save(self._latest.note)

    def _gathered(self, pending: Pending, signatures: list[NoteSignature]) -> Pending:
        """Add signatures, one for each validator; a quorum makes the checkpoint final."""
        fresh = [one for one in signatures if one.name not in pending.names]
        pending = Pending(
            pending.size,
            pending.signed_at_us,
            pending.note.signed_by(*fresh),
            pending.names.union(one.name for one in fresh),
        )
        self._keep(pending)
        for one in signatures:
            self.sizes[one.name] = max(pending.size, self.sizes.get(one.name, 0))
        return pending

    def _keep(self, pending: Pending) -> None:
        """Keep a checkpoint among the pending ones, or as the final one."""
        final_size = -1 if self._final is None else self._final.size
        if len(pending.names) >= self.policy.quorum and pending.size >= final_size:
            self._final = pending
            for size in [size for size in self._pending if size <= pending.size]:
                del self._pending[size]
        else:
            self._pending[pending.size] = pending
            while len(self._pending) > PENDING_MAX:
                del self._pending[next(iter(self._pending))]

    def _sign(self) -> Pending:
        """Sign a checkpoint, write it down, and wait for signatures under it."""
        size = self._tree.size
        if self._final is not None and self._final.size == size:
            return self._final
        note = sign_checkpoint(self._key_pair, Checkpoint(self._key.name, size, self._tree.root()))
        self._save(note)
        pending = Pending(size, self._clock(), note, frozenset())
        self._keep(pending)
        return pending

    def _save(self, latest: Note) -> None:
        notes = {Role.SIGNED: latest}
        if self._final is not None:
            notes[Role.FINAL] = self._stored_final = self._final.note
        self._store.save(notes)

    def _restored(self) -> Pending | None:
        """Compare what was signed before with the tree, and return the final checkpoint."""
        final: Pending | None = None
        for role in (Role.SIGNED, Role.FINAL):
            note = self._store.read(role)
            if note is None:
                continue
            try:
                cosigned = check_checkpoint(note, self.policy)
            except (NoteSignatureError, CheckpointFormatError) as error:
                raise CheckpointMismatchError(
                    f"The stored checkpoint is not this node's ({error}); use the key and network "
                    "with which the data directory began, or restore it from a copy."
                ) from error
            self._tree.check(cosigned.checkpoint)
            names = frozenset(cosigned.signed_at_s)
            if role is Role.FINAL and len(names) >= self.policy.quorum:
                final = Pending(cosigned.checkpoint.size, self._clock(), note, names)
        return final

    def _valid(self, note: Note) -> list[NoteSignature]:
        """Return the first signature of each validator that has signed, all of them verified."""
        found: list[NoteSignature] = []
        for key in self.policy.validators:
            for signature in note.signatures_of(key)[:1]:
                try:
                    verify_cosignature(note, key, signature)
                except NoteSignatureError as error:
                    raise _refused(str(error)) from error
                found.append(NoteSignature(key.name, key.key_id, signature))
        if not found:
            raise _refused("No validator of this node's policy has signed this checkpoint.")
        return found

    def _own(self, note: Note) -> Checkpoint:
        """Read the checkpoint of a note if it can be one of this log."""
        try:
            checkpoint = Checkpoint.parse(note.text)
        except CheckpointFormatError as error:
            raise _refused(str(error)) from error
        if checkpoint.origin != self._key.name or not 0 < checkpoint.size <= self._latest.size:
            raise _refused(
                f"{self._key.name} has signed no checkpoint of {checkpoint.origin} with "
                f"{checkpoint.size} records."
            )
        return checkpoint


def _refused(text: str) -> RequestRefusedError:
    return RequestRefusedError(Refusal.COSIGNATURE_REFUSED, text)
