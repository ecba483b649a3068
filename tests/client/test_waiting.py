"""Waiting for one event, loops over every kind of event, and pages as sequences."""

import asyncio
from collections.abc import Callable, Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nakama_client
from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionLost,
    DisconnectCause,
    HandlerFailed,
    NotConnected,
    Notification,
    NotificationPage,
    ReconnectPolicy,
    Session,
    TimeoutExceeded,
)
from tests.client.conftest import Login


@pytest.mark.asyncio
async def test_wait_for_returns_the_first_event_that_the_predicate_takes(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        waiting = socket.wait_for(socket.notifications, lambda each: each.subject == "right")
        for subject in ("wrong", "right", "right too"):  # before anybody awaits
            await server.notifications.send(alice.user_id, subject)
        assert (await waiting).subject == "right"
        waiting = socket.wait_for(socket.notifications, timeout=60)
        await server.notifications.send(alice.user_id, "any")
        assert (await waiting).subject == "any"


@pytest.mark.asyncio
async def test_wait_for_says_that_it_can_be_awaited_once(client: Client, alice: Session) -> None:
    async with client.socket(alice) as socket:
        waiting = socket.wait_for(socket.stream_data, timeout=0.01)
        with pytest.raises(TimeoutExceeded):
            await waiting
        with pytest.raises(RuntimeError, match="awaited once"):
            await waiting


@pytest.mark.asyncio
async def test_wait_for_raises_when_nothing_comes(client: Client, alice: Session) -> None:
    async with client.socket(alice) as socket:
        with pytest.raises(TimeoutExceeded, match=r"within 0.01 s"):
            await socket.wait_for(socket.stream_data, timeout=0.01)
        waiting = asyncio.ensure_future(socket.wait_for(socket.stream_data))
    with pytest.raises(NotConnected):
        await waiting


@pytest.mark.asyncio
async def test_wait_for_raises_when_the_socket_is_lost(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice, reconnect=None) as socket:
        waiting = asyncio.ensure_future(socket.wait_for(socket.status_presences))
        await server.restart()
        with pytest.raises(ConnectionLost):
            await waiting


@pytest.mark.asyncio
async def test_wait_for_raises_what_the_predicate_raises(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        waiting = socket.wait_for(socket.notifications, lambda each: each.content["missing"])
        await server.notifications.send(alice.user_id, "one")
        with pytest.raises(KeyError):
            await waiting
        with pytest.raises(ArgumentError):
            socket.wait_for("notifications")  # type: ignore[arg-type]
        with pytest.raises(ArgumentError):
            socket.wait_for(socket.notifications, timeout=0)


@pytest.mark.asyncio
async def test_every_kind_of_event_can_be_looped_over(
    client: Client, server: MockServer, login: Login
) -> None:
    ada, bob = await login("ada"), await login("bob")
    async with client.socket(ada) as socket, client.socket(bob) as other:
        messages, joins = socket.channel_messages(), socket.channel_presences()
        changes = socket.status_presences()
        channel = await socket.join_channel("tavern")
        await other.join_channel("tavern")
        await other.send_message(channel.id, {"text": "hello"})
        await socket.follow_users([bob.user_id])
        await other.update_status("here")
        assert (await anext(messages)).content == {"text": "hello"}
        assert (await anext(joins)).joins[0].username == "ada"
        assert (await anext(changes)).joins[0].username == "bob"


@pytest.mark.asyncio
async def test_connection_events_can_be_looped_over(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice, reconnect=ReconnectPolicy(first_delay=0))
    connections, disconnects = socket.connections(), socket.disconnects()
    attempts = socket.reconnect_attempts()
    async with socket:
        assert (await anext(connections)).lost is None
        await server.restart()
        lost = await anext(disconnects)
        assert lost.will_reconnect
        assert (await anext(attempts)).cause == lost
        assert (await anext(connections)).lost == lost
    # `close` ends the loops, and nothing of what came before is missing.
    assert [each.cause async for each in disconnects] == [DisconnectCause.CLOSED]
    assert [each.lost async for each in connections] == []


@pytest.mark.asyncio
async def test_wait_for_takes_a_disconnect(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice, reconnect=None) as socket:
        waiting = asyncio.ensure_future(socket.wait_for(socket.disconnects, timeout=60))
        await server.stop()
        assert not (await waiting).will_reconnect
    with pytest.raises(NotConnected):
        await anext(socket.connections())


@pytest.mark.asyncio
async def test_errors_can_be_looped_over_and_are_not_logged_then(
    client: Client, server: MockServer, alice: Session, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.socket(alice, queue_limit=2) as socket:
        errors = socket.errors()
        handler = socket.on_notification(lambda notification: notification.content["missing"])
        socket.wait_for(socket.notifications)  # nobody awaits it, and nothing is left behind
        for _ in range(4):
            await server.notifications.send(alice.user_id, "no such key")
        await server.notifications.send(alice.user_id, "last")
        await socket.rpc("echo")  # what was sent has arrived
        found = [await anext(errors), await anext(errors)]
        assert any(isinstance(each, HandlerFailed) for each in found)
        handler.remove()
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


PAGES: list[Callable[..., Sequence[object]]] = [
    value for name, value in vars(nakama_client).items() if name.endswith("Page") and name != "Page"
]


@pytest.mark.parametrize("page", PAGES)
@given(st.lists(st.integers(), max_size=5), st.slices(5))
def test_pages_are_sequences_of_their_items(
    page: Callable[..., Sequence[object]], items: list[int], part: slice
) -> None:
    (first, *_) = attrs.fields(page)  # type: ignore[arg-type]
    found = page(**{first.name: tuple(items)})
    assert (len(found), list(found), bool(found)) == (len(items), items, bool(items))
    assert list(found[part]) == items[part]
    assert [found[at] for at in range(-len(items), len(items))] == items * 2
    assert all(item in found for item in items)


@pytest.mark.asyncio
async def test_a_page_is_looped_over_directly(
    client: Client, server: MockServer, alice: Session
) -> None:
    await server.notifications.send(alice.user_id, "one")
    page: NotificationPage = await client.list_notifications(alice)
    first: Notification = page[0]
    assert [each.subject for each in page] == [first.subject] == ["one"]
