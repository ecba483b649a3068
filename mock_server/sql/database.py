"""The database of a server: whether there is one, and who may use it when."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mock_server.config import DatabaseConfig
from mock_server.sql.address import read_address
from mock_server.sql.errors import DatabaseError

if TYPE_CHECKING:
    from mock_server.sql.pool import ConnectionPool

T = TypeVar("T")

_log = logging.getLogger("mock_server.sql")

_NO_EXTRA = "the extra is not installed: pip install 'nakama-client[sql]'"
_SERIALIZATION_FAILURE = "40001"
_UNDEFINED_TABLE = re.compile(
    r'relation "(?:users|user_device|user_edge|user_tombstone|groups|group_edge|message|storage'
    r"|notification|wallet_ledger|leaderboard|leaderboard_record|purchase|subscription)"
    r'" does not exist'
)


class Database:
    """The PostgreSQL database of one server, where `database.address` gives one.

    It is the game's own: what the server itself stores is elsewhere, so that Nakama's tables are
    not in it. A database that is not there when the server starts is one line in its log, and is
    tried again by each statement.

    Args:
        config: Where it is, and the limits.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self._config = config
        self._pool: ConnectionPool | None = None
        self._problem = _NO_EXTRA

    @property
    def is_given(self) -> bool:
        """Whether the settings name a database."""
        return bool(self._config.address)

    async def open(self) -> None:
        """Connect; what keeps the server from it is a warning in its log."""
        if not self.is_given:
            return
        try:
            self._pool = await self._connected()
            await self._in_time(self._pool.check())
        except DatabaseError as error:
            self._problem = str(error)
            _log.warning("database.address: server modules cannot run SQL: %s", error)

    async def close(self) -> None:
        """Close all connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def query(self, statement: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows of a statement, each by the names of its columns; of equal names the last.

        Args:
            statement: One statement, with `$1` and so on for parameters.
            parameters: See `parameters.encode`.

        Returns:
            See `columns.decode`.

        Raises:
            DatabaseError: It failed, or ran longer than `database.time_limit_sec`.
        """
        return await self._run(lambda pool: pool.query(statement, parameters))

    async def execute(self, statement: str, parameters: Sequence[Any]) -> int:
        """How many rows a statement affected.

        Args:
            statement: One statement; without parameters it may be several, and the last counts.
            parameters: See `parameters.encode`.

        Raises:
            DatabaseError: It failed, or ran longer than `database.time_limit_sec`.
        """
        return await self._run(lambda pool: pool.execute(statement, parameters))

    async def _connected(self) -> ConnectionPool:
        if importlib.util.find_spec("asyncpg") is None:
            raise DatabaseError(_NO_EXTRA)
        from mock_server.sql.pool import open_pool  # only where the extra is there

        return await open_pool(read_address(self._config.address[0]), self._config.max_open_conns)

    async def _run(self, call: Callable[[ConnectionPool], Awaitable[T]]) -> T:
        if self._pool is None:
            raise DatabaseError(self._problem)
        try:
            return await self._in_time(_retried(self._pool, call))
        except DatabaseError as error:
            if _UNDEFINED_TABLE.search(str(error)):
                _log.warning(
                    "%s: Nakama's own tables are not in the database of database.address; use the "
                    "functions of nk for what is in them",
                    error,
                )
            raise

    async def _in_time(self, work: Awaitable[T]) -> T:
        limit = self._config.time_limit_sec
        try:
            async with asyncio.timeout(limit):
                return await work
        except TimeoutError:
            raise DatabaseError(
                f"the statement ran longer than database.time_limit_sec ({limit:g} s) and was "
                "cancelled"
            ) from None


async def _retried(pool: ConnectionPool, call: Callable[[ConnectionPool], Awaitable[T]]) -> T:
    """Call again while other transactions are in the way, as Nakama does."""
    while True:
        try:
            return await call(pool)
        except DatabaseError as error:
            if error.sqlstate != _SERIALIZATION_FAILURE:
                raise
