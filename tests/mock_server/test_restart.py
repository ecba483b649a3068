"""A restart: what a client notices of it, what survives and what does not."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from mock_server import Config, Context, MockServer
from server_kit import Clock, Fault
from tests.mock_server.players import open_tcp, sign_up


@pytest.mark.asyncio
@pytest.mark.parametrize("in_file", [False, True])
async def test_a_restart_drops_sockets_and_keeps_data(in_file: bool, tmp_path: Path) -> None:
    data = tmp_path / "nakama.db" if in_file else None
    async with MockServer(data=data) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        await server.notifications.send(ada.user_id, "before")
        socket = await ada.connect()
        addresses = (server.http_url, server.console_url)
        await server.restart()
        assert await socket.end() == (1006, "")
        assert (server.http_url, server.console_url) == addresses
        assert server.sockets() == []
        assert await ada.inbox() == ["before"]
        await server.notifications.send(ada.user_id, "after")
        assert await ada.inbox() == ["before", "after"]


@pytest.mark.asyncio
async def test_data_is_a_path_or_its_text(tmp_path: Path) -> None:
    path = tmp_path / "nakama.db"
    async with MockServer(data=str(path)) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
    async with MockServer(data=path) as server:
        assert [user["id"] for user in await server.users()] == [ada.user_id]
    with pytest.raises(TypeError):
        MockServer(data=5)  # type: ignore[arg-type]


@pytest.mark.asyncio
@pytest.mark.parametrize("in_file", [False, True])
async def test_a_restart_may_lose_all_data(in_file: bool, tmp_path: Path) -> None:
    data = tmp_path / "nakama.db" if in_file else None
    async with MockServer(data=data) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        await server.restart(keep_data=False)
        assert await server.users() == []
        assert (await ada.call("GET", "/v2/account"))[1]["message"] == "Account not found."


@pytest.mark.asyncio
async def test_a_restart_forgets_which_tokens_were_logged_out() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        await ada.call("POST", "/v2/session/logout", {"token": ada.token})
        assert (await ada.call("GET", "/v2/account"))[0] == 401
        await server.restart()
        assert (await ada.call("GET", "/v2/account"))[0] == 200


@pytest.mark.asyncio
async def test_a_restart_loads_modules_again(tmp_path: Path) -> None:
    (tmp_path / "counter.py").write_text(
        "def init_module(nk):\n"
        "    calls = []\n"
        "    def count(context, payload):\n"
        "        calls.append(payload)\n"
        "        return str(len(calls))\n"
        "    nk.register_rpc(count, 'count')\n"
    )
    server = MockServer(Config.from_settings({"runtime.path": str(tmp_path)}))
    server.rpc("early")(_echo)
    async with server, aiohttp.ClientSession() as http:
        server.rpc("late")(_echo)
        ada = await sign_up(http, server)
        assert (await ada.call("POST", "/v2/rpc/count", ""))[1] == {"payload": "1"}
        await server.restart()
        assert (await ada.call("POST", "/v2/rpc/count", ""))[1] == {"payload": "1"}
        assert {"count", "early", "late"} <= set(server.rpc_ids())
        await server.reset()
        await server.restart()
        assert "late" not in server.rpc_ids()


REMINDER = {
    "event": "schedule:reminder",
    "cron": "* * * * *",
    "contents": {"en": "We miss you"},
    "included_segments": ["All"],
}


@pytest.mark.asyncio
async def test_a_reset_and_a_restart_with_a_broken_module_say_where_it_is(tmp_path: Path) -> None:
    module = tmp_path / "game.py"
    module.write_text("def init_module(nk): pass")
    settings = {"runtime.path": str(tmp_path), "push.on_event": [REMINDER]}
    async with (
        MockServer(Config.from_settings(settings)) as server,
        aiohttp.ClientSession() as http,
    ):

        async def control(action: str) -> tuple[int, str]:
            async with http.post(f"{server.console_url}/_control/{action}", json={}) as answer:
                return answer.status, await answer.text()

        module.write_text("1 +")
        status, text = await control("reset")
        assert (status, "game.py" in text) == (400, True)
        server.clock.advance(60)
        await server.settle()
        assert [each.event for each in server.pushes] == ["schedule:reminder"], "all else works on"
        status, text = await control("restart")
        assert (status, "game.py" in text) == (400, True)
        module.write_text("def init_module(nk): pass")
        assert await control("restart") == (200, "{}")
        await sign_up(http, server)


def _echo(context: Context, payload: str) -> str:
    return payload


@pytest.mark.asyncio
async def test_clock_journal_and_faults_outlive_a_restart() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        await sign_up(http, server)
        server.clock.advance(1000)
        rule = server.faults.add(Fault.reset(), "GET /healthcheck")
        noted = len(server.journal)
        time = server.clock.time()
        await server.restart()
        assert server.clock.time() >= time
        assert list(server.faults) == [rule]
        assert len(server.journal) >= noted


@pytest.mark.asyncio
async def test_what_is_written_after_a_restart_comes_later_also_when_time_stands_still() -> None:
    clock = Clock(stopped_at=1_800_000_000.0)
    async with MockServer(clock=clock) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        subjects = [f"number {number}" for number in range(20)]
        for subject in subjects:
            await server.notifications.send(ada.user_id, subject)
            await server.restart()
        assert await ada.inbox() == subjects


@pytest.mark.asyncio
async def test_a_request_that_hangs_does_not_hold_up_a_restart() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        began = asyncio.Event()

        @server.rpc("forever")
        async def forever(context: Context, payload: str) -> None:
            began.set()
            await asyncio.Event().wait()

        hole = server.faults.add(Fault.black_hole(), "GET /v2/account", times=1)
        stuck, stuck_writer = await open_tcp(
            server, b"GET /v2/account HTTP/1.1\r\nHost: mock\r\n\r\n"
        )
        socket = await ada.connect()
        await socket.send({"rpc": {"id": "forever"}})
        await hole.wait_for_hits()
        await began.wait()
        await server.restart()
        assert await stuck.read() == b""
        assert await socket.end() == (1006, "")
        stuck_writer.close()


@pytest.mark.asyncio
async def test_a_handle_from_before_a_restart_goes_on_working() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        notifications = server.notifications
        await server.restart()
        await notifications.send(ada.user_id, "hello")
        assert await ada.inbox() == ["hello"]


@pytest.mark.asyncio
async def test_a_restart_may_be_asked_for_over_http() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        socket = await ada.connect()
        url = f"{server.console_url}/_control/restart"
        async with http.post(url) as answer:
            assert answer.status == 200
        assert await socket.end() == (1006, "")
        assert len(await server.users()) == 1
        async with http.post(url, json={"keep_data": False}) as answer:
            assert answer.status == 200
        assert await server.users() == []
        async with http.post(url, json={"keep_data": "no"}) as answer:
            assert answer.status == 400


def test_a_server_in_a_thread_restarts() -> None:
    with MockServer() as server:
        address = server.http_url
        server.run(server.restart())
        assert server.http_url == address
        assert server.run(server.users()) == []
