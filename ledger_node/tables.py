"""The tables of the store, for SQLite or any database that SQLAlchemy speaks to.

Rows stay inside this package: whoever reads them turns them into values at once. One row holds a
whole batch, or a page of an index; nothing in here is a row for one transaction but a payload.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table
from sqlmodel import Field, SQLModel

__all__ = [
    "BATCH",
    "BEGINNING",
    "CHECKPOINT",
    "INDEX_PAGE",
    "PAYLOAD",
    "BatchRow",
    "BeginningRow",
    "CheckpointRow",
    "IndexPageRow",
    "PayloadRow",
]

_PLACE = BigInteger().with_variant(Integer, "sqlite")
"""A position as a key: SQLite keeps rows by an INTEGER key without a second tree beside them."""


class BatchRow(SQLModel, table=True):
    """Keep the accepted records of a batch."""

    __tablename__ = "batch"

    first: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    """Position of the first record."""
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    """The ledger's time at which they were applied. [µs]"""
    length: int = Field(sa_column=Column(BigInteger, nullable=False))
    """How many records there are."""
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The chain's digest up to here, 32 bytes."""
    records: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The records, one behind the other."""


class BeginningRow(SQLModel, table=True):
    """Keep where a log begins that does not begin at position 0: one row, or none."""

    __tablename__ = "beginning"

    first: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    """Position of the first record that counts; whatever stands before it was pruned."""
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The chain's digest before it, 32 bytes."""


class PayloadRow(SQLModel, table=True):
    """Keep what was carried beside a DATA record."""

    __tablename__ = "payload"

    position: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    """Position of the record."""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The payload; its SHA-256 is the record's digest."""


class CheckpointRow(SQLModel, table=True):
    """Keep a signed checkpoint."""

    __tablename__ = "checkpoint"

    role: str = Field(sa_column=Column(String, primary_key=True))
    """What it is, see `ledger_node.checkpoint_store.Role`."""
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """SHA-256 of the note, so that damage shows to those who do not know the keys, too."""
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The signed note."""


class IndexPageRow(SQLModel, table=True):
    """Keep one page of a look-up index, see `ledger_node.index`."""

    __tablename__ = "index_page"

    kind: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """What the keys are."""
    level: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """How often the page's run was merged."""
    bucket: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """Which part of all keys is on it."""
    first: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """First position that the page's run covers."""
    checksum: int = Field(sa_column=Column(BigInteger, nullable=False))
    """CRC-32 of the entries."""
    entries: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The entries, sorted by key and position."""


BATCH: Table = SQLModel.metadata.tables["batch"]
"""`BatchRow` as Core sees it: batches are written and read without an object for each."""

BEGINNING: Table = SQLModel.metadata.tables["beginning"]
"""`BeginningRow` as Core sees it."""

PAYLOAD: Table = SQLModel.metadata.tables["payload"]
"""`PayloadRow` as Core sees it."""

INDEX_PAGE: Table = SQLModel.metadata.tables["index_page"]
"""`IndexPageRow` as Core sees it."""

CHECKPOINT: Table = SQLModel.metadata.tables["checkpoint"]
"""`CheckpointRow` as Core sees it."""
