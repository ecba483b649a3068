"""Simulated devices, what people do with pushes, and who is told: outcomes and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from onesignal_stub import OneSignalStub, Push
from server_kit import ServerNotRunning
from tests.web_server import serving_app

from .conftest import DAY, NOW, Backend

pytestmark = pytest.mark.asyncio


async def test_a_device_receives_what_waits_and_what_comes(backend: Backend) -> None:
    player = await backend.player()
    await backend.player()
    for text in ("one", "two"):
        await backend.send(included_segments=["All"], contents={"en": text})
    received: list[str | None] = []
    async for push in backend.stub.device(player):
        assert push.player_id == player
        received.append(push.contents)
        if len(received) == 2:
            await backend.send(include_player_ids=[player], contents={"en": "three"})
        if len(received) == 3:
            break
    assert received == ["one", "two", "three"]


async def test_a_device_that_waits_gets_a_push_at_once(backend: Backend) -> None:
    player = await backend.player()
    receiving = asyncio.create_task(backend.stub.device(player).receive())
    await asyncio.sleep(0)
    await backend.send(include_player_ids=[player], ttl=0)
    push = await receiving
    assert push.received_at == NOW


async def test_who_stops_waiting_as_a_push_comes_leaves_it_to_the_next(backend: Backend) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player], send_after="2023-11-15T00:00:00Z")
    device = backend.stub.device(player)
    receiving = asyncio.create_task(device.receive())
    await asyncio.sleep(0)
    await backend.stub.advance(DAY)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    (push,) = backend.stub.pushes
    assert push.received_at is None
    assert (await device.receive()).id == push.id


async def test_a_push_expires_with_its_ttl(backend: Backend) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player], contents={"en": "short"}, ttl=60)
    await backend.send(include_player_ids=[player], contents={"en": "none"}, ttl=0)
    await backend.send(include_player_ids=[player], contents={"en": "default"})
    await backend.stub.advance(61)
    device = backend.stub.device(player)
    assert (await device.receive()).contents == "default"
    await backend.send(include_player_ids=[player], contents={"en": "late"})
    await backend.stub.advance(3 * DAY + 1)
    with pytest.raises(TimeoutError, match=f"nothing came for player {player}"):
        await device.receive(timeout=0.0)
    assert len(backend.stub.pushes) == 4


async def test_of_one_collapse_id_only_the_newest_waits(backend: Backend) -> None:
    player = await backend.player()
    for text, collapse_id in (("1:0", "score"), ("hi", None), ("2:0", "score"), ("a", "other")):
        await backend.send(
            include_player_ids=[player], contents={"en": text}, collapse_id=collapse_id
        )
    device = backend.stub.device(player)
    assert [(await device.receive()).contents for _ in range(3)] == ["hi", "2:0", "a"]
    with pytest.raises(TimeoutError):
        await device.receive(timeout=0.0)


async def test_confirmed_deliveries_and_clicks_are_counted(backend: Backend) -> None:
    stub = backend.stub
    player = await backend.player(device_type=0)
    await backend.player(device_type=1)
    sent = await backend.send(included_segments=["All"])
    device = stub.device(player)
    push = await device.receive()
    opened = await device.open(push)
    assert (opened.received_at, opened.opened_at, opened.dismissed_at) == (NOW, NOW, None)
    assert await device.open(push) == opened
    shown = await backend.notification(sent)
    assert (shown["received"], shown["converted"], shown["successful"]) == (1, 1, 2)
    assert shown["platform_delivery_stats"]["ios"]["converted"] == 1
    assert shown["platform_delivery_stats"]["android"]["converted"] == 0
    await stub.record_outcome("purchase", value=2.5, push=push)
    await stub.record_outcome("purchase", value=2.5, attribution="unattributed")
    names = "os__click.count,os__confirmed_delivery.count,purchase.count,purchase.sum,x.sum"
    assert await outcomes(backend, outcome_names=names) == [1, 1, 2, 5, 0]
    of_one = await backend.ok(
        "GET",
        f"/notifications/{sent.body['id']}",
        app_id=stub.app_id,
        outcome_names="purchase.count",
    )
    assert of_one["outcomes"][0]["value"] == 1


async def outcomes(backend: Backend, **query: Any) -> list[int]:
    path = f"/apps/{backend.stub.app_id}/outcomes"
    return [item["value"] for item in (await backend.ok("GET", path, **query))["outcomes"]]


async def test_outcomes_by_time_platform_and_attribution(backend: Backend) -> None:
    stub = backend.stub
    player = await backend.player(device_type=0)
    await backend.send(include_player_ids=[player])
    push = await stub.device(player).receive()
    await stub.record_outcome("Sales, total", value=7, push=push)
    await stub.record_outcome("Sales, total", value=1, push=push, attribution="influenced")
    name = {"outcome_names[]": "Sales, total.sum"}
    assert await outcomes(backend, **name) == [8]
    assert await outcomes(backend, **name, outcome_attribution="direct") == [7]
    assert await outcomes(backend, **name, outcome_attribution="unattributed") == [0]
    assert await outcomes(backend, **name, outcome_platforms="0,7") == [8]
    assert await outcomes(backend, **name, outcome_platforms="1") == [0]
    await stub.advance(3601)
    assert await outcomes(backend, **name) == [0]
    assert await outcomes(backend, **name, outcome_time_range="1d") == [8]
    await stub.advance(2 * DAY)
    assert await outcomes(backend, **name, outcome_time_range="1mo") == [8]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "outcome_names is required"),
        ({"outcome_names": "os__click"}, "Add .sum or .count to every requested outcome id"),
        ({"outcome_names": "a.avg"}, "Add .sum or .count to every requested outcome id"),
        ({"outcome_names": "a.sum", "outcome_time_range": "2h"}, "outcome_time_range must be"),
        ({"outcome_names": "a.sum", "outcome_platforms": "ios"}, "outcome_platforms must be"),
        ({"outcome_names": "a.sum", "outcome_attribution": "me"}, "outcome_attribution must be"),
    ],
)
async def test_outcome_queries_that_are_refused(
    query: dict[str, str], text: str, backend: Backend
) -> None:
    answer = await backend("GET", f"/apps/{backend.stub.app_id}/outcomes", **query)
    assert answer.status == 400
    assert text in answer.body["errors"][0]


async def test_record_outcome_raises_for_bad_arguments(stub: OneSignalStub) -> None:
    with pytest.raises(ValueError, match="an outcome has a name"):
        await stub.record_outcome("")
    with pytest.raises(ValueError, match="direct, influenced, unattributed"):
        await stub.record_outcome("x", attribution="chance")
    with pytest.raises(LookupError, match="no app"):
        await stub.record_outcome("x", app_id="other")


class Receiver:
    """A web server that keeps the webhooks it gets."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.posts: asyncio.Queue[tuple[str | None, dict[str, Any]]] = asyncio.Queue()

    async def handle(self, request: web.Request) -> web.Response:
        self.posts.put_nowait((request.headers.get("X-OneSignal-Event"), await request.json()))
        return web.Response(status=self.status)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.handle)
    async with serving_app(app) as url:
        found.url = f"{url}/hook"
        yield found


async def test_webhooks_get_each_change_of_a_push(backend: Backend, receiver: Receiver) -> None:
    stub = backend.stub
    player = await backend.player()
    await stub.add_webhook(receiver.url)
    await stub.add_webhook(receiver.url, events=("notification.dismissed",))
    sent = await backend.send(
        include_player_ids=[player], headings={"en": "title"}, data={"a": 1}, url="https://x"
    )
    device = stub.device(player)
    push: Push = await device.receive()
    receiver.status = 500  # nobody minds
    await device.open(push, action_id="yes")
    await device.dismiss(push)
    body = {
        "notificationId": sent.body["id"],
        "subscriptionId": player,
        "heading": "title",
        "content": "hello",
        "additionalData": {"a": 1},
        "url": "https://x",
    }
    for event, more in (
        ("notification.willDisplay", {}),
        ("notification.clicked", {"actionId": "yes"}),
        ("notification.dismissed", {}),
        ("notification.dismissed", {}),
    ):
        assert await receiver.posts.get() == (event, {"event": event, **body, **more})


async def test_a_webhook_that_nobody_answers_stops_nothing(
    backend: Backend, receiver: Receiver
) -> None:
    stub = backend.stub
    await stub.add_webhook("http://127.0.0.1:1/hook", events=("notification.willDisplay",))
    await stub.add_webhook(receiver.url)
    player = await backend.player()
    await backend.send(include_player_ids=[player])
    await stub.device(player).receive()
    event, _ = await receiver.posts.get()
    assert event == "notification.willDisplay"


async def test_webhooks_are_checked(stub: OneSignalStub) -> None:
    with pytest.raises(ValueError, match="http or https"):
        await stub.add_webhook("ftp://x")
    with pytest.raises(ValueError, match=r"notification\.clicked"):
        await stub.add_webhook("http://x", events=("nothing",))  # type: ignore[arg-type]


async def test_waits_end_when_the_stub_stops(backend: Backend) -> None:
    player = await backend.player()
    waits = [
        asyncio.create_task(backend.stub.device(player).receive(timeout=60)),
        asyncio.create_task(backend.stub.wait_for_push(timeout=60)),
    ]
    await asyncio.sleep(0)
    await backend.stub.stop()
    for wait in waits:
        with pytest.raises(ServerNotRunning, match="the stub stopped"):
            await wait
