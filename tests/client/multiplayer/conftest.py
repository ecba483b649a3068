"""A server with a match handler, and players with sockets that reconnect without delay."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio

from mock_server import MockServer
from nakama_client import Client, Session, Socket
from tests.client.conftest import Login

Connect = Callable[[str], Awaitable[Socket]]


class Echo:
    """A match that sends back what it gets, and greets who joins before the join is answered."""

    def match_init(self, context: Any, params: Any) -> Any:
        return {}, 10, '{"mode":"echo"}'

    def match_join_attempt(
        self,
        context: Any,
        dispatcher: Any,
        tick: int,
        state: Any,
        presence: Any,
        metadata: dict[str, str],
    ) -> Any:
        return state, metadata.get("password") == "please", "wrong password"

    def match_join(
        self, context: Any, dispatcher: Any, tick: int, state: Any, presences: list[Any]
    ) -> Any:
        for presence in presences:
            dispatcher.broadcast_message(1, f"hello {presence['username']}", [presence])
        return state

    def match_leave(
        self, context: Any, dispatcher: Any, tick: int, state: Any, presences: Any
    ) -> Any:
        return state

    def match_loop(
        self, context: Any, dispatcher: Any, tick: int, state: Any, messages: list[Any]
    ) -> Any:
        for message in messages:
            dispatcher.broadcast_message(message["op_code"], message["data"])
        return state

    def match_terminate(
        self, context: Any, dispatcher: Any, tick: int, state: Any, grace_seconds: int
    ) -> Any:
        return None

    def match_signal(self, context: Any, dispatcher: Any, tick: int, state: Any, data: str) -> Any:
        return (None, "") if data == "end" else (state, "")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    server = MockServer()
    server.module(lambda nk: nk.register_match("echo", Echo()))
    async with server:
        yield server


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(server.http_url, clock=server.clock.time, random=lambda: 0.0) as client:
        yield client


@pytest_asyncio.fixture
async def connect(client: Client, login: Login) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        async def connect(name: str) -> Socket:
            session: Session = await login(name)
            return await stack.enter_async_context(client.socket(session))

        yield connect
