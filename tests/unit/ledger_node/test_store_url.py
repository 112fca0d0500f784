"""The URL of a store: what it names, and that its password is repeated nowhere."""

import traceback

import pytest

from ledger_node.errors import StoreError
from ledger_node.store_url import parse_store

SECRET = "0pen-sesame"


def test_its_parts_are_found() -> None:
    """Who, where and which schema; what PostgreSQL's library knows is passed on."""
    text = f"postgresql://ann:{SECRET}@db.example:6543/ledgers?sslmode=verify-full"
    address = parse_store(text, schema="street")
    url = address.url
    assert (url.username, url.password, url.host, url.port) == ("ann", SECRET, "db.example", 6543)
    assert (url.database, dict(url.query)) == ("ledgers", {"sslmode": "verify-full"})
    assert (url.drivername, address.schema) == ("postgresql+psycopg", "street")


def test_the_schema_of_the_url_wins() -> None:
    """Two ledgers of one network can share a database."""
    address = parse_store("postgres://h/d?schema=mine", schema="street")
    assert address.schema == "mine"
    assert dict(address.url.query) == {}


@pytest.mark.parametrize("host", ["db.example:6543", "db.example", "[::1]:6543"])
def test_what_is_told_has_no_password(host: str) -> None:
    """The note in the data directory leads back to the same schema, and errors say where it is."""
    address = parse_store(f"postgresql://ann:{SECRET}@{host}/ledgers?sslmode=require", schema="a b")
    again = parse_store(address.public(), schema="other")
    assert (again.url.password, again.schema, again.place) == (None, "a b", address.place)
    assert again.public() == address.public()
    assert "schema a b" in address.place
    for told in (address.public(), address.place, repr(address)):
        assert SECRET not in told


def test_a_socket_is_named_by_its_folder() -> None:
    """Without a host, the folder of the server's socket says where it is."""
    address = parse_store("postgresql://ann@/ledgers?host=/run/pg&port=5433", schema="s")
    assert address.place == "PostgreSQL at /run/pg:5433, database ledgers, schema s"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"ann {SECRET}", "no URL"),
        (f"postgresql://ann:{SECRET}@h:port/d", "no URL"),
        (f"mysql://ann:{SECRET}@h/d", "no store of the kind 'mysql'"),
        (f"postgresql+asyncpg://ann:{SECRET}@h/d", "no store of the kind"),
        (f"postgresql://ann:{SECRET}@h", "names no database"),
        (f"postgresql://ann@h/d?password={SECRET}", "behind its question mark"),
        (f"postgresql://ann:{SECRET}@h/d?schema=a&schema=b", "several schemas"),
        (f"postgresql://ann:{SECRET}@h/d?schema=pg_own", "can not be the name"),
        (f"postgresql://ann:{SECRET}@h/d?schema={'x' * 64}", "more than 63 bytes"),
    ],
)
def test_another_url_is_refused_without_repeating_it(text: str, complaint: str) -> None:
    """The sentence says what is wrong, and not even a traceback has the password."""
    with pytest.raises(StoreError, match=complaint) as caught:
        parse_store(text, schema="street")
    lines = traceback.format_exception(caught.value)
    assert SECRET not in "".join(lines)
