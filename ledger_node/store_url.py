"""Where a store on a server is: its URL in parts, of which the password is never told.

``postgresql://user@host:port/database?schema=name``; everything else behind the question mark goes
to PostgreSQL's own library, `sslmode=verify-full` for one. So do its variables and files: without
a password in the URL, `PGPASSWORD`, `PGPASSFILE` or ``~/.pgpass`` have it.
"""

from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ledger_node.errors import StoreError

__all__ = ["StoreAddress", "parse_store"]

EXAMPLE = "postgresql://user@host:5432/database"

NAME_SIZE_MAX = 63
"""PostgreSQL cuts longer names off without a word, and two ledgers would share one. [bytes]"""

HIDDEN = frozenset({"password", "sslpassword"})
"""Keys behind the question mark that would be written down with the rest of the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddress:
    """Say on which server a store is, and in which schema."""

    url: URL
    """What the driver needs; its text is never told, since it may have a password."""
    schema: str
    """The schema that has the tables."""
    place: str = field(init=False)
    """What to call it in errors and logs."""

    def __post_init__(self) -> None:
        host = self.url.host or self.url.query.get("host", "this machine")
        port = self.url.port or self.url.query.get("port")
        place = f"PostgreSQL at {host}{f':{port}' if port else ''}, "
        place += f"database {self.url.database}, schema {self.schema}"
        object.__setattr__(self, "place", place)

    @property
    def has_password(self) -> bool:
        """Whether the URL had a password."""
        return self.url.password is not None

    def public(self) -> str:
        """Return the URL with the schema and without the password."""
        bare = URL.create(
            "postgresql",
            username=self.url.username,
            host=self.url.host,
            port=self.url.port,
            database=self.url.database,
            query={**self.url.query, "schema": self.schema},
        )
        return bare.render_as_string()


def parse_store(text: str, *, schema: str) -> StoreAddress:
    """Take a URL apart.

    Args:
        text: The URL.
        schema: The schema where the URL names none.

    Raises:
        StoreError: It is no URL of a PostgreSQL database. What it was is not repeated.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        # The reason would repeat the text.
        raise StoreError(f"The store is no URL; write it like {EXAMPLE}.") from None
    if url.drivername not in ("postgresql", "postgres"):
        raise StoreError(
            f"There is no store of the kind {url.drivername!r}; leave `store` out for files, or "
            f"write it like {EXAMPLE}."
        )
    if not url.database:
        raise StoreError(f"The store's URL names no database; write it like {EXAMPLE}.")
    if HIDDEN & set(url.query):
        raise StoreError(
            "The store's URL has a password behind its question mark; put it into PGPASSFILE."
        )
    query = dict(url.query)
    named = query.pop("schema", schema)
    if not isinstance(named, str):
        raise StoreError("The store's URL names several schemas; leave one.")
    return StoreAddress(
        url=url.set(drivername="postgresql+psycopg", query=query), schema=_schema(named)
    )


def _schema(name: str) -> str:
    if not name or "\0" in name or name.startswith("pg_"):
        raise StoreError(f"{name!r} can not be the name of a schema; put ?schema=NAME behind.")
    if len(name.encode()) > NAME_SIZE_MAX:
        raise StoreError(
            f"The schema's name has more than {NAME_SIZE_MAX} bytes; put ?schema=NAME behind the "
            "store's URL."
        )
    return name
