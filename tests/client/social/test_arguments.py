"""What breaks a rule of the server is refused before anything is sent, with the rule."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from nakama_client import (
    ArgumentError,
    ChannelType,
    Client,
    InvalidJson,
    JsonObject,
    Session,
    Socket,
)
from nakama_client.protocol.codec import decode

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID = str(uuid.uuid4())
NIL = str(uuid.UUID(int=0))

HttpCall = Callable[[Client, Session], Awaitable[object] | object]
SocketCall = Callable[[Socket], Awaitable[object]]

HTTP: list[tuple[str, HttpCall]] = [
    ("limit must be between 1 and 1000", lambda c, s: c.list_friends(s, limit=1001)),
    ("limit must be between 1 and 1000", lambda c, s: c.iter_friends(s, page_size=0)),
    ("state must be between 0 and 3", lambda c, s: c.list_friends(s, state=4)),
    ("state must be between 0 and 3", lambda c, s: c.iter_friends(s, state=-1)),
    ("limit must be between 1 and 100", lambda c, s: c.list_friends_of_friends(s, limit=101)),
    ("limit must be between 1 and 100", lambda c, s: c.iter_friends_of_friends(s, page_size=0)),
    ("ids must be UUIDs", lambda c, s: c.add_friends(s, [ID, "nope"])),
    ("several ids", lambda c, s: c.add_friends(s, ID)),
    ("several names", lambda c, s: c.add_friends(s, usernames="bob")),
    ("a username is required", lambda c, s: c.delete_friends(s, usernames=[""])),
    ("1 to 128 bytes", lambda c, s: c.block_friends(s, usernames=["é" * 65])),
    ("system user", lambda c, s: c.add_friends(s, [NIL])),
    ("themselves", lambda c, s: c.add_friends(s, [s.user_id.upper()])),
    ("themselves", lambda c, s: c.delete_friends(s, usernames=[s.username])),
    ("themselves", lambda c, s: c.block_friends(s, [ID, s.user_id])),
    ("4096 bytes", lambda c, s: c.add_friends(s, [ID], metadata={"note": "é" * 700})),
    ("written as JSON", lambda c, s: c.add_friends(s, [ID], metadata={"note": object()})),
    ("facebook token is required", lambda c, s: c.import_facebook_friends(s, "")),
    ("steam token is required", lambda c, s: c.import_steam_friends(s, "")),
    ("facebook token is required", lambda c, s: c.authenticate_facebook("")),
    ("1 to 128 bytes", lambda c, s: c.authenticate_facebook("t", username="x" * 129)),
    ("steam token is required", lambda c, s: c.authenticate_steam("")),
    ("facebook token is required", lambda c, s: c.link_facebook(s, "")),
    ("steam token is required", lambda c, s: c.link_steam(s, "")),
    ("facebook token is required", lambda c, s: c.unlink_facebook(s, "")),
    ("steam token is required", lambda c, s: c.unlink_steam(s, "")),
    ("name is required", lambda c, s: c.create_group(s, "")),
    ("255 characters, not 256", lambda c, s: c.create_group(s, "x" * 256)),
    ("18 characters", lambda c, s: c.create_group(s, "g", lang_tag="x" * 19)),
    ("512 characters", lambda c, s: c.create_group(s, "g", avatar_url="x" * 513)),
    ("max_count must be at least 1", lambda c, s: c.create_group(s, "g", max_count=0)),
    ("max_count must be between 1", lambda c, s: c.create_group(s, "g", max_count=2**31)),
    ("at least one field", lambda c, s: c.update_group(s, ID)),
    ("name is required", lambda c, s: c.update_group(s, ID, name="")),
    ("lang_tag is required", lambda c, s: c.update_group(s, ID, lang_tag="")),
    ("255 characters", lambda c, s: c.update_group(s, ID, description="x" * 256)),
    ("group_id must be UUIDs", lambda c, s: c.update_group(s, "nope", name="g")),
    ("group_id must be UUIDs", lambda c, s: c.delete_group(s, "")),
    ("group_id must be UUIDs", lambda c, s: c.join_group(s, "../account")),
    ("group_id must be UUIDs", lambda c, s: c.leave_group(s, "nope")),
    ("can't be combined", lambda c, s: c.list_groups(s, name="g", open=True)),
    ("can't be combined", lambda c, s: c.list_groups(s, name="g", lang_tag="en")),
    ("can't be combined", lambda c, s: c.iter_groups(s, name="g", members=0)),
    ("members must be at least 0", lambda c, s: c.list_groups(s, members=-1)),
    ("limit must be between 1 and 100", lambda c, s: c.list_groups(s, limit=0)),
    ("limit must be between 1 and 100", lambda c, s: c.iter_groups(s, page_size=101)),
    ("ids must be UUIDs", lambda c, s: c.add_group_users(s, ID, ["nope"])),
    ("system user", lambda c, s: c.kick_group_users(s, ID, [NIL])),
    ("group_id must be UUIDs", lambda c, s: c.ban_group_users(s, "nope", [ID])),
    ("several ids", lambda c, s: c.promote_group_users(s, ID, ID)),
    ("promote fewer", lambda c, s: c.promote_group_users(s, ID, many(400))),
    ("demote fewer", lambda c, s: c.demote_group_users(s, ID, many(400))),
    ("state must be between 0 and 4", lambda c, s: c.list_group_users(s, ID, state=5)),
    ("state must be between 0 and 4", lambda c, s: c.iter_group_users(s, ID, state=-1)),
    ("limit must be between 1 and 100", lambda c, s: c.list_group_users(s, ID, limit=0)),
    ("group_id must be UUIDs", lambda c, s: c.iter_group_users(s, "nope")),
    ("user_id must be UUIDs", lambda c, s: c.list_user_groups(s, "bob")),
    ("limit must be between 1 and 100", lambda c, s: c.iter_user_groups(s, ID, page_size=0)),
    ("channel_id is required", lambda c, s: c.list_channel_messages(s, "")),
    ("channel_id is required", lambda c, s: c.iter_channel_messages(s, "")),
    ("limit must be between 1 and 100", lambda c, s: c.list_channel_messages(s, "x", limit=101)),
    ("limit must be between 1 and 100", lambda c, s: c.iter_channel_messages(s, "x", page_size=0)),
]

SOCKET: list[tuple[str, SocketCall]] = [
    ("room's name is required", lambda s: s.join_channel("")),
    ("1 to 64 bytes, not 66", lambda s: s.join_channel("é" * 33)),
    ("control characters", lambda s: s.join_channel("a\tb")),
    ("target of a direct channel", lambda s: s.join_channel("bob", ChannelType.DIRECT)),
    ("target of a group channel", lambda s: s.join_channel("dragons", ChannelType.GROUP)),
    ("type must be a ChannelType", lambda s: s.join_channel("lobby", 9)),
    ("type must be a ChannelType", lambda s: s.join_channel("lobby", 0)),
    ("channel_id is required", lambda s: s.leave_channel("")),
    ("channel_id is required", lambda s: s.send_message("", {"a": 1})),
    ("content must be a dict, not str", lambda s: s.send_message("2...x", any_type('{"a":1}'))),
    ("content must be a dict, not list", lambda s: s.send_message("2...x", any_type([1]))),
    ("written as JSON", lambda s: s.send_message("2...x", {"a": object()})),
    ("server reads at most 4096", lambda s: s.send_message("2...x", {"a": "x" * 4096})),
    ("message_id must be UUIDs", lambda s: s.update_message("2...x", "nope", content={})),
    ("channel_id is required", lambda s: s.update_message("", ID, content={})),
    ("message_id must be UUIDs", lambda s: s.remove_message("2...x", "")),
    ("ids must be UUIDs", lambda s: s.follow_users([ID, "nope"])),
    ("several names", lambda s: s.follow_users(usernames="bob")),
    ("a username is required", lambda s: s.follow_users(usernames=[""])),
    ("several ids", lambda s: s.unfollow_users(ID)),
    ("1 to 2048 bytes, not 2050", lambda s: s.update_status("é" * 1025)),
    ("not valid Unicode", lambda s: s.update_status("\ud800")),
]


def many(count: int) -> list[str]:
    return [str(uuid.UUID(int=number)) for number in range(1, count + 1)]


def any_type(value: Any) -> Any:
    return value


# One server for all tests here: nothing of theirs reaches it.


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[MockServer]:
    config = Config.from_settings({"session.token_expiry_sec": 7200})  # no refresh comes between
    async with MockServer(config) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(server.http_url) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(client: Client) -> Session:
    return await client.authenticate_device("device-of-alice", username="alice")


@pytest.mark.parametrize(("rule", "call"), HTTP)
async def test_http_calls_raise_for_bad_arguments_before_sending(
    client: Client, server: MockServer, alice: Session, rule: str, call: HttpCall
) -> None:
    server.journal.clear()
    with pytest.raises(ArgumentError, match=rule):
        await _awaited(call(client, alice))
    assert not list(server.journal)


async def _awaited(result: object) -> None:
    assert isinstance(result, Awaitable), "an iterator refuses at once"
    await result


@pytest.mark.parametrize(("rule", "call"), SOCKET)
async def test_socket_calls_raise_for_bad_arguments_before_sending(
    client: Client, server: MockServer, alice: Session, rule: str, call: SocketCall
) -> None:
    async with client.socket(alice) as socket:
        server.journal.clear()
        with pytest.raises(ArgumentError, match=rule):
            await call(socket)
        assert not list(server.journal)


async def test_send_message_raises_for_content_that_was_received_broken(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        with pytest.raises(InvalidJson):
            await socket.send_message("2...x", decode(b'"[1]"', JsonObject))


async def test_calls_without_ids_send_nothing(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        server.journal.clear()
        await client.add_friends(alice)
        await client.delete_friends(alice, iter(()))
        await client.block_friends(alice, usernames=[])
        await client.add_group_users(alice, ID, [])
        await client.kick_group_users(alice, ID, [])
        await client.ban_group_users(alice, ID, [])
        await client.promote_group_users(alice, ID, [])
        await client.demote_group_users(alice, ID, [])
        assert await socket.follow_users() == []
        await socket.unfollow_users([])
        assert not list(server.journal)
