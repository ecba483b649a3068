"""`nk.sql_exec` and `nk.sql_query`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.sql.database import Database
from mock_server.sql.errors import DatabaseError

_NO_DATABASE = (
    "nk.{} needs a database of the game's own, which this mock of Nakama has only where "
    "database.address names one: its own tables are not PostgreSQL's; use nk.storage_read, "
    "nk.storage_write and the other functions of nk"
)


class SqlFunctions(RuntimeFunctions):
    """Run SQL in the database that `database.address` names.

    Args:
        database: That database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sql_exec(self, query: Any = None, parameters: Any = None) -> int:
        """Run a statement, or several if there are no parameters.

        Args:
            query: The statement, with `$1` and so on for parameters.
            parameters: A list of them: None, booleans, numbers, texts; lists for arrays, and
                tables for JSON.

        Returns:
            How many rows it affected; of several statements the last.

        Raises:
            ModuleError: Bad arguments, no database, or what the database says.
        """
        statement, values = self._checked("sql_exec", query, parameters)
        try:
            return await self._database.execute(statement, values)
        except DatabaseError as error:
            raise ModuleError(f"sql exec error: {error}") from None

    async def sql_query(self, query: Any = None, parameters: Any = None) -> list[dict[str, Any]]:
        """Run a statement and return its rows.

        Args:
            query: The statement, with `$1` and so on for parameters.
            parameters: As for `sql_exec`.

        Returns:
            The rows by the names of their columns: booleans, ints, floats, times in seconds since
            1970, all else as PostgreSQL writes it; NULL is None.

        Raises:
            ModuleError: Bad arguments, no database, or what the database says.
        """
        statement, values = self._checked("sql_query", query, parameters)
        try:
            return await self._database.query(statement, values)
        except DatabaseError as error:
            raise ModuleError(f"sql query error: {error}") from None

    def _checked(self, name: str, query: Any, parameters: Any) -> tuple[str, list[Any]]:
        given = Arguments(name, query, parameters)
        statement = given.filled_text(1, "expects query string")
        values = given.optional_table(2)
        if not self._database.is_given:
            raise ModuleError(_NO_DATABASE.format(name))
        return statement, values if isinstance(values, list) else []
