"""The journal's tables; private to `sql_journal`, which converts at this border.

They live in a registry of their own, so that a program which also keeps other tables does not
find these in its database.
"""

from typing import Any

import msgspec
from sqlalchemy import Table
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from agent_runtime.journal import Entry, JournalChunk, JournalMessage, JournalVoucher


class _Row(SQLModel, registry=registry()):
    """What all rows share: the tables they live in."""


class DialogueRow(_Row, table=True):
    """A dialogue; fields of several values are JSON texts."""

    __tablename__ = "dialogue"

    dialogue: str = Field(primary_key=True)
    """The dialogue's id, hexadecimal."""
    role: str
    """`buyer` or `seller`."""
    service: str
    """What is bought."""
    partner: str
    """Public key of the other side, hexadecimal."""
    state: str
    """Where the dialogue stands."""
    ended: bool = Field(index=True)
    """Whether nothing more will happen in it."""
    reason: str
    """Why it ended so."""
    agreed: str
    """The terms, a JSON object."""
    unit: str
    """In what delivery is counted."""
    quantity: int
    """How much was delivered. [unit]"""
    billed: int
    """Sum of the chunks. [base units]"""
    paid: int
    """What the ledger has moved. [base units]"""
    transactions: str
    """Ids of its transactions, a JSON list."""
    latency_us: str
    """How long its steps took, a JSON object. [µs]"""
    snapshot: bytes
    """What the dialogue needs to go on."""
    opened_at_us: int
    """When it began. [µs since 1970]"""
    changed_at_us: int
    """When it changed last. [µs since 1970]"""


class MessageRow(_Row, table=True):
    """A message."""

    __tablename__ = "message"

    dialogue: str = Field(primary_key=True)
    """The dialogue's id, hexadecimal."""
    way: str = Field(primary_key=True)
    """`sent` or `heard`."""
    number: int = Field(primary_key=True)
    """Its number in the dialogue."""
    performative: str
    """What kind of message it is."""
    frame: bytes
    """Its exact bytes."""


class ChunkRow(_Row, table=True):
    """A piece of a bill."""

    __tablename__ = "chunk"

    dialogue: str = Field(primary_key=True)
    """The dialogue's id, hexadecimal."""
    index: int = Field(primary_key=True)
    """Its place in the bill."""
    readings: str
    """The readings, JSON."""
    cost: int
    """What it costs. [base units]"""


class VoucherRow(_Row, table=True):
    """A signed SETTLE."""

    __tablename__ = "voucher"

    dialogue: str = Field(primary_key=True)
    """The dialogue's id, hexadecimal."""
    index: int = Field(primary_key=True)
    """Its number."""
    amount: int
    """What it pays. [base units]"""
    record: bytes
    """The signed record."""


class BootRow(_Row, table=True):
    """How often the agent has started: one row."""

    __tablename__ = "boot"

    id: int = Field(primary_key=True)
    """Always 1."""
    number: int
    """The last start's number."""


class NoteRow(_Row, table=True):
    """A small value under a name."""

    __tablename__ = "note"

    name: str = Field(primary_key=True)
    """The name."""
    value: bytes
    """What is kept."""


METADATA = _Row.metadata
"""All of the journal's tables."""


def table(row: type[_Row]) -> Table:
    """Return the table in which rows of a class live.

    Args:
        row: The class.
    """
    return METADATA.tables[str(row.__tablename__)]


JSON_COLUMNS = frozenset({"agreed", "transactions", "latency_us"})
"""Columns of `dialogue` that hold JSON texts."""


def dialogue_values(entry: Entry) -> dict[str, Any]:
    """Return the columns of an entry.

    Args:
        entry: The dialogue.
    """
    return {
        name: _text(value) if name in JSON_COLUMNS else value
        for name, value in msgspec.structs.asdict(entry).items()
    }


def entry_of(row: DialogueRow) -> Entry:
    """Return the dialogue that a row keeps.

    Args:
        row: The row.

    Raises:
        msgspec.MsgspecError: The row is not what was written.
    """
    values = row.model_dump()
    for name in JSON_COLUMNS:
        values[name] = msgspec.json.decode(values[name])
    return msgspec.convert(values, Entry)


def message_values(dialogue: str, message: JournalMessage) -> dict[str, Any]:
    """Return the columns of a message.

    Args:
        dialogue: The dialogue's id, hexadecimal.
        message: The message.
    """
    return {"dialogue": dialogue, **msgspec.structs.asdict(message)}


def chunk_values(dialogue: str, chunk: JournalChunk) -> dict[str, Any]:
    """Return the columns of a chunk.

    Args:
        dialogue: The dialogue's id, hexadecimal.
        chunk: The chunk.
    """
    return {
        "dialogue": dialogue,
        "index": chunk.index,
        "readings": _text(chunk.readings),
        "cost": chunk.cost,
    }


def chunk_of(row: ChunkRow) -> JournalChunk:
    """Return the chunk that a row keeps.

    Args:
        row: The row.

    Raises:
        msgspec.MsgspecError: The row is not what was written.
    """
    return JournalChunk(index=row.index, readings=msgspec.json.decode(row.readings), cost=row.cost)


def voucher_values(dialogue: str, voucher: JournalVoucher) -> dict[str, Any]:
    """Return the columns of a voucher.

    Args:
        dialogue: The dialogue's id, hexadecimal.
        voucher: The voucher.
    """
    return {"dialogue": dialogue, **msgspec.structs.asdict(voucher)}


def _text(value: Any) -> str:  # noqa: ANN401 (anything that JSON can say)
    """Return a value as a JSON text."""
    return msgspec.json.encode(value).decode()
