"""The lock that keeps a second node out of a schema, the server's as long as a session lives."""

from hashlib import sha256

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ledger_node.errors import DataInUseError

__all__ = ["lock"]

LOCK_WAIT = "2s"
"""How long to wait for the schema: a server needs a moment to see that a killed node is gone."""

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that somebody else has."""

HOLDER = text(
    "SELECT application_name, host(client_addr) AS address FROM pg_locks "
    "JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted "
    "AND classid::bigint = :high AND objid::bigint = :low AND objsubid = 1 "
    "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def lock(session: Connection, schema: str, *, place: str) -> None:
    """Take a schema for a session, until it ends.

    Args:
        session: A connection that commits each statement by itself.
        schema: The schema.
        place: What to call it in errors.

    Raises:
        DataInUseError: Another session has it; the sentence says who that is.
        sqlalchemy.exc.DBAPIError: The server can not be asked.
    """
    digest = sha256(f"tangleway {schema}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    session.execute(text(f"SET lock_timeout TO '{LOCK_WAIT}'"))
    try:
        session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise DataInUseError(
            f"{place} is used by another node ({_holder(session, key)}); "
            "stop that one or name another schema."
        ) from error
    session.execute(text("SET lock_timeout TO 0"))


def _holder(session: Connection, key: int) -> str:
    """Return who has a lock, as far as the server tells."""
    halves = {"high": (key >> 32) & 0xFFFF_FFFF, "low": key & 0xFFFF_FFFF}
    row = session.execute(HOLDER, halves).first()
    if row is None:
        return "unknown"
    name = row.application_name or "unknown"
    return f"{name}, {row.address}" if row.address else str(name)
