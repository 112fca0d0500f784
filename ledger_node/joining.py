"""Joining: a newcomer begins with what a quorum says that the ledger is, instead of with all of it.

A validator that joins so has not judged what came before. It believes the quorum of its policy for
that, once, and from there on nobody.
"""

from ledger_core import Records, SnapshotHead, record_ids
from ledger_node.client import LedgerClient
from ledger_node.errors import GenesisFileError
from ledger_node.log import Log, Stored
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.snapshot_folder import Beginning

__all__ = ["join_from_snapshot"]


async def join_from_snapshot(
    client: LedgerClient, log: Log, desk: SnapshotDesk, *, genesis: Records
) -> int | None:
    """Let an empty log begin behind the latest snapshot that a quorum stands by.

    All that is fetched is on the disk before the log begins, so that a crash leaves an empty log or
    one that can be opened.

    Args:
        client: Of the node, opened.
        log: The log; nothing was ever written to it.
        desk: Where the snapshot is kept; its policy says whom to believe.
        genesis: The network's genesis record, shape ().

    Returns:
        The position at which the log begins, or None where there is no such snapshot yet.

    Raises:
        GenesisFileError: The node's ledger began with another record.
        NodeSilentError: The node is away.
        CheckFailedError: The log or a quorum has not signed the snapshot, or it is another one.
        LogWriteError: It could not be written down.
    """
    assert not log.size, "only who has nothing can begin anywhere"
    found = await client.snapshot(desk.policy)
    if found is None:
        return None
    snapshot, note = found
    if snapshot.genesis_id != record_ids(genesis).tobytes():
        raise GenesisFileError(
            "The node's ledger began with another genesis record than the genesis file has; name "
            "the right file or another node."
        )
    first = Stored(0, int(genesis["issued_at"]), genesis.tobytes())
    beginning = Beginning(tree=snapshot.tree, kept=(first,), payloads_from=snapshot.size)
    desk.adopt(snapshot, note)
    desk.folder.save_beginning(beginning)
    await log.begin(snapshot.size, SnapshotHead.parse(note.text).digest)
    return snapshot.size
