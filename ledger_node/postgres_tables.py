"""The tables of a schema: made together, and never made anew beside others that are there."""

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateSchema

from ledger_node.errors import LogDamagedError
from ledger_node.tables import BATCH, BEGINNING, CHECKPOINT, INDEX_PAGE, PAYLOAD

__all__ = ["is_complete", "make_tables"]

TABLES = (BATCH, BEGINNING, PAYLOAD, CHECKPOINT, INDEX_PAGE)
"""All that a node keeps."""

KEPT = frozenset({BATCH.name, BEGINNING.name, PAYLOAD.name, CHECKPOINT.name})
"""Those that can not be made anew from others: who lost one must not begin it again."""

WIDE_COLUMNS = {BATCH.name: "records", PAYLOAD.name: "body", INDEX_PAGE.name: "entries"}
"""Columns that PostgreSQL would try in vain to make shorter; it could read no part of them then."""

_THERE = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")

_SCHEMA = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")


def make_tables(session: Connection, schema: str, *, place: str) -> None:
    """Make the schema and its tables if none of them is there yet.

    Args:
        session: A connection in a transaction, whose search path is the schema.
        schema: The schema.
        place: What to call it in errors.

    Raises:
        LogDamagedError: Some tables are there, and others that belong to them are not.
    """
    there = _there(session, schema)
    missing = sorted(KEPT - there)
    if there & KEPT and missing:
        raise LogDamagedError(
            f"{place} has lost the table {missing[0]}; restore the schema from a copy."
        )
    if not session.execute(_SCHEMA, {"schema": schema}).scalar():
        session.execute(CreateSchema(schema))
    for table in TABLES:
        if table.name not in there:
            table.create(session, checkfirst=False)
            if table.name in WIDE_COLUMNS:
                change = f"ALTER COLUMN {WIDE_COLUMNS[table.name]} SET STORAGE EXTERNAL"
                session.execute(text(f"ALTER TABLE {table.name} {change}"))


def is_complete(session: Connection, schema: str) -> bool:
    """Tell whether a schema has all tables that a ledger needs."""
    return _there(session, schema) >= KEPT


def _there(session: Connection, schema: str) -> set[str]:
    return set(session.execute(_THERE, {"schema": schema}).scalars())
