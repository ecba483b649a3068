"""What columns become, and what parameters may be, in Python; PostgreSQL itself is the oracle."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Config, MockServer, ModuleError
from mock_server.sql.arrays import read_array, write_array
from mock_server.sql.columns import decode_time
from mock_server.sql.values import Instant
from tests.postgres import Postgres

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(postgres: Postgres) -> AsyncIterator[MockServer]:
    """One server for all tests here, which read what they write."""
    async with MockServer(Config.from_settings({"database.address": (postgres.address,)})) as mock:
        yield mock


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("NULL", None),
        ("TRUE", True),
        ("FALSE", False),
        ("(-5)::int2", -5),
        ("9007199254740993::int8", 9007199254740993),
        ("0.1::float4", 0.10000000149011612),
        ("0.1::float8", 0.1),
        ("'-Infinity'::float8", -math.inf),
        ("1.50::numeric", "1.50"),
        ("'NaN'::numeric", "NaN"),
        ("'x'::char(3)", "x  "),
        ("'x'::\"char\"", "x"),
        (r"'\x00ff'::bytea", "\0\udcff"),
        ("""'{"b": 1, "a": [1.0]}'::jsonb""", '{"a": [1.0], "b": 1}'),
        ("'[ 1 ]'::json", "[ 1 ]"),
        ("'2001-01-01 00:00:00.75+02'::timestamptz", 978300000),
        ("'1969-12-31 23:59:59.5'::timestamp", -1),
        ("'1890-01-01'::date", -2524521600),
        ("'infinity'::timestamptz", "infinity"),
        ("'12:30:00'::time", "12:30:00"),
        ("'1 month 2 days'::interval", "1 mon 2 days"),
        ("'10.0.0.1/8'::inet", "10.0.0.1/8"),
        ("'(1,2)'::point", "(1,2)"),
        ("ARRAY[['a b', NULL], ['null', '']]", '{{"a b",NULL},{"null",""}}'),
        ("'{}'::int[]", "{}"),
        ("pg_sleep(0)", ""),
        ("'pg_class'::regclass", "pg_class"),
        ("int4range(1, 5)::text", "[1,5)"),
    ],
)
async def test_sql_query_returns_columns_as_nakamas_driver_hands_them_on(
    server: MockServer, column: str, value: Any
) -> None:
    (row,) = await server.nk.sql_query(f"SELECT {column} AS v")
    assert row == {"v": value}
    assert isinstance(row["v"], bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        ("int4", 5, 5),
        ("int4", "5", 5),
        ("int4", -1.9, -1),
        ("int8", 1 << 62, 1 << 62),
        ("float8", 1, 1.0),
        ("float8", math.inf, math.inf),
        ("numeric", 1e-7, "0.0000001"),
        ("numeric", 12, "12"),
        ("bool", True, True),
        ("bool", "yes", True),
        ("text", "5", "5"),
        ("uuid", "00000000-0000-4000-8000-00000000000A", "00000000-0000-4000-8000-00000000000a"),
        ("jsonb", {"b": [1, None], "a": "<"}, '{"a": "<", "b": [1, null]}'),
        ("jsonb", '{"a":1}', '{"a": 1}'),
        ("json", True, "true"),
        ("bytea", r"\xff", "\udcff"),
        ("timestamptz", "2001-01-01 02:00+02", 978307200),
        ("timestamptz", Instant(978307200, 500_000), 978307200),
        ("date", Instant(978307200), 978307200),
        ("int4[]", [1, "2", None, 3.5], "{1,2,NULL,3}"),
        ("int4[]", "{{1,2},{3,4}}", "{{1,2},{3,4}}"),
        ("text[]", [], "{}"),
        ("money", 5, "$5.00"),
        ("text", None, None),
    ],
)
async def test_sql_query_takes_parameters_as_pgx_does(
    server: MockServer, type_: str, given: Any, value: Any
) -> None:
    (row,) = await server.nk.sql_query(f"SELECT $1::{type_} AS v", [given])
    assert row == {"v": value}


NO_PLAN = "cannot find encode plan"


@pytest.mark.parametrize(
    ("type_", "given", "shown", "into", "reason"),
    [
        ("text", 5, "5", "text format for text (OID 25)", NO_PLAN),
        (
            "text",
            {"x": [1.5, None, "é"], "a": 1},
            'map[string]interface {}{"a":1, "x":[]interface {}{1.5, interface {}(nil), "é"}}',
            "text format for text (OID 25)",
            NO_PLAN,
        ),
        ("bool", 1, "1", "binary format for bool (OID 16)", NO_PLAN),
        ("int4", True, "true", "binary format for int4 (OID 23)", NO_PLAN),
        ("timestamptz", 7, "7", "binary format for timestamptz (OID 1184)", NO_PLAN),
        (
            "int4[]",
            ["1", True],
            '[]interface {}{"1", true}',
            "binary format for _int4 (OID 1007)",
            "unable to encode 1",
        ),
        (
            "text[]",
            ["a", {"k": [2]}],
            '[]interface {}{"a", map[string]interface {}{"k":[]interface {}{2}}}',
            "binary format for _text (OID 1009)",
            "unable to encode map[k:[2]]",
        ),
        (
            "jsonb",
            math.nan,
            "NaN",
            "text format for jsonb (OID 3802)",
            "json: unsupported value: NaN",
        ),
        (
            "regclass",
            {},
            "map[string]interface {}{}",
            "text format for unknown type (OID 2205)",
            NO_PLAN,
        ),
    ],
)
async def test_sql_query_refuses_what_pgx_has_no_form_for(
    server: MockServer, type_: str, given: Any, shown: str, into: str, reason: str
) -> None:
    with pytest.raises(ModuleError) as refused:
        await server.nk.sql_query(f"SELECT $1::{type_} AS v", [given])
    assert refused.value.message == (
        f"sql query error: failed to encode args[0]: unable to encode {shown} into {into}: {reason}"
    )


@pytest.mark.parametrize(
    ("type_", "given", "reason"),
    [
        ("int4", "x", 'invalid input syntax for type integer: "x" (SQLSTATE 22P02)'),
        (
            "int4",
            1 << 40,
            'value "1099511627776" is out of range for type integer (SQLSTATE 22003)',
        ),
        ("text", "\udcff", 'invalid byte sequence for encoding "UTF8": 0xff (SQLSTATE 22021)'),
        ("text", "\0", 'invalid byte sequence for encoding "UTF8": 0x00 (SQLSTATE 22021)'),
        ("int4[]", "{1", 'malformed array literal: "{1" (SQLSTATE 22P02)'),
    ],
)
async def test_sql_query_raises_with_the_databases_text(
    server: MockServer, type_: str, given: Any, reason: str
) -> None:
    with pytest.raises(ModuleError) as refused:
        await server.nk.sql_query(f"SELECT $1::{type_} AS v", [given])
    assert refused.value.message == f"sql query error: ERROR: {reason}"


@pytest.mark.parametrize("type_", ["int4", "int4[]", "jsonb"])
async def test_sql_query_refuses_values_that_are_nested_too_deeply(
    server: MockServer, type_: str
) -> None:
    nested: Any = 1
    for _ in range(5000):
        nested = [nested]
    texts = ["{" * 5000 + "}" * 5000] if type_ == "int4[]" else []
    for value in (nested, *texts):
        with pytest.raises(ModuleError, match=r"args\[0\]: it is nested too deeply"):
            await server.nk.sql_query(f"SELECT $1::{type_}", [value])


@pytest.mark.parametrize(
    "time",
    [
        "0044-03-15 BC",
        "0001-12-31 BC",
        "0001-01-01",
        "1600-02-29 23:59:59",
        "1900-03-01 00:00:00",
        "1970-01-01 00:00:00",
        "12345-12-31 12:00:00",
    ],
)
async def test_times_of_any_year_are_seconds_since_1970(server: MockServer, time: str) -> None:
    (row,) = await server.nk.sql_query(
        "SELECT t, extract(epoch FROM t)::bigint AS seconds FROM (SELECT $1::timestamp AS t) AS x",
        [time],
    )
    assert row["t"] == row["seconds"]


async def test_types_of_a_games_own_are_exchanged_and_ranges_and_rows_refused(
    server: MockServer,
) -> None:
    nk = server.nk
    for kind in ("int4range", "int4multirange"):
        with pytest.raises(ModuleError, match=rf"give them as text \(\$1::text::{kind}\)"):
            await nk.sql_query(f"SELECT $1::{kind}", ["[1,5)"])
    await nk.sql_exec(
        "CREATE TYPE mood AS ENUM ('calm', 'angry'); CREATE DOMAIN level AS int CHECK (value > 0);"
        "CREATE TABLE guard (name text, mood mood, level level, moods mood[])"
    )
    try:
        insert = "INSERT INTO guard VALUES ($1, $2, $3, $4)"
        assert await nk.sql_exec(insert, ["a", "calm", 5, "{angry,calm}"]) == 1
        assert await nk.sql_query("SELECT * FROM guard") == [
            {"name": "a", "mood": "calm", "level": 5, "moods": "{angry,calm}"}
        ]
        with pytest.raises(ModuleError, match="unknown type"):
            await nk.sql_exec(insert, ["a", "calm", 5, ["angry"]])
        with pytest.raises(ModuleError, match="type guard: select them as text"):
            await nk.sql_query("SELECT guard FROM guard")
        with pytest.raises(ModuleError, match="type record: select them as text"):
            await nk.sql_query("SELECT (1, 'x')")
    finally:
        await nk.sql_exec("DROP TABLE guard; DROP DOMAIN level; DROP TYPE mood")


async def test_the_text_of_an_array_is_that_of_postgresql(server: MockServer) -> None:
    hard = ['a"b', "c\\d", "{", "}", ",", ";", " ", "\t", "NULL", "null", "", "é\n", None, "nulls"]
    (row,) = await server.nk.sql_query("SELECT $1::text[] AS a, ($1::text[])::text AS b", [hard])
    assert row["a"] == row["b"]
    (row,) = await server.nk.sql_query("SELECT $1::text[] AS a", [row["b"]])
    assert row["a"] == write_array(hard)


_ARRAYS = st.recursive(
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, list))


@given(_ARRAYS)
async def test_what_is_written_as_an_array_is_read_back(value: list[Any]) -> None:
    assert read_array(write_array(value)) == value


@given(st.text('{},"\\ aN'))
async def test_a_malformed_array_is_a_value_error(text: str) -> None:
    try:
        value = read_array(text)
    except ValueError:
        return
    assert read_array(write_array(value)) == value


@given(st.datetimes(timezones=st.just(UTC)))
async def test_an_instant_is_the_one_of_the_calendar(moment: datetime) -> None:
    text = moment.isoformat()
    instant = decode_time(text)
    assert isinstance(instant, Instant)
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert instant == seconds or moment.year < 1000
    assert datetime.fromisoformat(instant.rfc3339()) == moment
