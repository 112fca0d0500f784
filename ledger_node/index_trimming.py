"""Trimming an index: what is pruned leaves its pages, and the file what the pages leave."""

import sqlite3
from zlib import crc32

from sqlalchemy import Connection, Engine, and_, delete, insert, select

from ledger_node.index_pages import LOOKED_UP, run_length, trim_page
from ledger_node.tables import INDEX_PAGE

__all__ = ["give_back", "trim_run"]

_PAGE = INDEX_PAGE.c


def trim_run(connection: Connection, level: int, first: int) -> None:
    """Write the run anew in which a position lies, without the entries below it.

    Args:
        connection: Within a transaction.
        level: The run's level.
        first: The position.

    Raises:
        ValueError: A page is not what was written.
    """
    start = first - first % run_length(level)
    for kind in LOOKED_UP:
        run = and_(_PAGE.kind == kind, _PAGE.level == level, _PAGE.first == start)
        rows = connection.execute(select(INDEX_PAGE).where(run).order_by(_PAGE.bucket)).all()
        pages = []
        for row in rows:
            if crc32(row.entries) != row.checksum:
                raise ValueError(f"a page of the run at {start} is not what was written")
            entries = trim_page(bytes(row.entries), offset=first - start)
            if entries:
                news = {"entries": entries, "checksum": crc32(entries)}
                pages.append({**row._asdict(), **news})
        # Written one behind the other, small rows fill their disk pages; in place they would not.
        connection.execute(delete(INDEX_PAGE).where(run))
        if pages:
            connection.execute(insert(INDEX_PAGE), pages)


def give_back(engine: Engine) -> None:
    """Let a SQLite file and what is written ahead of it have no more than is needed."""
    if engine.dialect.name != "sqlite":
        return  # a server reuses the space by itself
    with engine.connect() as connection:
        driver: object = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection), "only files are shrunk"
        # A page is given back at each step of the statement; only a script makes all steps.
        driver.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
