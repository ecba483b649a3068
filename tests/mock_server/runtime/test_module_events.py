"""Events that modules and clients generate, and those of sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mock_server import Context, MockServer
from mock_server.runtime.nk import Nakama
from tests.mock_server.runtime.game import lua_rpcs, playing, serving


class Listener:
    """A server whose events go into queues."""

    def __init__(self) -> None:
        self.server = MockServer()
        self.events: asyncio.Queue[tuple[Context, dict[str, Any]]] = asyncio.Queue()
        self.server.module(self._init_module)

    def _init_module(self, nk: Nakama) -> None:
        def handler(context: Context, event: dict[str, Any]) -> None:
            self.events.put_nowait((context, event))

        nk.register_event(handler)
        nk.register_event_session_start(handler)
        nk.register_event_session_end(handler)


@pytest.mark.asyncio
async def test_a_module_generates_events() -> None:
    listener = Listener()
    async with playing(listener.server) as game:
        nk = game.server.nk
        nk.event("won", {"level": "7"})
        nk.event("lost", None, 1234.9, True)
        context, event = await listener.events.get()
        assert context.execution_mode == "event"
        now = game.server.clock.time()
        assert 0 <= now - event.pop("timestamp") < 60
        assert event == {"name": "won", "properties": {"level": "7"}, "external": False}
        assert (await listener.events.get())[1] == {
            "name": "lost",
            "properties": {},
            "timestamp": 1234,
            "external": True,
        }


@pytest.mark.asyncio
async def test_a_client_generates_events() -> None:
    listener = Listener()
    async with playing(listener.server) as game:
        token = await game.login("ada")
        body = {"name": "clicked", "properties": {"where": "shop"}}
        assert (await game.request("POST", "/v2/event", token, body)).status == 200
        context, event = await listener.events.get()
        assert context.user_id == await game.user_id("ada")
        assert (event["name"], event["external"]) == ("clicked", True)
        assert event["properties"] == {"where": "shop"}


@pytest.mark.asyncio
async def test_sockets_generate_session_start_and_session_end() -> None:
    listener = Listener()
    async with playing(listener.server) as game:
        token = await game.login("ada")
        async with game.socket(token):
            context, event = await listener.events.get()
            assert (event["name"], context.username) == ("session_start", "ada")
        context, event = await listener.events.get()
        assert (event["name"], event["properties"]) == ("session_end", {"reason": ""})
        async with game.socket(token) as socket:
            context, event = await listener.events.get()
            assert context.session_id is not None
            game.server.nk.session_disconnect(context.session_id)
            await socket.receive()  # answers the close frame, for which the server would wait
            context, event = await listener.events.get()
            assert event["name"] == "session_end"


@pytest.mark.asyncio
async def test_lua_has_no_event_functions(tmp_path: Path) -> None:
    body = """
        local ok, problem = pcall(nk.register_event, function() end)
        return tostring(problem)
    """
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        assert "nk.register_event is not in this mock" in (await game.rpc("go")).body


@pytest.mark.asyncio
async def test_a_function_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()

    @listener.server.module
    def init_module(nk: Nakama) -> None:
        def fail(context: Context, event: dict[str, Any]) -> None:
            raise ValueError("cannot hear")

        nk.register_event(fail)
        nk.register_event(lambda context, event: listener.events.put_nowait((context, event)))

    async with playing(listener.server) as game:
        game.server.nk.event("won", {})
        await listener.events.get()
        await listener.events.get()
    assert "cannot hear" in caplog.text
