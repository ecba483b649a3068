import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from mock_server import Config, Context, MockServer, ModuleError, SessionConfig, UnknownSetting
from server_kit import ServerNotRunning

SERVER_KEY = {"Authorization": aiohttp.encode_basic_auth("defaultkey", "")}


async def login(client: aiohttp.ClientSession, server: MockServer, name: str) -> dict[str, str]:
    """Log a user in and return the header that proves it."""
    async with client.post(
        f"{server.http_url}/v2/account/authenticate/device?username={name}",
        json={"id": f"device-of-{name}"},
        headers=SERVER_KEY,
    ) as answer:
        return {"Authorization": "Bearer " + (await answer.json())["token"]}


async def get(client: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> object:
    async with client.get(url, headers=headers) as answer:
        return await answer.json()


@pytest.mark.asyncio
async def test_two_servers_in_one_process_do_not_know_each_other() -> None:
    async with MockServer() as one, MockServer() as two, aiohttp.ClientSession() as client:
        await login(client, one, "ada")
        assert [user["username"] for user in await one.users()] == ["ada"]
        assert await two.users() == []
        assert one.http_url != two.http_url


@pytest.mark.asyncio
async def test_reset_empties_the_server_and_drops_its_sockets() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:

        @server.rpc("late")
        def late(context: Context, payload: str) -> str:
            return payload

        headers = await login(client, server, "ada")
        async with client.ws_connect(server.socket_url, headers=headers) as socket:
            server.clock.advance(1000)
            await server.reset()
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSED
        assert await server.users() == []
        assert server.sockets() == []
        assert "late" not in server.rpc_ids()
        assert len(server.journal) == 0


@pytest.mark.asyncio
async def test_restore_brings_back_users_and_notifications() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        (ada,) = await server.users()
        await server.notifications.send(ada["id"], "kept")
        image = await server.snapshot()
        await server.notifications.send(ada["id"], "lost")
        await server.restore(image)
        page = await get(client, f"{server.http_url}/v2/notification?limit=10", headers)
        assert isinstance(page, dict)
        assert [each["subject"] for each in page["notifications"]] == ["kept"]


def test_with_runs_the_server_in_a_thread() -> None:
    with MockServer() as server:
        request = urllib.request.Request(
            f"{server.http_url}/v2/account/authenticate/device",
            data=b'{"id":"a-device-of-ada"}',
            headers=SERVER_KEY,
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["created"] is True
        (ada,) = server.run(server.users())
        server.run(server.notifications.send(ada["id"], "hello"))
        (stored,) = server.run(server.notifications.stored(ada["id"]))
        assert stored["subject"] == "hello"


@pytest.mark.asyncio
async def test_a_server_in_a_thread_may_be_asked_from_any_loop() -> None:
    with MockServer() as server:
        async with aiohttp.ClientSession() as client:
            await login(client, server, "ada")
        (ada,) = await server.users()
        await server.notifications.send_all("hello")
        assert len(await server.notifications.stored(ada["id"])) == 1
        entry = await server.journal.wait_for(lambda each: each.kind == "http")
        assert entry.name == "POST /v2/account/authenticate/device"


@pytest.mark.asyncio
async def test_a_server_that_does_not_run_says_so() -> None:
    server = MockServer()
    with pytest.raises(ServerNotRunning, match="start the server first"):
        _ = server.http_url
    with pytest.raises(ServerNotRunning):
        await server.reset()


@pytest.mark.asyncio
async def test_the_clock_expires_tokens() -> None:
    config = Config(session=SessionConfig(token_expiry_sec=60))
    async with MockServer(config) as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        server.clock.advance(61)
        answer = await get(client, f"{server.http_url}/v2/account", headers)
        assert answer == {"code": 16, "message": "Auth token invalid"}


@pytest.mark.asyncio
async def test_functions_may_refuse_fail_and_be_plain() -> None:
    server = MockServer()

    @server.rpc("refuse")
    async def refuse(context: Context, payload: str) -> None:
        raise ModuleError("not today", 7)

    @server.rpc("crash")
    def crash(context: Context, payload: str) -> None:
        raise LookupError("a bug")

    async with server, aiohttp.ClientSession() as client:
        url = f"{server.http_url}/v2/rpc/"
        key = "?http_key=defaulthttpkey"
        async with client.post(f"{url}refuse{key}") as answer:
            assert answer.status == 403
            assert await answer.json() == {"code": 7, "error": {}, "message": "not today"}
        async with client.post(f"{url}crash{key}") as answer:
            assert answer.status == 500
            assert (await answer.json())["message"] == "a bug"
        (problem,) = server.journal.problems()
        assert "LookupError" in (problem.error or "")


@pytest.mark.asyncio
async def test_the_journal_names_what_was_ignored_and_what_was_near() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        await get(client, f"{server.http_url}/v2/notification?limit=1&cursor=x", headers)
        await get(client, f"{server.http_url}/v2/notifications", headers)
        listed, unknown = list(server.journal)[-2:]
        assert listed.ignored == ("query: cursor",)
        assert unknown.unmatched == "GET /v2/notification"
        assert server.journal.problems() == [unknown]


@pytest.mark.asyncio
async def test_journal_and_log_hold_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        token = headers["Authorization"].removeprefix("Bearer ")
        async with client.ws_connect(f"{server.socket_url}?token={token}"):
            await server.journal.wait_for(lambda each: "authenticate" in each.name)
        assert token not in repr(list(server.journal)) + caplog.text
        assert "defaultkey" not in repr(server.config)
        assert "defaultencryptionkey" not in repr(server.config)


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(UnknownSetting, match=r"session\.single_socket"):
        Config.from_settings({"session.singel_socket": True})


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the command line until the block ends; yields it with the addresses it printed."""
    ports = ("--socket.port=0", "--console.port=0", "--onesignal.port=0")
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_server", *ports, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline().strip() for _ in range(4)]
        yield process, dict(line.split(": ") for line in lines)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_prints_its_addresses_and_stops_cleanly(number: int) -> None:
    with command() as (process, addresses):
        assert list(addresses) == [
            "Nakama client API",
            "Nakama socket",
            "Nakama console API and /_control",
            "OneSignal",
        ]
        with urllib.request.urlopen(addresses["Nakama client API"] + "/healthcheck") as answer:
            assert json.load(answer) == {}
        for name, seen in (("Nakama console API and /_control", 1), ("OneSignal", 0)):
            with urllib.request.urlopen(f"{addresses[name]}/_control/requests") as answer:
                assert len(json.load(answer)["requests"]) == seen
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
def test_the_command_line_ends_without_a_traceback_when_interrupted_at_its_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "slow.py").write_text("print('loading', flush=True)\ninput()\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_server", "--onesignal.port=0", f"--runtime.path={tmp_path}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate("and now go on\n", timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 as on POSIX")
def test_a_data_file_survives_a_kill(tmp_path: Path) -> None:
    data = f"--data={tmp_path / 'nakama.db'}"
    with command(data) as (process, addresses):
        asyncio.run(_sign_up(addresses["Nakama client API"], create=True))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with command(data) as (_, addresses):
        asyncio.run(_sign_up(addresses["Nakama client API"], create=False))


async def _sign_up(url: str, *, create: bool) -> None:
    async with (
        aiohttp.ClientSession(headers=SERVER_KEY) as client,
        client.post(
            f"{url}/v2/account/authenticate/device?create={str(create).lower()}",
            json={"id": "a-device-of-ada"},
        ) as answer,
    ):
        assert answer.status == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sesion.token_expiry_sec", "5"], "nearest is --session.token_expiry_sec"),
        (["--session.token_expiry_sec", "soon"], "expected a number, got 'soon'"),
        (["--runtime.path", "{here}"], "broken.py:2: ZeroDivisionError"),
    ],
)
def test_the_command_line_refuses_what_it_cannot_do(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("def init_module(nk):\n    1 / 0\n")
    given = [each.format(here=tmp_path) for each in arguments]
    ports = ("--socket.port=0", "--console.port=0", "--onesignal.port=0")
    done = subprocess.run(
        [sys.executable, "-m", "mock_server", *ports, *given],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.asyncio
async def test_login_succeeds_although_the_loop_of_a_waiter_is_closed() -> None:
    abandoned = asyncio.new_event_loop()
    abandoned.set_exception_handler(lambda loop, context: None)  # its task is never finished
    async with MockServer() as server, aiohttp.ClientSession() as client:
        waiting = server.journal.wait_for(lambda entry: False)
        task = abandoned.create_task(waiting)

        def run_once() -> None:
            abandoned.call_soon(abandoned.stop)
            abandoned.run_forever()
            abandoned.close()

        await asyncio.to_thread(run_once)
        assert "Authorization" in await login(client, server, "ada")
        assert not server.journal.problems()
        waiting.close()
        del task
