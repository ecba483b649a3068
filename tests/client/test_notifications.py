"""Stored notifications: listing, paging, deleting."""

import asyncio
import uuid

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    InternalError,
    Notification,
    PageIterator,
    Session,
    UnexpectedReply,
)
from tests.client.scripted import ScriptedServer, make_token
from tests.inner_loop import examples

DELETE = "DELETE /v2/notification"
LIST = "GET /v2/notification"


async def send(server: MockServer, session: Session, count: int) -> None:
    for number in range(count):
        await server.notifications.send(session.user_id, f"number {number}", {"n": number})


async def numbers(client: Client, session: Session, page_size: int = 100) -> list[int]:
    found = client.iter_notifications(session, page_size=page_size)
    return [notification.content["n"] async for notification in found]


@pytest.mark.asyncio
async def test_list_notifications_returns_a_page_and_its_cursor(
    client: Client, server: MockServer, alice: Session
) -> None:
    empty = await client.list_notifications(alice)
    assert empty.notifications == ()
    assert empty.cursor
    await send(server, alice, 3)
    page = await client.list_notifications(alice, limit=2)
    assert [each.subject for each in page.notifications] == ["number 0", "number 1"]
    first = page.notifications[0]
    assert (first.content, first.code, first.persistent) == ({"n": 0}, 1, True)
    assert first.sender_id == ""
    assert first.create_time is not None
    assert abs(first.create_time.timestamp() - server.clock.time()) < 5
    rest = await client.list_notifications(alice, cursor=page.cursor)
    assert [each.subject for each in rest.notifications] == ["number 2"]
    end = await client.list_notifications(alice, cursor=rest.cursor)
    assert (end.notifications, end.cursor) == ((), rest.cursor)
    again = await client.list_notifications(alice, cursor=empty.cursor)
    assert len(again.notifications) == 3
    assert not any(entry.ignored for entry in server.journal.find(LIST))


@pytest.mark.asyncio
async def test_list_notifications_raises_for_bad_limits_and_cursors(
    client: Client, server: MockServer, alice: Session
) -> None:
    for limit in (0, 101, -1):
        with pytest.raises(ArgumentError, match="limit must be between 1 and 100"):
            await client.list_notifications(alice, limit=limit)
        with pytest.raises(ArgumentError, match="limit must be between 1 and 100"):
            client.iter_notifications(alice, page_size=limit)
    assert not server.journal.find(LIST)
    with pytest.raises(InternalError, match="Error retrieving notifications"):
        await client.list_notifications(alice, cursor="nonsense")


@pytest.mark.asyncio
@pytest.mark.parametrize("page_size", [1, 7, 100])
async def test_iter_notifications_yields_all_pages(
    client: Client, server: MockServer, alice: Session, page_size: int
) -> None:
    await send(server, alice, 23)
    assert await numbers(client, alice, page_size) == list(range(23))
    pages = -(-23 // page_size)
    assert len(server.journal.find(LIST)) == pages + 1


@pytest.mark.asyncio
async def test_iterator_cursor_covers_what_the_loop_is_done_with(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 5)
    found = client.iter_notifications(alice, page_size=2)
    assert found.cursor is None
    seen = [await anext(found), await anext(found)]
    assert found.cursor is None
    seen.append(await anext(found))
    page = found.cursor
    assert page is not None
    seen += [each async for each in found]
    assert [each.content["n"] for each in seen] == [0, 1, 2, 3, 4]
    end = found.cursor
    rest = client.iter_notifications(alice, cursor=page)
    assert [each.content["n"] async for each in rest] == [2, 3, 4]
    await send(server, alice, 1)
    new = client.iter_notifications(alice, cursor=end)
    assert [each.content["n"] async for each in new] == [0]
    assert new.cursor != end


@pytest.mark.asyncio
async def test_iterator_over_nothing_keeps_its_cursor(client: Client, alice: Session) -> None:
    found = client.iter_notifications(alice)
    assert [each async for each in found] == []
    assert found.cursor
    again = client.iter_notifications(alice, cursor=found.cursor)
    assert [each async for each in again] == []
    assert again.cursor == found.cursor


@pytest.mark.asyncio
@pytest.mark.parametrize("cursor", ["same", ""])
async def test_iter_notifications_ends_at_an_unchanged_cursor(cursor: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"notifications": [{"id": "1"}], "cacheable_cursor": cursor})

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        session = Session(make_token())
        found = [each async for each in client.iter_notifications(session)]
        assert [each.id for each in found] == ["1"]
        assert len(server.requests) <= 2


@pytest.mark.asyncio
async def test_iter_notifications_resumes_after_a_failed_page() -> None:
    answers = [
        web.json_response({"notifications": [{"id": "1"}], "cacheable_cursor": "a"}),
        web.Response(status=502, text="bad gateway"),
        web.json_response({"notifications": [{"id": "2"}], "cacheable_cursor": "b"}),
        web.json_response({"cacheable_cursor": "b"}),
    ]

    async def answer(request: web.Request) -> web.Response:
        return answers[len(server.requests) - 1]

    async with ScriptedServer(answer=answer) as server, Client(server.url, retry=None) as client:
        found = client.iter_notifications(Session(make_token()))
        first = await anext(found)
        with pytest.raises(UnexpectedReply, match="502"):
            await anext(found)
        rest = [each async for each in found]
    assert [first.id, *(each.id for each in rest)] == ["1", "2"]


@pytest.mark.asyncio
async def test_delete_notifications_deletes_for_good(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 4)
    page = await client.list_notifications(alice)
    ids = [each.id for each in page.notifications]
    await client.delete_notifications(alice, [ids[0], ids[2].upper(), ids[0], str(uuid.uuid4())])
    assert await numbers(client, alice) == [1, 3]
    await client.delete_notifications(alice, iter(ids))
    assert await numbers(client, alice) == []


@pytest.mark.asyncio
async def test_delete_notifications_sends_nothing_without_ids(
    client: Client, server: MockServer, alice: Session
) -> None:
    await client.delete_notifications(alice, [])
    with pytest.raises(ArgumentError, match="ids must be UUIDs"):
        await client.delete_notifications(alice, [str(uuid.uuid4()), ""])
    with pytest.raises(ArgumentError, match="several ids"):
        await client.delete_notifications(alice, str(uuid.uuid4()))
    assert not server.journal.find(DELETE)


@pytest.mark.asyncio
async def test_delete_notifications_splits_what_does_not_fit_in_one_request(
    client: Client, server: MockServer
) -> None:
    session = await client.authenticate_device("device-of-alice", vars={"v": "x" * 3000})
    await send(server, session, 2)
    page = await client.list_notifications(session)
    others = [str(uuid.uuid4()) for _ in range(1000)]
    first, last = (each.id for each in page.notifications)
    await client.delete_notifications(session, [first, *others, last])
    assert await numbers(client, session) == []
    asked = [id_ for entry in server.journal.find(DELETE) for _, id_ in entry.query]
    assert asked == [first, *others, last]


@pytest.mark.asyncio
async def test_delete_notifications_leaves_those_of_others(
    client: Client, server: MockServer, alice: Session
) -> None:
    bob = await client.authenticate_device("device-of-bob")
    await send(server, bob, 1)
    (theirs,) = (await client.list_notifications(bob)).notifications
    await client.delete_notifications(alice, [theirs.id])
    assert await numbers(client, bob) == [0]


Step = st.one_of(
    st.just(("send", 0)),
    st.tuples(st.just("delete"), st.integers(0, 30)),
    st.tuples(st.just("next"), st.integers(1, 6)),
)


@settings(max_examples=examples(40), deadline=None)
@given(before=st.integers(0, 12), page_size=st.integers(1, 5), steps=st.lists(Step, max_size=20))
def test_iter_notifications_yields_each_survivor_once(
    before: int, page_size: int, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_interleave(before, page_size, steps))


async def _interleave(before: int, page_size: int, steps: list[tuple[str, int]]) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        await send(server, session, before)
        found = client.iter_notifications(session, page_size=page_size)
        seen: list[Notification] = []
        for step, number in steps:
            alive = await server.notifications.stored(session.user_id)
            if step == "send":
                await send(server, session, 1)
            elif step == "delete" and alive:
                victim = alive[number % len(alive)]["id"]
                await client.delete_notifications(session, [victim])
            elif step == "next" and not await _take(found, number, seen):
                break
        seen += [each async for each in found]
        survivors = {each["id"] for each in await server.notifications.stored(session.user_id)}
    listed = [each.id for each in seen]
    assert len(listed) == len(set(listed))
    assert survivors <= set(listed)


async def _take(found: PageIterator[Notification], count: int, seen: list[Notification]) -> bool:
    """Take so many; False when the list came to its end."""
    for _ in range(count):
        try:
            seen.append(await anext(found))
        except StopAsyncIteration:
            return False
    return True
