"""Calls server modules when a store tells what became of a purchase or a subscription."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import Any

from mock_server.features.purchases.core import StoreNotification, Validated
from mock_server.features.purchases.receipts import APPLE, GOOGLE, SANDBOX, SHOPS
from mock_server.features.purchases.tables import purchase_table, subscription_table
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.wire import gojson
from mock_server.wire.output import timestamp

_log = logging.getLogger("mock_server.runtime")
_MILLISECOND = 1000


class PurchaseCallbacks:
    """Calls the functions that modules registered, in the background; one that fails is logged.

    Args:
        registrations: The functions.
        contexts: Makes their contexts.
    """

    def __init__(self, registrations: Registrations, contexts: Contexts) -> None:
        self._registrations = registrations
        self._contexts = contexts
        self._tasks: set[asyncio.Task[None]] = set()

    def notified(self, notification: StoreNotification) -> None:
        """Call the function for notifications of this store and kind, if there is one."""
        key = SHOPS[notification.item.store].key
        name = f"{notification.kind}_notification_{key}"
        function = self._registrations.active.store_notifications.get(name)
        if function is None:
            return
        task = asyncio.get_running_loop().create_task(self._call(name, function, notification))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Return once the functions have been called."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def drop(self) -> None:
        """Give up the calls that are under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _call(self, name: str, function: Any, notification: StoreNotification) -> None:
        payload = provider_payload(notification)
        context = self._contexts.new(name)
        try:
            result = function(context, _item(notification, payload), payload, notification.type)
            if inspect.isawaitable(result):
                result = await result
        except ModuleError as error:
            _log.error("the %s function failed: %s", name, error.message)
        except Exception:
            _log.exception("the %s function failed", name)
        else:
            if result is not None:
                _log.error("the %s function has to return nothing", name)


def _item(notification: StoreNotification, payload: str) -> dict[str, Any]:
    item = notification.item
    refund = {"refund_time": 0}  # there always is one here, as in Nakama
    if notification.kind == "purchase":
        return refund | purchase_table(item) | {"seen_before": True}
    is_active = notification.is_active
    return refund | subscription_table(item, is_active=is_active, notification=payload)


def provider_payload(notification: StoreNotification) -> str:
    """The store's notification as JSON text in the store's form, as far as the mock knows it."""
    item, is_purchase = notification.item, notification.kind == "purchase"
    if item.store == APPLE.number:
        return gojson.marshal(_apple(item))
    assert item.store == GOOGLE.number, "no other store notifies Nakama"
    return gojson.marshal(_google_purchase(item) if is_purchase else _google_subscription(item))


def _apple(item: Validated) -> dict[str, Any]:
    """Apple's notification about a transaction.

    https://developer.apple.com/documentation/appstoreservernotifications/jwstransaction
    """
    transaction = {
        "environment": "Sandbox" if item.environment == SANDBOX else "Production",
        "expiresDate": item.expire_time // _MILLISECOND,
        "originalPurchaseDate": item.purchase_time // _MILLISECOND,
        "originalTransactionId": item.transaction_id,
        "productId": item.product_id,
        "purchaseDate": item.purchase_time // _MILLISECOND,
        "revocationDate": item.refund_time // _MILLISECOND,
        "transactionId": item.transaction_id,
    }
    return {"transactionInfo": transaction}


def _google_purchase(item: Validated) -> dict[str, Any]:
    """Google's notification about a purchase.

    https://developers.google.com/android-publisher/api-ref/rest/v3/purchases.productsv2
    """
    return {
        "orderId": item.transaction_id,
        "productLineItem": [{"productId": item.product_id}],
        "purchaseCompletionTime": timestamp(item.purchase_time * 1000),
        "testPurchaseContext": {} if item.environment == SANDBOX else None,
    }


def _google_subscription(item: Validated) -> dict[str, Any]:
    """Google's notification about a subscription.

    https://developers.google.com/android-publisher/api-ref/rest/v3/purchases.subscriptionsv2
    """
    expiry = timestamp(item.expire_time * 1000)
    return {
        "lineItems": [{"expiryTime": expiry, "productId": item.product_id}],
        "startTime": timestamp(item.purchase_time * 1000),
        "testPurchase": {} if item.environment == SANDBOX else None,
    }
