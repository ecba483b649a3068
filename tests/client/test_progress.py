"""How far long calls are: `on_progress`."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mock_server import MockServer
from nakama_client import ArgumentError, Client, Session, WriteStorageObject
from nakama_client.game import GameClient

Calls = list[tuple[int, int | None]]


async def send(server: MockServer, session: Session, count: int) -> None:
    for number in range(count):
        await server.notifications.send(session.user_id, f"number {number}")


@pytest.mark.asyncio
async def test_iter_notifications_calls_on_progress_after_each_page_with_the_total_at_the_end(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 25)
    calls: Calls = []
    found = client.iter_notifications(
        alice, page_size=10, on_progress=lambda *progress: calls.append(progress)
    )
    await anext(found)
    assert calls == [(10, None)]
    assert len([each async for each in found]) == 24
    assert calls == [(10, None), (20, None), (25, None), (25, 25)]


@pytest.mark.asyncio
async def test_iter_storage_objects_calls_on_progress_after_each_page_with_the_total_at_the_end(
    client: Client, alice: Session
) -> None:
    writes = [WriteStorageObject("saves", f"key {number}", {}) for number in range(25)]
    await client.write_storage_objects(alice, writes)
    calls: Calls = []
    found = client.iter_storage_objects(
        alice,
        "saves",
        user_id=alice.user_id,
        page_size=10,
        on_progress=lambda *progress: calls.append(progress),
    )
    assert len([each async for each in found]) == 25
    assert calls[:2] == [(10, None), (20, None)]
    assert calls[-1] == (25, 25)


@pytest.mark.asyncio
async def test_iter_notifications_goes_on_after_a_callback_that_raised(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 15)

    def fail(done: int, total: int | None) -> None:
        if done == 10:
            raise RuntimeError("no display")

    found = client.iter_notifications(alice, page_size=10, on_progress=fail)
    with pytest.raises(RuntimeError, match="no display"):
        await anext(found)
    assert len([each async for each in found]) == 15


@pytest.mark.asyncio
async def test_delete_notifications_calls_on_progress_after_each_request(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 250)
    ids = [each.id async for each in client.iter_notifications(alice)]
    calls: Calls = []
    await client.delete_notifications(
        alice, ids, on_progress=lambda *progress: calls.append(progress)
    )
    done = [each for each, _ in calls]
    assert len(calls) > 1
    assert done == sorted(set(done))
    assert {total for _, total in calls} == {250}
    assert done[-1] == 250


@pytest.mark.asyncio
async def test_feed_calls_on_progress_while_it_catches_up_and_not_for_a_check(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, 150)
    calls: Calls = []
    caught_up = asyncio.Event()

    def hear(done: int, total: int | None) -> None:
        calls.append((done, total))
        if total is not None:
            caught_up.set()

    async with client.notifications(alice, on_progress=hear) as feed:
        for _ in range(150):
            await anext(feed)
        following = asyncio.ensure_future(anext(feed))
        await caught_up.wait()
        assert calls == [(100, None), (150, None), (150, 150)]
        await send(server, alice, 1)
        await following
        for _ in range(3):
            server.clock.advance(600)  # a check is due
            await send(server, alice, 1)
            await anext(feed)
    assert len(calls) == 3


@pytest.mark.asyncio
async def test_on_progress_is_refused_when_it_is_no_function(
    client: Client, alice: Session
) -> None:
    with pytest.raises(ArgumentError, match="on_progress must be a function"):
        client.iter_notifications(alice, on_progress=1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="on_progress must be a function"):
        await client.delete_notifications(alice, [], on_progress=1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="on_progress must be a function"):
        client.notifications(alice, on_progress=1)  # type: ignore[arg-type]


def test_game_client_calls_on_progress_in_poll() -> None:
    with MockServer() as server, GameClient(server.http_url) as client:
        session = client.authenticate_device("device-of-ada").result()
        server.run(send(server, session, 3))
        calls: list[tuple[threading.Thread, int, int | None]] = []

        def show(done: int, total: int | None) -> None:
            calls.append((threading.current_thread(), done, total))

        ids = [each.id for each in client.iter_notifications(session, on_progress=show)]
        client.delete_notifications(session, ids, on_progress=show).result()
        seen: list[str] = []
        server.run(send(server, session, 2))
        client.notifications(session, on_progress=show).run(lambda each: seen.append(each.subject))
        while len(seen) < 2 or calls[-1][2] is None:
            client.poll()
        assert {thread for thread, *_ in calls} == {threading.current_thread()}
        assert [(done, total) for _, done, total in calls] == [
            (3, None),
            (3, 3),
            (3, 3),
            (2, None),
            (2, 2),
        ]
