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
from tests.client.reconnecting.story import Story


@pytest.mark.asyncio
async def test_what_was_joined_is_joined_again(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    heard: asyncio.Queue[str] = asyncio.Queue()
    seen: asyncio.Queue[str | None] = asyncio.Queue()
    async with client.socket(alice) as hers, client.socket(bob) as his:
        hers.on_channel_message(lambda message: heard.put_nowait(message.content["text"]))
        hers.on_status_presence(
            lambda event: [
                seen.put_nowait(each.status) for each in event.joins if each.username == "bob"
            ]
        )
        tavern = await hers.join_channel("tavern", persistence=False)
        left = await hers.join_channel("left")
        await hers.leave_channel(left.id)
        await hers.follow_users([bob.user_id])
        await hers.update_status("fishing")
        story = Story(hers)
        (old,) = (each for each in server.sockets() if each.user_id == alice.user_id)
        old.abort()
        await story.until(Connected)

        await his.join_channel("left")
        await his.send_message(left.id, {"text": "nobody hears this"})
        await his.join_channel("tavern")
        await his.send_message(tavern.id, {"text": "hello"})
        assert await heard.get() == "hello"
        await his.update_status("in the tavern")
        assert await seen.get() == "in the tavern"
        (presence,) = await his.follow_users([alice.user_id])
        assert presence.status == "fishing"
        acknowledged = await hers.send_message(tavern.id, {"text": "hi"})
        assert not acknowledged.persistent, "it was joined with other arguments"


@pytest.mark.asyncio
async def test_what_cannot_be_joined_again_is_told(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    async with client.socket(alice) as socket:
        channel = await socket.join_channel(bob.user_id, ChannelType.DIRECT)
        room = await socket.join_channel("room")
        story = Story(socket)
        await client.delete_account(bob)
        server.sockets()[0].abort()
        await story.until(Connected)
        (failure,) = (event for event in story.events if isinstance(event, RestoreFailed))
        assert failure.request == "channel_join"
        assert failure.body["target"] == bob.user_id
        assert isinstance(failure.__cause__, RequestRefused)
        await socket.send_message(room.id, {"text": "still here"})
        with pytest.raises(RequestRefused):
            await socket.send_message(channel.id, {"text": "are you there?"})


@pytest.mark.asyncio
async def test_a_drop_while_joining_again(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        story = Story(socket)
        room = await socket.join_channel("room")
        server.faults.add(Fault.reset(), "in channel_join", times=2)
        server.sockets()[0].abort()
        await story.until(Connected)
        await socket.send_message(room.id, {"text": "still here"})
    (back,) = (event for event in story.events if isinstance(event, Connected))
    assert back.attempts == 3


@pytest.mark.asyncio
async def test_closing_forgets_what_was_joined(client: Client, alice: Session) -> None:
    socket = client.socket(alice)
    await socket.connect()
    room = await socket.join_channel("room")
    await socket.close()
    await socket.connect()
    with pytest.raises(RequestRefused, match="Must join channel"):
        await socket.send_message(room.id, {"text": "x"})
    await socket.close()
