"""What a server offers works from any thread and any loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer
from onesignal_stub import OneSignalStub, RateLimit
from server_kit import Fault, HostedServer, ServerNotRunning
from tests.mock_server.players import sign_up


def in_other_thread(use: Callable[[], Any]) -> Any:
    """The result of a function that is called in a thread without a loop."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(use()))
    thread.start()
    thread.join()
    (result,) = results
    return result


def test_sockets_end_when_another_thread_disconnects_or_aborts_them() -> None:
    async def end_sockets(server: MockServer) -> None:
        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            first, second = await ada.connect(), await ada.connect()
            handles = server.sockets()
            assert [handle.user_id for handle in handles] == [ada.user_id] * 2
            handles[0].disconnect("enough")
            assert await first.end() == (1000, "enough")
            await handles[0].wait_closed()
            handles[1].abort()
            assert (await second.end())[0] == 1006
            await handles[1].wait_closed()
            assert server.sockets() == []
            handles[0].disconnect()
            handles[1].abort()

    with MockServer() as server:
        asyncio.run(end_sockets(server))


def test_runtime_functions_may_be_called_in_another_thread() -> None:
    with MockServer() as server:
        user_id, _, created = server.nk.authenticate_device("device-of-ada")
        assert created
        server.nk.notification_send(user_id, "hello", {}, 1, None, True)
        (stored,) = server.run(server.notifications.stored(user_id))
        assert stored["subject"] == "hello"
        assert "notification_send" in dir(server.nk)
        assert asyncio.run(count_index(server)) == 0


async def count_index(server: MockServer) -> int:
    """How many objects a query of an index finds: a runtime function that is awaited."""
    server.nk.register_storage_index("index", "saves", "", ["level"], [], 10, False)
    found, *_ = await server.nk.storage_index_list("index", "", 10, [])
    return len(found or [])


def test_functions_are_registered_in_another_thread() -> None:
    with MockServer() as server:

        @server.rpc("greet")
        def greet(context: Any, payload: str) -> str:
            return threading.current_thread().name

        assert "greet" in server.rpc_ids()


@pytest.mark.asyncio
async def test_a_stub_in_this_loop_is_read_in_another_thread() -> None:
    async with OneSignalStub() as stub:
        assert await asyncio.to_thread(lambda: stub.pushes) == []
        assert await asyncio.to_thread(lambda: stub.find_pushes(contains="hello")) == []
        await asyncio.to_thread(stub.set_rate_limit, RateLimit(1, 60.0))
        assert await asyncio.to_thread(lambda: asyncio.run(stub.snapshot()))


@pytest.mark.asyncio
@pytest.mark.parametrize("make", [MockServer, OneSignalStub])
async def test_a_server_may_be_stopped_in_another_loop(make: Callable[[], HostedServer]) -> None:
    server = await make().start()
    await asyncio.to_thread(lambda: asyncio.run(server.stop()))
    with pytest.raises(ServerNotRunning):
        server._in_loop.call(lambda: None)


def test_a_server_whose_loop_is_closed_says_so() -> None:
    async def start_and_forget() -> OneSignalStub:
        return await OneSignalStub().start()

    loop = asyncio.new_event_loop()
    stub = loop.run_until_complete(start_and_forget())
    loop.run_until_complete(stub.stop())
    loop.close()
    with pytest.raises(ServerNotRunning):
        stub.find_pushes()


def used_in_other_loops(server: MockServer) -> dict[str, Callable[[], Any]]:
    """How each public attribute of the mock is used."""

    def wait(make: Callable[[], Coroutine[Any, Any, Any]]) -> Callable[[], Any]:
        return lambda: asyncio.run(make())

    rule = {"event": "friend_request", "contents": {"en": "hello"}}
    return {
        "add_push_rules": lambda: server.add_push_rules([rule]),
        "all_devices": wait(server.all_devices),
        "clock": lambda: server.clock.advance(1),
        "config": lambda: server.config.name,
        "console_url": lambda: server.console_url,
        "devices": wait(lambda: server.devices("")),
        "events": lambda: server.events.publish("hello", {}),
        "faults": lambda: server.faults.add(Fault.status(503), "GET /v2/account").remove(),
        "grpc_address": lambda: server.grpc_address,
        "http_url": lambda: server.http_url,
        "journal": lambda: server.journal.clear(),
        "matchmaker": wait(lambda: server.matchmaker.process()),
        "metrics": server.metrics,
        "nk": lambda: server.nk.uuid_v4(),
        "notifications": wait(lambda: server.notifications.send_all("hello")),
        "purchases": lambda: server.purchases.get("none"),
        "push_rule_problems": server.push_rule_problems,
        "user_count": server.user_count,
        "pushes": lambda: list(server.pushes),
        "reload_modules": wait(server.reload_modules),
        "reset": wait(server.reset),
        "restart": wait(server.restart),
        "restore": wait(lambda: restore(server)),
        "rpc": lambda: server.rpc("late")(lambda context, payload: None),
        "rpc_ids": server.rpc_ids,
        "settle": wait(server.settle),
        "snapshot": wait(server.snapshot),
        "socket_url": lambda: server.socket_url,
        "sockets": server.sockets,
        "users": wait(server.users),
    }


async def restore(server: MockServer | OneSignalStub) -> None:
    await server.restore(await server.snapshot())


def test_everything_public_of_the_mock_works_in_another_thread_and_loop() -> None:
    not_while_running = {"module", "run", "start", "start_at", "stop"}
    with MockServer() as server:
        uses = used_in_other_loops(server)
        public = {name for name in dir(server) if not name.startswith("_")}
        assert public - not_while_running == uses.keys()
        for name in uses:
            in_other_thread(uses[name])


def test_everything_public_of_the_stub_works_in_another_thread_and_loop() -> None:
    with OneSignalStub() as stub:

        def wait(make: Callable[[], Coroutine[Any, Any, Any]]) -> Callable[[], Any]:
            return lambda: asyncio.run(make())

        async def no_push() -> None:
            with pytest.raises(TimeoutError):
                await stub.wait_for_push(timeout=0)

        async def nothing_received() -> None:
            with pytest.raises(TimeoutError):
                await stub.device("nobody").receive(timeout=0)

        uses: dict[str, Callable[[], Any]] = {
            "add_webhook": wait(lambda: stub.add_webhook("http://127.0.0.1:1/")),
            "advance": wait(lambda: stub.advance(1)),
            "app_id": lambda: stub.app_id,
            "clock": lambda: stub.clock.advance(1),
            "device": wait(nothing_received),
            "events": lambda: stub.events.publish("hello", {}),
            "faults": lambda: stub.faults.add(Fault.status(503), "POST /players").remove(),
            "find_pushes": lambda: stub.find_pushes(),
            "journal": lambda: stub.journal.clear(),
            "pushes": lambda: stub.pushes,
            "record_outcome": wait(lambda: stub.record_outcome("sale", attribution="unattributed")),
            "reset": wait(stub.reset),
            "rest_key": lambda: stub.rest_key,
            "restart": wait(stub.restart),
            "restore": wait(lambda: restore(stub)),
            "set_rate_limit": lambda: stub.set_rate_limit(None),
            "snapshot": wait(stub.snapshot),
            "url": lambda: stub.url,
            "user_key": lambda: stub.user_key,
            "wait_for_push": wait(no_push),
        }
        public = {name for name in dir(stub) if not name.startswith("_")}
        assert public - {"run", "start", "start_at", "stop"} == uses.keys()
        for name in uses:
            in_other_thread(uses[name])
