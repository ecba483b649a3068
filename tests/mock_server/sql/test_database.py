"""Whether there is a database, who waits for it, and what becomes of statements under way."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from mock_server import Config, MockServer, ModuleError
from tests.mock_server.runtime.scripts import rpcs
from tests.postgres import ESCAPED_PASSWORD, PASSWORD, Postgres

SLEEP = "SELECT pg_sleep(600)"
RUNNING = (
    "SELECT count(*) AS n FROM pg_stat_activity "
    "WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(600)%'"
)


def configured(address: str, **others: object) -> Config:
    return Config.from_settings({"database.address": (address,), **others})


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "mock_server.sql"]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound, so that no other program takes it, and that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.asyncio
async def test_sql_exec_runs_several_statements_and_counts_the_last(server: MockServer) -> None:
    nk = server.nk
    created = "CREATE TABLE score (n int); INSERT INTO score VALUES (1), (2), (3)"
    assert await nk.sql_exec(created) == 3
    assert await nk.sql_exec("UPDATE score SET n = n + $1 WHERE n > $2", [10, 1]) == 2
    assert await nk.sql_query("SELECT n FROM score ORDER BY n") == [{"n": 1}, {"n": 12}, {"n": 13}]
    assert await nk.sql_exec("DROP TABLE score") == 0
    assert await nk.sql_exec(" ; -- nothing\n /* at all */ ") == 0
    with pytest.raises(ModuleError, match=r"expected 1 arguments, got 2"):
        await nk.sql_exec("SELECT $1::int", [1, 2])


@pytest.mark.asyncio
async def test_a_statement_that_takes_too_long_is_cancelled(
    postgres: Postgres, server: MockServer
) -> None:
    config = configured(postgres.address, **{"database.time_limit_sec": 0.5})
    async with MockServer(config) as hasty:
        with pytest.raises(ModuleError, match=r"longer than database\.time_limit_sec \(0\.5 s\)"):
            await hasty.nk.sql_query(SLEEP)
        assert await server.nk.sql_query(RUNNING) == [{"n": 0}]


@pytest.mark.asyncio
async def test_what_fails_by_another_transaction_is_tried_again_while_there_is_time(
    postgres: Postgres, server: MockServer
) -> None:
    tried = (
        "DO $$ BEGIN IF nextval('tries') % 3 > 0 THEN RAISE EXCEPTION 'in the way' "
        "USING ERRCODE = 'serialization_failure'; END IF; END $$"
    )
    await server.nk.sql_exec("CREATE SEQUENCE tries")
    assert await server.nk.sql_exec(tried) == 0
    assert await server.nk.sql_query("SELECT last_value AS n FROM tries") == [{"n": 3}]
    config = configured(postgres.address, **{"database.time_limit_sec": 0.5})
    async with MockServer(config) as hasty:
        with pytest.raises(ModuleError, match=r"longer than database\.time_limit_sec"):
            await hasty.nk.sql_exec(tried.replace("% 3", ""))
    await server.nk.sql_exec("DROP SEQUENCE tries")


@pytest.mark.asyncio
async def test_a_cancelled_call_cancels_its_statement(server: MockServer) -> None:
    call = asyncio.ensure_future(server.nk.sql_query(SLEEP))
    while await server.nk.sql_query(RUNNING) != [{"n": 1}]:
        pass
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await server.nk.sql_query(RUNNING) == [{"n": 0}]


LANGUAGES = pytest.mark.parametrize("language", ["lua", "js"])


def write_waiting(folder: Path, language: str, statement: str) -> None:
    """A module whose RPC function `wait` runs a statement and returns its rows as JSON."""
    if language == "js":
        body = f'return JSON.stringify(nk.sqlQuery("{statement}"));'
        (folder / "index.js").write_text(rpcs({"wait": body}))
    else:
        (folder / "a.lua").write_text(
            'local nk = require("nakama")\n'
            f'nk.register_rpc(function() return nk.json_encode(nk.sql_query("{statement}")) end,'
            ' "wait")'
        )


@LANGUAGES
@pytest.mark.asyncio
async def test_a_server_stops_while_modules_wait_for_the_database(
    postgres: Postgres, tmp_path: Path, language: str
) -> None:
    write_waiting(tmp_path, language, SLEEP)
    config = configured(postgres.address, **{"runtime.path": str(tmp_path)})
    async with aiohttp.ClientSession() as http:
        async with MockServer(config) as server:
            url = f"{server.http_url}/v2/rpc/wait?http_key=defaulthttpkey"
            call = asyncio.ensure_future(http.post(url))
            while await server.nk.sql_query(RUNNING) != [{"n": 1}]:
                pass
        with pytest.raises(aiohttp.ClientError):
            await call
    async with MockServer(configured(postgres.address)) as another:
        assert await another.nk.sql_query(RUNNING) == [{"n": 0}]


@pytest.mark.slow
@LANGUAGES
@pytest.mark.asyncio
async def test_waiting_for_the_database_is_not_time_that_a_module_runs(
    postgres: Postgres, tmp_path: Path, language: str
) -> None:
    write_waiting(tmp_path, language, "SELECT 1 AS n FROM pg_sleep(2.2)")
    limits = {"runtime.lua_time_limit_sec": 2.0, "runtime.js_time_limit_sec": 2.0}
    config = configured(postgres.address, **{"runtime.path": str(tmp_path), **limits})
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        url = f"{server.http_url}/v2/rpc/wait?unwrap&http_key=defaulthttpkey"
        async with http.post(url) as answer:
            assert await answer.text() == '[{"n":1}]'


@pytest.mark.asyncio
async def test_connections_that_the_database_ended_are_replaced(server: MockServer) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    with pytest.raises(ModuleError, match=r"terminating connection|connection was closed"):
        await server.nk.sql_query(ended)
    assert await server.nk.sql_query("SELECT 1 AS n") == [{"n": 1}]


@pytest.mark.asyncio
async def test_a_restart_and_a_reset_leave_the_database_alone(server: MockServer) -> None:
    await server.nk.sql_exec("CREATE TABLE kept (n int)")
    await server.reset()
    await server.restart(keep_data=False)
    assert await server.nk.sql_query("SELECT * FROM kept") == []
    await server.nk.sql_exec("DROP TABLE kept")


@pytest.mark.asyncio
async def test_calls_at_the_same_time_use_no_more_connections_than_allowed(
    postgres: Postgres,
) -> None:
    config = configured(postgres.address, **{"database.max_open_conns": 2})
    async with MockServer(config) as server:
        pid = "SELECT pg_backend_pid() AS pid, pg_sleep(0.01)"
        rows = await asyncio.gather(*(server.nk.sql_query(pid) for _ in range(8)))
    assert len({row["pid"] for (row,) in rows}) <= 2


@pytest.mark.asyncio
async def test_modules_of_each_language_make_their_tables_while_they_load(
    postgres: Postgres, tmp_path: Path
) -> None:
    statement = (
        "CREATE TABLE IF NOT EXISTS loaded (language text); INSERT INTO loaded VALUES ('{}')"
    )
    (tmp_path / "a.lua").write_text(f'require("nakama").sql_exec("{statement.format("lua")}")')
    (tmp_path / "index.js").write_text(
        f'function InitModule(ctx, logger, nk, i) {{ nk.sqlExec("{statement.format("js")}"); }}'
    )
    (tmp_path / "b.py").write_text(
        f'async def init_module(nk):\n    await nk.sql_exec("{statement.format("python")}")\n'
    )
    config = configured(postgres.address, **{"runtime.path": str(tmp_path)})
    async with MockServer(config) as server:
        rows = await server.nk.sql_query("SELECT language FROM loaded ORDER BY language")
        await server.nk.sql_exec("DROP TABLE loaded")
    assert [row["language"] for row in rows] == ["js", "lua", "python"]


@pytest.mark.asyncio
async def test_bundles_see_columns_as_goja_shows_gos_values(
    postgres: Postgres, tmp_path: Path
) -> None:
    bodies = {
        "columns": r"""
            const row = nk.sqlQuery("SELECT '{\"a\": 1}'::jsonb AS j, 'ab'::bytea AS b, NULL AS n,"
                + " '2001-01-01 00:00:00.5+00'::timestamptz AS t, 1.5::numeric AS d,"
                + " ARRAY[1,2] AS l, 9007199254740993 AS big")[0];
            return JSON.stringify([row, row.t.Unix(), String(row.t), row.t instanceof Date]);""",
        "date": """
            const sql = "SELECT $1::timestamptz AS t, $2::text AS u, $3::jsonb::text AS j";
            const given = [new Date(1500), undefined, {d: new Date(0), u: undefined}];
            return JSON.stringify(nk.sqlQuery(sql, given)[0]);""",
        "buffer": """
            try { nk.sqlExec("SELECT $1::bytea", [new ArrayBuffer(1)]); }
            catch (e) { return e.message; }""",
        "view": """
            const sql = "SELECT $1::bytea AS b, $2::text AS t";
            const bytes = new Uint8Array([97, 98, 99]).subarray(1);
            return JSON.stringify(nk.sqlQuery(sql, [bytes, new String("x")])[0]);""",
        "floats": """
            const row = nk.sqlQuery("SELECT 'NaN'::float8 AS a, '-Infinity'::float4 AS b")[0];
            return [typeof row.a, row.a, row.b].join();""",
        "nothing": 'return JSON.stringify([nk.sqlExec(""), nk.sqlQuery("")]);',
    }
    (tmp_path / "index.js").write_text(rpcs(bodies))
    config = configured(postgres.address, **{"runtime.path": str(tmp_path)})
    answers = {}
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        for name in bodies:
            url = f"{server.http_url}/v2/rpc/{name}?http_key=defaulthttpkey&unwrap"
            async with http.post(url) as answer:
                answers[name] = await answer.text()
    assert answers == {
        "columns": '[{"j":[123,34,97,34,58,32,49,125],"b":[97,98],"n":null,'
        '"t":"2001-01-01T00:00:00.5Z","d":"1.5","l":"{1,2}","big":9007199254740992},'
        '978307200,"2001-01-01 00:00:00.5 +0000 UTC",false]',
        "date": '{"t":"1970-01-01T00:00:01.5Z","u":null,'
        '"j":"{\\"d\\": \\"1970-01-01T00:00:00Z\\", \\"u\\": null}"}',
        "buffer": "failed to exec db query: failed to encode args[0]: unable to encode "
        "goja.ArrayBuffer into binary format for bytea (OID 17): cannot find encode plan",
        "view": '{"b":[98,99],"t":"x"}',
        "floats": "number,NaN,-Infinity",
        "nothing": '[{"rowsAffected":0},[]]',
    }


@pytest.mark.asyncio
async def test_of_several_addresses_the_first_counts(postgres: Postgres, closed_port: int) -> None:
    others = (postgres.address, f"127.0.0.1:{closed_port}")
    async with MockServer(Config.from_settings({"database.address": others})) as server:
        assert await server.nk.sql_query("SELECT current_database()::text AS name") == [
            {"name": "game"}
        ]


@pytest.mark.asyncio
async def test_a_database_that_is_not_there_is_one_line_and_the_server_runs(
    closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"postgres://user:{ESCAPED_PASSWORD}@127.0.0.1:{closed_port}/game?sslmode=disable"
    config = configured(address)
    reason = f"failed to connect to `user=user database=game` at 127.0.0.1:{closed_port}: "
    async with MockServer(config) as server:
        (line,) = warnings(caplog)
        assert line.startswith(f"database.address: server modules cannot run SQL: {reason}")
        with pytest.raises(ModuleError) as refused:
            await server.nk.sql_query("SELECT 1")
        assert refused.value.message.startswith(f"sql query error: {reason}")
    assert ESCAPED_PASSWORD not in f"{config!r}{server.config!r}{caplog.text}"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (ESCAPED_PASSWORD, "wr%40ng", 'FATAL: password authentication failed for user "nakama"'),
        ("/game", "/other", 'FATAL: database "other" does not exist (SQLSTATE 3D000)'),
    ],
)
async def test_a_database_that_refuses_is_one_line_without_the_password(
    postgres: Postgres, caplog: pytest.LogCaptureFixture, old: str, new: str, reason: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with MockServer(configured(postgres.address.replace(old, new))) as server:
        with pytest.raises(ModuleError) as refused:
            await server.nk.sql_query("SELECT 1")
    (line,) = warnings(caplog)
    assert reason in line
    assert reason in refused.value.message
    for secret in ("wr%40ng", "wr@ng", PASSWORD, ESCAPED_PASSWORD):
        assert secret not in f"{caplog.text}{refused.value}{server.config!r}"


@pytest.mark.asyncio
async def test_a_statement_on_nakamas_tables_is_explained_in_the_log(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModuleError, match=r'relation "users" does not exist \(SQLSTATE 42P01\)'):
        await server.nk.sql_query("SELECT * FROM users")
    (line,) = warnings(caplog)
    assert "Nakama's own tables are not in the database of database.address" in line


@pytest.mark.parametrize("address", ["root:s3cret@host:port/nakama", "root:s3cret@[::1/nakama"])
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ValueError, match=r"database\.address: expected user:password@") as refused:
        configured(address)
    assert "s3cret" not in str(refused.value.args[0])


_WITHOUT = """
import asyncio, logging, sys
sys.modules["asyncpg"] = None
from mock_server import Config, MockServer, ModuleError
logging.basicConfig(format="%(message)s", stream=sys.stdout)

async def main():
    config = Config.from_settings({"database.address": ("root:s3cret@127.0.0.1/game",)})
    async with MockServer(config) as server:
        try:
            await server.nk.sql_exec("SELECT 1")
        except ModuleError as error:
            print(error)

asyncio.run(main())
"""


@pytest.mark.slow
def test_without_the_extra_the_server_runs_and_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT], capture_output=True, text=True, timeout=60, check=False
    )
    extra = "the extra is not installed: pip install 'nakama-client[sql]'"
    assert (done.stderr, done.stdout.splitlines()) == (
        "",
        [
            f"database.address: server modules cannot run SQL: {extra}",
            f"sql exec error: {extra}",
        ],
    )
