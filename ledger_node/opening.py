"""Opening a ledger: the log is replayed and checked before anybody is served.

1. The data directory is locked against a second node (`DataDirectory`).
2. An empty log begins with the genesis record; any other has to begin with the same one.
3. Every entry is checked against the digest chain and applied anew: each of its records has to be
   accepted again. Signatures are not checked anew, the chain says that these are the records
   whose signatures were good; an audit checks them.
4. Balances and holds have to make up the supply, and the number of records the log's size.

Anything else is an error that says where, and nothing is served.
"""

from collections.abc import Callable

from ledger_core import Ledger, Records, TipPool, parse_records, record_ids
from ledger_node.errors import GenesisFileError, IndexDamagedError, LedgerMismatchError
from ledger_node.index import Index
from ledger_node.log import Entry, Log
from ledger_node.lookups import Lookups
from ledger_node.replay import replay
from ledger_node.state import State
from ledger_node.stores import Stores
from ledger_node.tree import Tree

__all__ = ["close_state", "open_state"]


async def open_state(
    stores: Stores, genesis: Records, *, window: int, clock: Callable[[], int]
) -> State:
    """Open the ledger in a store, or begin it there.

    Args:
        stores: Where it is kept; they have to be open as long as the state is.
        genesis: The network's genesis record, shape ().
        window: How many recent ids the ledger keeps in memory.
        clock: Tells the time. [µs]

    Raises:
        GenesisFileError: The ledger in there began with another record.
        LogWriteError: The log can not be written.
        DamagedError: The log is not what was written, or is no sound ledger.
    """
    log = stores.log
    if not log.size:
        await log.append(_first_entry(genesis, clock()))
    try:
        return _replayed(log, _open_index(stores), genesis=genesis, window=window)
    except IndexDamagedError:
        stores.remove_index()
        return _replayed(log, stores.open_index(), genesis=genesis, window=window)


def close_state(state: State) -> None:
    """Let go of the look-up indexes; the stores have the rest."""
    state.index.close()


def _first_entry(genesis: Records, now_us: int) -> Entry:
    issued_at_us = int(genesis["issued_at"])
    return Entry(first=0, at_us=min(issued_at_us, now_us), records=genesis.tobytes())


def _replayed(log: Log, index: Index, *, genesis: Records, window: int) -> State:
    """Build the ledger's state from its log."""
    try:
        lookups = Lookups(log, index)
        ledger = Ledger(genesis, window=window, archive=lookups)
        tree, tips = Tree(log), TipPool(ledger.genesis_id)
        entries = log.entries()
        first = next(entries)
        _check_genesis(first, genesis)
        lookups.add(parse_records(first.records), record_ids(genesis), first=0, at_us=first.at_us)
        tree.append(record_ids(genesis))
        at_us = replay(entries, ledger, lookups=lookups, tree=tree, tips=tips)
        _check(ledger, log)
    except BaseException:
        index.close()
        raise
    return State(
        ledger=ledger,
        log=log,
        index=index,
        lookups=lookups,
        tree=tree,
        tips=tips,
        at_us=max(at_us, first.at_us),
    )


def _check_genesis(entry: Entry, genesis: Records) -> None:
    if entry.records != genesis.tobytes():
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
    index = stores.open_index()
    if index.covered == 0:
        return index
    last = stores.log.stored(index.covered - 1)
    if last is not None and record_ids(parse_records(last.record)).tobytes() == index.last_id:
        return index
    index.close()
    stores.remove_index()
    return stores.open_index()
