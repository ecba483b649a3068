"""A socket that comes back joins again what was joined."""

import asyncio

import pytest

from mock_server import MockServer
from nakama_client import (
    ChannelType,
    Client,
    Connected,
    ConnectionLost,
    RequestRefused,
    RestoreFailed,
    Session,
)
from server_kit.faults import Fault
from tests.client.conftest import Login
from tests.client.reconnecting.event_log import EventLog
from tests.client.scripted import Peer, ScriptedServer, make_token


@pytest.mark.asyncio
async def test_reconnect_restores_channels_follows_and_status(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    received: asyncio.Queue[str] = asyncio.Queue()
    seen: asyncio.Queue[str | None] = asyncio.Queue()
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        alice_socket.on_channel_message(
            lambda message: received.put_nowait(message.content["text"])
        )
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
        assert await received.get() == "hello"
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


class Recorder:
    """A server that keeps the requests of each connection, and may drop the first one."""

    def __init__(self) -> None:
        self.connections: list[list[str]] = []
        self.answers = {
            "status_follow": {"status": {}},
            "status_unfollow": {},
            "channel_join": {"channel": {"id": "the channel"}},
            "channel_leave": {},
            "rpc": {"rpc": {}},
        }

    async def serve(self, peer: Peer) -> None:
        """Answer two requests after both are there, then the others as they come."""
        members: list[str] = []
        self.connections.append(members)
        waiting: list[dict[str, object]] = []
        while not peer.websocket.closed:
            try:
                request = await peer.request()
            except TypeError:  # the connection is gone
                return
            (member,) = set(request) - {"cid"}
            members.append(member)
            waiting.append({"cid": request["cid"]} | self.answers[member])
            if len(self.connections) == 1 and len(members) < 2:
                continue
            for answer in waiting:
                await peer.send(answer)
            waiting.clear()
            if member == "rpc" and len(self.connections) == 1:
                peer.abort()


async def requests_after_reconnect(begin: str, end: str) -> list[str]:
    """Begin something, end it while the request is under way, and reconnect."""
    recorder = Recorder()
    user = "40857c06-2b8f-4d5f-9d2b-5a6f0d1c2e3f"
    async with (
        ScriptedServer(script=recorder.serve) as server,
        Client(server.url, random=lambda: 0.0) as client,
        client.socket(Session(make_token())) as socket,
    ):
        log = EventLog(socket)
        calls = {
            "follow": lambda: socket.follow_users([user]),
            "unfollow": lambda: socket.unfollow_users([user]),
            "join": lambda: socket.join_channel("tavern"),
            "leave": lambda: socket.leave_channel("the channel"),
            "nothing": lambda: socket.rpc("nothing"),
        }
        beginning = asyncio.ensure_future(calls[begin]())
        await asyncio.sleep(0)  # its request goes first
        await calls[end]()
        await beginning
        if end != "nothing":
            await socket.rpc("drop the connection")
        await log.wait_for(Connected)
    return recorder.connections[1]


@pytest.mark.asyncio
@pytest.mark.parametrize(("begin", "end"), [("follow", "unfollow"), ("join", "leave")])
async def test_reconnect_restores_nothing_that_was_undone_while_its_request_was_under_way(
    begin: str, end: str
) -> None:
    assert await requests_after_reconnect(begin, end) == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("begin", "request_again"), [("follow", "status_follow"), ("join", "channel_join")]
)
async def test_reconnect_restores_what_was_not_undone(begin: str, request_again: str) -> None:
    assert await requests_after_reconnect(begin, "nothing") == [request_again]


@pytest.mark.asyncio
async def test_reconnect_does_not_restore_a_follow_that_was_not_answered(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    bob = await login("bob")
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.faults.add(Fault.reset(), "in status_follow", times=1)
        with pytest.raises(ConnectionLost):
            await socket.follow_users([bob.user_id])
        await log.wait_for(Connected)
        await socket.update_status("here")
        names = [entry.name for entry in server.journal]
        assert names[-1] == "status_update"
        assert "status_follow" not in names
