"""What the server's runtime streams arrives."""

import asyncio

import pytest

from mock_server import Context, MockServer
from nakama_client import Client, Session, StreamData, StreamPresenceEvent, UserPresence
from tests.client.conftest import Login

STREAM = {"mode": 123, "label": "weather"}


def add_functions(server: MockServer) -> None:
    nk = server.nk

    @server.rpc("watch")
    def watch(context: Context, payload: str) -> None:
        nk.stream_user_join(context.user_id, context.session_id, STREAM, False, False)

    @server.rpc("look_away")
    def look_away(context: Context, payload: str) -> None:
        nk.stream_user_leave(context.user_id, context.session_id, STREAM)

    @server.rpc("forecast")
    def forecast(context: Context, payload: str) -> None:
        nk.stream_send(STREAM, payload)


@pytest.mark.asyncio
async def test_stream_handlers_get_data_and_presences(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    add_functions(server)
    bob = await login("bob")
    data: asyncio.Queue[StreamData] = asyncio.Queue()
    presences: asyncio.Queue[StreamPresenceEvent] = asyncio.Queue()
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        alice_socket.on_stream_data(data.put_nowait)
        alice_socket.on_stream_presence(presences.put_nowait)
        await alice_socket.rpc("watch")
        event = await presences.get()
        assert (event.stream.mode, event.stream.label) == (123, "weather")
        assert [each.username for each in event.joins] == ["alice"]
        await bob_socket.rpc("watch")
        assert [each.username for each in (await presences.get()).joins] == ["bob"]

        await bob_socket.rpc("forecast", "rain")
        received = await data.get()
        assert (received.data, received.reliable, received.sender) == ("rain", True, None)
        assert received.stream == event.stream

        await bob_socket.rpc("look_away")
        (gone,) = (await presences.get()).leaves
        assert isinstance(gone, UserPresence)
        assert (gone.user_id, gone.status) == (bob.user_id, None)
