"""Purchases, subscriptions and events over HTTP."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client import (
    ApiError,
    ArgumentError,
    Client,
    FailedPrecondition,
    NotFound,
    Session,
    StoreEnvironment,
    StoreProvider,
    UnknownError,
)
from tests.client.scripted import ScriptedServer, make_token

PURCHASE = {
    "user_id": "u",
    "product_id": "100 gems",
    "transaction_id": "t1",
    "store": 1,
    "purchase_time": "2026-01-02T03:04:05Z",
    "provider_response": '{"orderId": "GPA.1"}',
    "environment": 2,
    "seen_before": True,
}
SUBSCRIPTION = {
    "product_id": "season",
    "original_transaction_id": "t2",
    "expiry_time": "2026-02-02T03:04:05Z",
    "environment": 1,
    "active": True,
}
PASS = {"product_id": "pass"}


class Shop:
    """Answers like a Nakama with shops, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append((request.path, json.loads(body) if body else None))
        kind = request.path.split("/")[3]
        if request.method == "GET":
            return web.json_response(SUBSCRIPTION)
        if request.path.endswith("/subscription"):
            is_last = "cursor" in self.asked[-1][1]
            if is_last:
                return web.json_response({"validated_subscriptions": [PASS]})
            page = {"validated_subscriptions": [SUBSCRIPTION], "cursor": "more"}
            return web.json_response(page)
        if kind == "purchase":
            return web.json_response({"validated_purchases": [PURCHASE]})
        return web.json_response({"validated_subscription": SUBSCRIPTION})


@pytest.mark.asyncio
async def test_validate_purchase_sends_the_receipt_and_returns_the_purchases() -> None:
    shop = Shop()
    session = Session(make_token(), make_token())
    async with ScriptedServer(answer=shop.answer) as server, Client(server.url) as client:
        (bought,) = await client.validate_purchase_google(session, '{"purchaseToken": "x"}')
        await client.validate_purchase_apple(session, "cmVjZWlwdA==", persist=False)
        await client.validate_purchase_huawei(session, "{}", signature="sig")
        await client.validate_purchase_facebook_instant(session, "a.b")
    assert (bought.product_id, bought.transaction_id, bought.seen_before) == (
        "100 gems",
        "t1",
        True,
    )
    assert bought.store == StoreProvider.GOOGLE_PLAY_STORE
    assert bought.environment == StoreEnvironment.PRODUCTION
    assert bought.provider_response == {"orderId": "GPA.1"}
    assert bought.purchase_time is not None
    assert bought.refund_time is None
    assert shop.asked == [
        ("/v2/iap/purchase/google", {"purchase": '{"purchaseToken": "x"}', "persist": True}),
        ("/v2/iap/purchase/apple", {"receipt": "cmVjZWlwdA==", "persist": False}),
        ("/v2/iap/purchase/huawei", {"purchase": "{}", "signature": "sig", "persist": True}),
        ("/v2/iap/purchase/facebookinstant", {"signed_request": "a.b", "persist": True}),
    ]


@pytest.mark.asyncio
async def test_subscriptions_are_validated_fetched_and_listed() -> None:
    shop = Shop()
    session = Session(make_token(), make_token())
    async with ScriptedServer(answer=shop.answer) as server, Client(server.url) as client:
        validated = await client.validate_subscription_apple(session, "receipt")
        assert validated == await client.validate_subscription_google(session, "{}", persist=False)
        assert validated == await client.get_subscription(session, "season")
        listed = [each async for each in client.iter_subscriptions(session, page_size=1)]
    assert listed[0] == validated
    assert [each.product_id for each in listed] == ["season", "pass"]
    assert (validated.product_id, validated.active) == ("season", True)
    assert validated.original_transaction_id == "t2"
    assert validated.expiry_time is not None
    assert shop.asked[-2:] == [
        ("/v2/iap/subscription", {"limit": 1}),
        ("/v2/iap/subscription", {"limit": 1, "cursor": "more"}),
    ]


@pytest.mark.asyncio
async def test_purchases_raise_when_no_shop_is_configured(client: Client, alice: Session) -> None:
    receipt = base64.b64encode(b"receipt").decode()
    for call in (
        client.validate_purchase_apple(alice, receipt),
        client.validate_purchase_google(alice, "{}"),
        client.validate_purchase_huawei(alice, "{}", signature="s"),
        client.validate_purchase_facebook_instant(alice, "a.b"),
        client.validate_subscription_apple(alice, receipt),
        client.validate_subscription_google(alice, "{}"),
    ):
        with pytest.raises(FailedPrecondition, match="IAP is not configured"):
            await call
    with pytest.raises(NotFound, match="subscription not found"):
        await client.get_subscription(alice, "season")
    assert (await client.list_subscriptions(alice)).subscriptions == ()


@pytest.mark.asyncio
async def test_purchases_raise_before_the_wire(
    client: Client, server: MockServer, alice: Session
) -> None:
    before = len(server.journal)
    for call in (
        client.validate_purchase_apple(alice, ""),
        client.validate_purchase_google(alice, ""),
        client.validate_purchase_huawei(alice, "", signature="s"),
        client.validate_purchase_huawei(alice, "{}", signature=""),
        client.validate_purchase_facebook_instant(alice, ""),
        client.validate_subscription_apple(alice, ""),
        client.validate_subscription_google(alice, ""),
        client.get_subscription(alice, ""),
        client.list_subscriptions(alice, limit=101),
        client.emit_event(alice, ""),
        client.emit_event(alice, "e", properties={"n": 1}),  # type: ignore[dict-item]
    ):
        with pytest.raises(ArgumentError):
            await call
    with pytest.raises(ArgumentError):
        client.iter_subscriptions(alice, page_size=0)
    assert len(server.journal) == before


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[tuple[MockServer, Client]]:
    stores = ["apple", "google", "huawei", "facebook"]
    config = Config.from_settings({"purchases.accept": stores})
    async with MockServer(config) as server, Client(server.http_url) as client:
        yield server, client


@pytest.mark.asyncio
async def test_purchases_are_seen_once(shop: tuple[MockServer, Client]) -> None:
    _, client = shop
    ada = await client.authenticate_device("device-of-ada")
    validated = [
        await client.validate_purchase_apple(ada, "apple:sword:t-1:sandbox"),
        await client.validate_purchase_google(ada, "google:sword:t-2"),
        await client.validate_purchase_huawei(ada, "huawei:sword:t-3", signature="any"),
        await client.validate_purchase_facebook_instant(ada, "facebook:sword:t-4"),
        await client.validate_purchase_apple(ada, "apple:sword:t-1:sandbox"),
    ]
    found = [purchase for (purchase,) in validated]
    assert [(each.transaction_id, each.store, each.seen_before) for each in found] == [
        ("t-1", StoreProvider.APPLE_APP_STORE, False),
        ("t-2", StoreProvider.GOOGLE_PLAY_STORE, False),
        ("t-3", StoreProvider.HUAWEI_APP_GALLERY, False),
        ("t-4", StoreProvider.FACEBOOK_INSTANT_STORE, False),
        ("t-1", StoreProvider.APPLE_APP_STORE, True),
    ]
    assert {(each.user_id, each.product_id) for each in found} == {(ada.user_id, "sword")}
    assert found[0].environment == StoreEnvironment.SANDBOX
    assert found[0].purchase_time is not None
    with pytest.raises(ApiError):
        await client.validate_purchase_apple(ada, "no receipt")


@pytest.mark.asyncio
async def test_subscriptions_end_by_the_clock(shop: tuple[MockServer, Client]) -> None:
    server, client = shop
    ada = await client.authenticate_device("device-of-ada")
    ends = int(server.clock.time()) + 600
    first = await client.validate_subscription_google(ada, f"google:pass:t-1:expires={ends}")
    await client.validate_subscription_apple(ada, f"apple:gems:t-2:expires={ends + 9000}")
    assert (first.product_id, first.original_transaction_id) == ("pass", "t-1")
    assert first.expiry_time == datetime.fromtimestamp(ends, UTC)
    listed = [each async for each in client.iter_subscriptions(ada, page_size=1)]
    assert {each.product_id for each in listed} == {"pass", "gems"}
    assert (await client.get_subscription(ada, "pass")).active
    server.clock.advance(700)
    assert not (await client.get_subscription(ada, "pass")).active
    assert (await client.get_subscription(ada, "gems")).active
    with pytest.raises(UnknownError, match="cursor invalid"):
        await client.list_subscriptions(ada, cursor="garbage")
