"""The connections to the database, by asyncpg; only imported where the extra is installed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg.exceptions import UnsupportedClientFeatureError
from attrs import frozen

from mock_server.sql.address import Address
from mock_server.sql.columns import decode, unread
from mock_server.sql.errors import DatabaseError
from mock_server.sql.parameters import encode

_CONNECT_TIMEOUT_SEC = 5.0
_CLOSE_TIMEOUT_SEC = 5.0

# Texts in both directions: PostgreSQL then reads a parameter that is a text, as with pgx, and
# writes what pgx hands on as text. All others are texts for asyncpg anyway.
_AS_TEXT = """
bool int2 int4 int8 float4 float8 numeric oid xid cid xid8 bytea date time timetz timestamp
timestamptz interval uuid inet cidr macaddr macaddr8 bit varbit point line lseg box path polygon
circle tid pg_lsn money
"""
_WRITTEN = {"DateStyle": "ISO", "bytea_output": "hex"}  # what `columns` reads
_COUNT = re.compile(r"\d+$")
_NOTHING = re.compile(r"(?:[\s;]|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_TYPE = re.compile(r'"([^"]+)":')

_Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


@frozen
class ConnectionPool:
    """Connections that are made when they are needed, up to a number."""

    _address: Address
    _pool: _Pool

    async def check(self) -> None:
        """Connect once.

        Raises:
            DatabaseError: The database is not there, or refuses.
        """
        with _explained(self._address):
            async with self._pool.acquire():
                pass

    async def query(self, statement: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows of a statement, each by the names of its columns; of equal names the last.

        Raises:
            DatabaseError: It failed.
        """
        with _explained(self._address):
            async with self._pool.acquire() as connection:
                prepared = await connection.prepare(statement)
                rows = await prepared.fetch(*_encoded(prepared, parameters))
                columns = prepared.get_attributes()
        return [
            {each.name: decode(value, each.type) for each, value in zip(columns, row, strict=True)}
            for row in (tuple(row.values()) for row in rows)
        ]

    async def execute(self, statement: str, parameters: Sequence[Any]) -> int:
        """How many rows a statement affected; without parameters it may be several, of the last.

        Raises:
            DatabaseError: It failed.
        """
        if not parameters and _NOTHING.fullmatch(statement):
            return 0  # asyncpg fails with what has no command
        with _explained(self._address):
            async with self._pool.acquire() as connection:
                if parameters:
                    prepared = await connection.prepare(statement)
                    await prepared.fetch(*_encoded(prepared, parameters))
                    status = prepared.get_statusmsg()
                else:
                    status = await connection.execute(statement)
        count = _COUNT.search(status or "")
        return int(count[0]) if count else 0

    async def close(self) -> None:
        """Close the connections, those under way after a while by force."""
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_TIMEOUT_SEC)
        except TimeoutError:
            self._pool.terminate()


async def open_pool(address: Address, size: int) -> ConnectionPool:
    """Make a pool, which connects to nothing yet.

    Args:
        address: Where the database is.
        size: How many connections there may be.

    Raises:
        DatabaseError: The driver refuses the address.
    """
    with _explained(address):
        pool = asyncpg.create_pool(
            address.url,
            min_size=0,
            max_size=size,
            timeout=_CONNECT_TIMEOUT_SEC,
            init=_exchange_texts,
            server_settings=_WRITTEN,
        )
        await pool
    return ConnectionPool(address, pool)


async def _exchange_texts(connection: Any) -> None:
    for name in _AS_TEXT.split():
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=str, format="text"
        )


def _encoded(prepared: Any, parameters: Sequence[Any]) -> Iterator[Any]:
    types = prepared.get_parameters()
    if len(types) != len(parameters):
        raise DatabaseError(f"expected {len(types)} arguments, got {len(parameters)}")
    return (
        encode(number, value, type_)
        for number, (value, type_) in enumerate(zip(parameters, types, strict=True))
    )


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    """Give the driver's errors the texts of Nakama's driver."""
    try:
        yield
    except UnsupportedClientFeatureError as error:
        found = _TYPE.search(str(error))
        raise unread(found[1] if found else "") from None
    except asyncpg.PostgresError as error:
        raise _refused(error) from None
    except asyncpg.InterfaceError as error:
        raise DatabaseError(str(error)) from None
    except OSError as error:
        reason = error.strerror or str(error) or "timeout"
        raise DatabaseError(f"failed to connect to {address.title}: {reason}") from None


def _refused(error: asyncpg.PostgresError) -> DatabaseError:
    # The driver puts an error of its own before what the database said at last.
    refused = error.__cause__ if isinstance(error.__cause__, asyncpg.PostgresError) else error
    fields = refused.as_dict()
    if "severity" not in fields:
        return DatabaseError(str(refused))
    code = fields["sqlstate"]
    return DatabaseError(f"{fields['severity']}: {fields['message']} (SQLSTATE {code})", code)
