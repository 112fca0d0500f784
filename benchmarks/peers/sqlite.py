"""SQLite as a peer: a signature check and a durable commit for each payment, one at a time."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.peers.contract import Paying
from benchmarks.peers.payments import Payment, check_signature, payments
from benchmarks.traffic import ACCOUNTS, FUNDS, Traffic

__all__ = ["Sqlite"]

CHUNK = 2_048
"""Payments that are signed at a time, while the clock stands still."""

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE account (number INTEGER PRIMARY KEY, balance INTEGER, sequence INTEGER);
CREATE TABLE payment (id BLOB PRIMARY KEY, record BLOB) WITHOUT ROWID;
"""

DEBIT = """
UPDATE account SET balance = balance - 1, sequence = sequence + 1
WHERE number = ? AND balance >= 1 AND sequence = ?
"""

CREDIT = "UPDATE account SET balance = balance + 1 WHERE number = ?"


class Sqlite:
    """Pay in a SQLite database, written ahead and synced at each commit."""

    name = "sqlite"
    """What its figure is called."""

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        """Run it while a block lasts, see `Peer`."""
        with closing(sqlite3.connect(place / "peer.sqlite", isolation_level=None)) as database:
            database.executescript(SCHEMA)
            rows = [(number, FUNDS, 0) for number in range(ACCOUNTS)]
            database.execute("BEGIN")
            database.executemany("INSERT INTO account VALUES (?, ?, ?)", rows)
            database.execute("COMMIT")
            traffic = Traffic()

            def pay(seconds: float) -> float:
                done, spent_s = 0, 0.0
                while spent_s < seconds:
                    signed = list(payments(traffic, CHUNK))
                    begin_s = time.perf_counter()
                    for payment in signed:
                        _pay(database, payment)
                    spent_s += time.perf_counter() - begin_s
                    done += CHUNK
                return done / spent_s

            yield pay


def _pay(database: sqlite3.Connection, payment: Payment) -> None:
    check_signature(payment)
    database.execute("BEGIN IMMEDIATE")
    changed = database.execute(DEBIT, (payment.payer, payment.sequence)).rowcount
    assert changed == 1, "the payer has money, and this is its next payment"
    database.execute(CREDIT, (payment.payee,))
    database.execute("INSERT INTO payment VALUES (?, ?)", (payment.record_id, payment.record))
    database.execute("COMMIT")
