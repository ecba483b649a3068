"""Modules hear what the stores tell of purchases and subscriptions."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, Context, MockServer
from tests.mock_server.runtime.game import Game, playing, serving

pytestmark = pytest.mark.asyncio

ACCEPTED = ("apple", "google", "huawei")
END = 4_102_444_800
BUNDLE = """
function hear(ctx, logger, nk, item, payload, type) {
    nk.storageWrite([{collection: "noted", key: "last", value:
        {mode: ctx.executionMode, item: item, payload: JSON.parse(payload), type: type}}]);
}
function wrong() { return "told"; }
function InitModule(ctx, logger, nk, initializer) {
    initializer.registerPurchaseNotificationApple(hear);
    initializer.registerPurchaseNotificationGoogle(wrong);
    initializer.registerSubscriptionNotificationApple(hear);
    initializer.registerSubscriptionNotificationGoogle(hear);
}
"""


async def noted(game: Game) -> dict[str, Any]:
    """What the bundle's function was told last."""
    await game.server.settle()
    (stored,) = game.server.nk.storage_read([{"collection": "noted", "key": "last"}])
    value: dict[str, Any] = stored["value"]
    return value


async def test_a_bundle_hears_of_refunds_and_of_the_life_of_subscriptions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, {"index.js": BUNDLE}, purchases__accept=ACCEPTED) as game:
        await game.login()
        nk, purchases = game.server.nk, game.server.purchases
        ada = await game.user_id("ada")
        nk.purchase_validate_apple(ada, "apple:sword:t-1:sandbox")
        refunded = purchases.refund("t-1")
        told = await noted(game)
        seconds = refunded.refund_time // 1_000_000
        assert told["item"] == {
            "userId": ada,
            "productId": "sword",
            "transactionId": "t-1",
            "store": "APPLE_APP_STORE",
            "providerResponse": refunded.provider_response,
            "purchaseTime": refunded.purchase_time // 1_000_000,
            "createTime": refunded.create_time // 1_000_000,
            "updateTime": seconds,
            "refundTime": seconds,
            "environment": "SANDBOX",
            "seenBefore": True,
        }
        assert (told["type"], told["mode"]) == ("REFUNDED", "purchase_notification_apple")
        transaction = told["payload"]["transactionInfo"]
        assert (transaction["productId"], transaction["environment"]) == ("sword", "Sandbox")
        assert transaction["revocationDate"] == refunded.refund_time // 1000

        nk.subscription_validate_google(ada, f"google:pass:t-2:expires={END}")
        purchases.renew("t-2", END + 1)
        told = await noted(game)
        assert told["mode"] == "subscription_notification_google"
        assert told["type"] == "RENEWED"
        assert told["item"]["expiryTime"] == END + 1
        assert (told["item"]["active"], told["item"]["refundTime"]) == (True, 0)
        assert told["item"]["originalTransactionId"] == "t-2"
        assert json.loads(told["item"]["providerNotification"]) == told["payload"]
        assert told["payload"]["lineItems"] == [
            {"expiryTime": "2100-01-01T00:00:01Z", "productId": "pass"}
        ]
        purchases.cancel("t-2")
        told = await noted(game)
        assert (told["type"], told["item"]["active"]) == ("CANCELLED", True)
        purchases.expire("t-2")
        told = await noted(game)
        assert (told["type"], told["item"]["active"]) == ("EXPIRED", False)
        assert nk.subscription_get_by_product_id(ada, "pass")["active"] is False

        nk.purchase_validate_google(ada, "google:shield:t-3")
        nk.purchase_validate_huawei(ada, "huawei:bow:t-4", "signature")
        with caplog.at_level(logging.ERROR, "mock_server.runtime"):
            purchases.refund("t-3")
            purchases.refund("t-4")  # this store tells Nakama nothing
            await game.server.settle()
        assert "the purchase_notification_google function has to return nothing" in caplog.text
        with pytest.raises(LookupError, match="there is no subscription"):
            purchases.renew("t-1", END)


async def test_functions_in_python_hear_too_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, str, str]] = []

    async def hear(context: Context, item: dict[str, Any], payload: str, what: str) -> None:
        told.append((context.execution_mode, item["product_id"], what))
        if what == "REFUNDED":
            raise RuntimeError("no refunds here")

    server = MockServer(Config.from_settings({"purchases.accept": ACCEPTED}))
    server.module(lambda nk: nk.register_purchase_notification_apple(hear))
    server.module(lambda nk: nk.register_purchase_notification_google(hear))
    server.module(lambda nk: nk.register_subscription_notification_apple(hear))
    server.module(lambda nk: nk.register_subscription_notification_google(hear))
    async with playing(server) as game:
        await game.login()
        ada = await game.user_id("ada")
        server.nk.purchase_validate_google(ada, "google:sword:t-1")
        server.nk.subscription_validate_apple(ada, f"apple:pass:t-2:expires={END}")
        server.purchases.refund("t-1")
        server.purchases.renew("t-2", END + 1)
        await server.settle()
    assert told == [
        ("purchase_notification_google", "sword", "REFUNDED"),
        ("subscription_notification_apple", "pass", "RENEWED"),
    ]
    assert "no refunds here" in caplog.text
