"""What a node or a validator keeps, in a schema of a PostgreSQL server."""

from sqlalchemy import delete

from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.database import FAILURES, reason
from ledger_node.errors import StoreAwayError
from ledger_node.index import Index
from ledger_node.postgres_database import PostgresDatabase
from ledger_node.postgres_log import PostgresLog
from ledger_node.stores import Stores
from ledger_node.tables import INDEX_PAGE

__all__ = ["PostgresStores"]


class PostgresStores(Stores):
    """Keep everything in a schema of a server.

    Args:
        database: The schema, open; closed with this.

    Raises:
        StoreAwayError: The server can not be reached.
        DamagedError: The log is not what was written.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        super().__init__(PostgresLog(database), CheckpointStore(database.shared()))

    def open_index(self) -> Index:
        """Open the look-up indexes; whoever asks closes them.

        Raises:
            IndexDamagedError: They are not what was written.
            StoreAwayError: The server can not be reached.
        """
        return Index(self._database.shared())

    def remove_index(self) -> None:
        """Remove the look-up indexes, which are closed; they are made anew from the log.

        Raises:
            StoreAwayError: The server can not be reached.
        """
        try:
            with self._database.writing() as connection:
                connection.execute(delete(INDEX_PAGE))
        except FAILURES as error:
            raise StoreAwayError(
                f"{self._database.place}: the look-up indexes can not be removed "
                f"({reason(error)}); mend the server, then start again."
            ) from error
