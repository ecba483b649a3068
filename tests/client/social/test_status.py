"""Following others and showing oneself."""

import asyncio
import uuid

import pytest
import pytest_asyncio

from mock_server import MockServer
from nakama_client import Client, Session, Socket, StatusPresenceEvent
from tests.client.conftest import Login

Events = asyncio.Queue[StatusPresenceEvent]


def events_of(socket: Socket) -> Events:
    events: Events = asyncio.Queue()
    socket.on_status_presence(events.put_nowait)
    return events


async def next_change(events: Events) -> tuple[list[str | None], list[str | None]]:
    event = await events.get()
    return [each.status for each in event.joins], [each.status for each in event.leaves]


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


@pytest.mark.asyncio
async def test_followers_get_each_change_of_status(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(bob) as bob_socket:
        seen = events_of(bob_socket)
        assert await bob_socket.follow_users([alice.user_id]) == []
        async with client.socket(alice) as alice_socket:
            own = events_of(alice_socket)
            await alice_socket.update_status("in the inn")
            assert await next_change(own) == (["in the inn"], [])
            event = await seen.get()
            (presence,) = event.joins
            assert (presence.user_id, presence.username) == (alice.user_id, "alice")
            assert (presence.status, event.leaves) == ("in the inn", ())
            assert await bob_socket.follow_users(usernames=["alice"]) == [presence]

            await alice_socket.update_status("asleep")
            assert await next_change(seen) == (["asleep"], ["in the inn"])
            await alice_socket.update_status("")
            assert await next_change(seen) == ([""], ["asleep"])
            await alice_socket.update_status(None)
            assert await next_change(seen) == ([], [""])
            await alice_socket.update_status("x" * 2048)
            assert await next_change(seen) == (["x" * 2048], [])
        assert await next_change(seen) == ([], ["x" * 2048])


@pytest.mark.asyncio
async def test_appear_online_shows_the_socket_from_the_start(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(bob) as bob_socket:
        seen = events_of(bob_socket)
        await bob_socket.follow_users([alice.user_id])
        async with client.socket(alice, appear_online=True):
            assert await next_change(seen) == ([""], [])
            (user,) = await client.get_users(bob, [alice.user_id])
            assert user.online
        assert await next_change(seen) == ([], [""])
        (user,) = await client.get_users(bob, [alice.user_id])
        assert not user.online


@pytest.mark.asyncio
async def test_unfollow_users_stops_the_events(
    client: Client, alice: Session, bob: Session, login: Login
) -> None:
    carol = await login("carol")
    async with (
        client.socket(alice) as alice_socket,
        client.socket(bob) as bob_socket,
        client.socket(carol) as carols,
    ):
        seen = events_of(bob_socket)
        await bob_socket.follow_users([alice.user_id, carol.user_id])
        await bob_socket.unfollow_users([alice.user_id, str(uuid.uuid4())])
        await alice_socket.update_status("unseen")
        await carols.update_status("seen")
        assert await next_change(seen) == (["seen"], [])


@pytest.mark.asyncio
async def test_follow_users_ignores_unknown_users_and_oneself(
    client: Client, alice: Session
) -> None:
    async with client.socket(alice, appear_online=True) as socket:
        assert await socket.follow_users([str(uuid.uuid4()), alice.user_id]) == []
        assert await socket.follow_users(usernames=["nobody", "alice"]) == []


@pytest.mark.asyncio
async def test_follow_users_splits_what_does_not_fit_in_one_message(
    client: Client, server: MockServer, alice: Session, bob: Session, login: Login
) -> None:
    carol = await login("carol" * 20)
    strangers = [str(uuid.uuid4()) for _ in range(300)]
    names = [f'stranger "{number}"' * 5 for number in range(50)]
    async with (
        client.socket(bob, appear_online=True),
        client.socket(carol, appear_online=True),
        client.socket(alice) as socket,
    ):
        online = await socket.follow_users(
            [*strangers, bob.user_id], usernames=[*names, carol.username]
        )
        assert {each.user_id for each in online} == {bob.user_id, carol.user_id}
        assert len(server.journal.find("status_follow")) > 1
        await socket.unfollow_users([*strangers, bob.user_id])
        assert len(server.journal.find("status_unfollow")) > 1
        seen = events_of(socket)
        async with client.socket(bob, appear_online=True) as bob_socket:
            await bob_socket.update_status("not followed")
        async with client.socket(carol, appear_online=True):
            pass
        assert (await seen.get()).joins[0].user_id == carol.user_id
