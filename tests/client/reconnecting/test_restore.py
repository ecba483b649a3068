"""A socket that comes back joins again what was joined."""

import asyncio

import pytest

from mock_server import MockServer
from nakama_client import (
    ChannelType,
    Client,
    Connected,
    RequestRefused,
    RestoreFailed,
    Session,
)
from server_kit.faults import Fault
from tests.client.conftest import Login
from tests.client.reconnecting.event_log import EventLog


@pytest.mark.asyncio
async def test_reconnect_restores_channels_follows_and_status(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    heard: asyncio.Queue[str] = asyncio.Queue()
    seen: asyncio.Queue[str | None] = asyncio.Queue()
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        alice_socket.on_channel_message(lambda message: heard.put_nowait(message.content["text"]))
        alice_socket.on_status_presence(
            lambda event: [
                seen.put_nowait(each.status) for each in event.joins if each.username == "bob"
            ]
        )
        tavern = await alice_socket.join_channel("tavern", persistence=False)
        left = await alice_socket.join_channel("left")
        await alice_socket.leave_channel(left.id)
        await alice_socket.follow_users([bob.user_id])
        await alice_socket.update_status("fishing")
        log = EventLog(alice_socket)
        (old,) = (each for each in server.sockets() if each.user_id == alice.user_id)
        old.abort()
        await log.wait_for(Connected)

        await bob_socket.join_channel("left")
        await bob_socket.send_message(left.id, {"text": "nobody hears this"})
        await bob_socket.join_channel("tavern")
        await bob_socket.send_message(tavern.id, {"text": "hello"})
        assert await heard.get() == "hello"
        await bob_socket.update_status("in the tavern")
        assert await seen.get() == "in the tavern"
        (presence,) = await bob_socket.follow_users([alice.user_id])
        assert presence.status == "fishing"
        acknowledged = await alice_socket.send_message(tavern.id, {"text": "hi"})
        assert not acknowledged.persistent, "it was joined with other arguments"


@pytest.mark.asyncio
async def test_on_error_gets_restore_failed(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    async with client.socket(alice) as socket:
        channel = await socket.join_channel(bob.user_id, ChannelType.DIRECT)
        room = await socket.join_channel("room")
        log = EventLog(socket)
        await client.delete_account(bob)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
        (failure,) = (event for event in log.events if isinstance(event, RestoreFailed))
        assert failure.request == "channel_join"
        assert failure.body["target"] == bob.user_id
        assert isinstance(failure.__cause__, RequestRefused)
        await socket.send_message(room.id, {"text": "still here"})
        with pytest.raises(RequestRefused):
            await socket.send_message(channel.id, {"text": "are you there?"})


@pytest.mark.asyncio
async def test_reconnect_restores_after_a_drop_during_restore(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        room = await socket.join_channel("room")
        server.faults.add(Fault.reset(), "in channel_join", times=2)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
        await socket.send_message(room.id, {"text": "still here"})
    (back,) = (event for event in log.events if isinstance(event, Connected))
    assert back.attempts == 3


@pytest.mark.asyncio
async def test_close_forgets_restorable_state(client: Client, alice: Session) -> None:
    socket = client.socket(alice)
    await socket.connect()
    room = await socket.join_channel("room")
    await socket.close()
    await socket.connect()
    with pytest.raises(RequestRefused, match="Must join channel"):
        await socket.send_message(room.id, {"text": "x"})
    await socket.close()
