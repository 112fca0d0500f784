"""Opening a ledger: all of it is checked before anybody is served.

1. The data directory is locked against a second node (`DataDirectory`).
2. An empty log begins with the genesis record; any other has to begin with the same one.
3. The ledger begins with the latest snapshot of its own that is sound (`ledger_node.restoring`),
   with an older one where that is damaged, and otherwise with the genesis.
4. Every entry behind that is checked against the digest chain and applied anew: each of its records
   has to be accepted again. Signatures are not checked anew, the chain says that these are the
   records whose signatures were good; an audit checks them.
5. Balances and holds have to make up the supply, and the number of records the log's size. Whoever
   signs for the ledger compares its tree with the last checkpoint that was signed.

Anything else is an error that says where, and nothing is served.
"""

from collections.abc import Callable
from dataclasses import replace

from ledger_core import Ledger, Records, TipPool, parse_records, record_ids
from ledger_node.errors import (
    GenesisFileError,
    IndexDamagedError,
    LedgerMismatchError,
    SnapshotDamagedError,
)
from ledger_node.index import Index
from ledger_node.index_pages import RUN_RECORDS
from ledger_node.log import Entry, Log
from ledger_node.lookups import Lookups
from ledger_node.replay import replay
from ledger_node.restoring import restored
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.state import State
from ledger_node.stores import Stores
from ledger_node.tree import Tree

__all__ = ["close_state", "open_state"]


async def open_state(
    stores: Stores,
    genesis: Records,
    *,
    window: int,
    clock: Callable[[], int],
    snapshots: SnapshotDesk | None = None,
) -> State:
    """Open the ledger in a store, or begin it there.

    Args:
        stores: Where it is kept; they have to be open as long as the state is.
        genesis: The network's genesis record, shape ().
        window: How many recent ids the ledger keeps in memory.
        clock: Tells the time. [µs]
        snapshots: Those of the ledger; without them all of it is replayed, and none is taken.

    Raises:
        GenesisFileError: The ledger in there began with another record.
        LogWriteError: The log can not be written.
        DamagedError: The log is not what was written, or is no sound ledger.
    """
    log = stores.log
    if not log.size:
        await log.append(_first_entry(genesis, clock()))
    beginning = None if snapshots is None else snapshots.folder.beginning()
    if beginning is not None and beginning.frontier.size > log.first:
        await log.prune(beginning.frontier.size)  # a crash came between
    try:
        return _opened(log, _open_index(stores), genesis, window=window, snapshots=snapshots)
    except IndexDamagedError:
        stores.remove_index()
        index = stores.open_index()
        index.begin(log.first)
        return _opened(log, index, genesis, window=window, snapshots=snapshots)


def close_state(state: State) -> None:
    """Let go of the look-up indexes; the stores have the rest."""
    state.index.close()


def _first_entry(genesis: Records, now_us: int) -> Entry:
    issued_at_us = int(genesis["issued_at"])
    return Entry(first=0, at_us=min(issued_at_us, now_us), records=genesis.tobytes())


def _opened(
    log: Log, index: Index, genesis: Records, *, window: int, snapshots: SnapshotDesk | None
) -> State:
    """Build the ledger's state from a snapshot and the log behind it, or from all of the log."""
    try:
        _check_genesis(log, genesis, is_enough=snapshots is not None)
        state = (
            None
            if snapshots is None
            else restored(log, index, genesis, snapshots=snapshots, window=window)
        )
        if state is None:
            state = _begun(log, index, genesis, window=window)
        state = _replayed(replace(state, snapshots=snapshots))
        _check(state.ledger, log)
    except BaseException:
        index.close()
        raise
    return state


def _begun(log: Log, index: Index, genesis: Records, *, window: int) -> State:
    """Return the state behind the genesis."""
    lookups = Lookups(log, index)
    ledger = Ledger(genesis, window=window, archive=lookups)
    tree, ids = Tree(log), record_ids(genesis)
    first = next(log.entries())
    lookups.add(parse_records(first.records), ids, first=0, at_us=first.at_us)
    tree.append(ids)
    return State(
        ledger=ledger,
        log=log,
        index=index,
        lookups=lookups,
        tree=tree,
        tips=TipPool(ledger.genesis_id),
        at_us=first.at_us,
    )


def _replayed(state: State) -> State:
    """Apply the log's entries behind a state to it."""
    lookups = state.lookups
    lookups.trusts_unknown = state.log.first > 0
    at_us = replay(
        state.log.entries(state.ledger.size),
        state.ledger,
        lookups=lookups,
        tree=state.tree,
        tips=state.tips,
        snapshots=state.snapshots,
    )
    lookups.trusts_unknown = False
    return replace(state, at_us=max(state.at_us, at_us))


def _check_genesis(log: Log, genesis: Records, *, is_enough: bool) -> None:
    """Compare the log's first record with the genesis, where it still has that."""
    if log.first:
        if not is_enough:
            raise SnapshotDamagedError(
                f"Records before position {log.first} were pruned, and nothing says what came of "
                "them; open it with its snapshots."
            )
        return
    first = next(log.entries())
    if first.records != genesis.tobytes():
        raise GenesisFileError(
            "The ledger in the data directory began with another genesis record than the "
            "genesis file has; name the right file or an empty data directory."
        )


def _check(ledger: Ledger, log: Log) -> None:
    if ledger.size != log.size:
        raise LedgerMismatchError(
            f"The log says that it has {log.size} records, but {ledger.size} were read; "
            "restore the data directory from a copy."
        )
    total = ledger.balances_total + ledger.holds_total
    if total != ledger.supply:
        raise LedgerMismatchError(
            f"Balances and holds make up {total} base units, but {ledger.supply} were minted; "
            "restore the data directory from a copy."
        )


def _open_index(stores: Stores) -> Index:
    """Open the index if it fits the log, otherwise begin a new one."""
    log, index = stores.log, stores.open_index()
    begins = log.first - log.first % RUN_RECORDS
    if index.covered and index.first <= begins:
        last = log.stored(index.covered - 1)
        if last is not None and record_ids(parse_records(last.record)).tobytes() == index.last_id:
            return index
    if index.covered:
        index.close()
        stores.remove_index()
        index = stores.open_index()
    index.begin(log.first)
    return index
