"""Purchases and subscriptions over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.purchases.core import PurchaseKind, Purchases, Validated
from mock_server.features.purchases.receipts import (
    APPLE,
    FACEBOOK,
    GOOGLE,
    HUAWEI,
    SAMSUNG,
    Shop,
)
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.varchar import varchar_problem

_LIMIT = "Invalid limit - limit must be between 1 and 1000."  # Nakama's own slip: it is 100


class _PurchasesApi:
    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases

    def validate(
        self, kind: PurchaseKind, shop: Shop, fields: tuple[tuple[str, str], ...]
    ) -> Callable[[Call], dict[str, Any]]:
        """Validate a receipt, the first of `fields`; each has a text for where it is empty."""

        def handler(call: Call) -> dict[str, Any]:
            is_first = kind == "purchase" and shop in (APPLE, SAMSUNG)
            if not is_first:
                self._require(shop)
            for name, refusal in fields:
                if not call.request[name]:
                    raise GrpcError(GrpcCode.INVALID_ARGUMENT, refusal)
            self._require(shop)
            found = self._purchases.validate(
                kind,
                shop,
                call.identity.user_id,
                call.request[fields[0][0]],
                persist=call.request["persist"] is not False,
            )
            if kind == "purchase":
                return {"validated_purchases": [purchase_message(found)]}
            return {"validated_subscription": self._subscription(found)}

        return handler

    def list_subscriptions(self, call: Call) -> dict[str, Any]:
        limit = call.request["limit"]
        if limit is not None and not 1 <= limit <= 100:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, _LIMIT)
        try:
            page = self._purchases.list(
                "subscription", call.identity.user_id, limit or 100, call.request["cursor"]
            )
        except BadCursor:
            raise GrpcError(GrpcCode.UNKNOWN, "subscriptions list cursor invalid") from None
        return omit_empty(
            {
                "validated_subscriptions": [
                    self._subscription(each, is_listed=True) for each in page.items
                ],
                "cursor": page.cursor,
                "prev_cursor": page.prev_cursor,
            }
        )

    def get_subscription(self, call: Call) -> dict[str, Any]:
        product_id = call.request["product_id"]
        if problem := varchar_problem(product_id):
            raise GrpcError(GrpcCode.UNKNOWN, problem)
        found = self._purchases.of_product(call.identity.user_id, product_id)
        if found is None:
            raise GrpcError(GrpcCode.NOT_FOUND, "subscription not found")
        subscription = self._subscription(found)
        subscription.pop("refund_time", None)  # QUIRK: Nakama does not read it here
        return subscription

    def _require(self, shop: Shop) -> None:
        if self._purchases.accepts(shop):
            return
        if shop is SAMSUNG:  # Nakama asks it without any settings
            raise GrpcError(
                GrpcCode.UNAVAILABLE,
                "Samsung IAP verification is currently unavailable. Try again later.",
            )
        raise GrpcError(GrpcCode.FAILED_PRECONDITION, shop.not_configured())

    def _subscription(self, found: Validated, *, is_listed: bool = False) -> dict[str, Any]:
        is_active = self._purchases.is_active(found)
        return subscription_message(found, is_active=is_active, is_listed=is_listed)


def purchase_message(found: Validated, *, is_listed: bool = False) -> dict[str, Any]:
    """The `ValidatedPurchase` message.

    Args:
        found: The purchase.
        is_listed: Whether it is in a list, which tells a refund time of 1970 for none.
    """
    return omit_empty(
        {
            "user_id": found.user_id,
            "product_id": found.product_id,
            "transaction_id": found.transaction_id,
            "store": found.store,
            **_times(found, is_listed=is_listed),
            "provider_response": found.provider_response,
            "environment": found.environment,
            "seen_before": found.seen_before,
        }
    )


def subscription_message(
    found: Validated, *, is_active: bool, is_listed: bool = False
) -> dict[str, Any]:
    """The `ValidatedSubscription` message; `is_listed` as for `purchase_message`."""
    times = _times(found, is_listed=is_listed)
    refund_time = times.pop("refund_time")
    return omit_empty(
        {
            "user_id": found.user_id,
            "product_id": found.product_id,
            "original_transaction_id": found.transaction_id,
            "store": found.store,
            **times,
            "environment": found.environment,
            "expiry_time": timestamp(found.expire_time * 1000, digits=0),
            "refund_time": refund_time,
            "provider_response": found.provider_response,
            "active": is_active,
        }
    )


def _times(found: Validated, *, is_listed: bool) -> dict[str, str]:
    return {
        "purchase_time": timestamp(found.purchase_time * 1000, digits=0),
        "create_time": _time(found.create_time),
        "update_time": _time(found.update_time),
        "refund_time": _time(found.refund_time) or (timestamp(0) if is_listed else ""),
    }


def _time(microseconds: int) -> str:
    return timestamp(microseconds * 1000, digits=6) if microseconds else ""


def routes(purchases: Purchases) -> tuple[Route, ...]:
    """The routes of purchases."""
    api = _PurchasesApi(purchases)
    purchase = ("purchase", "Purchase cannot be empty.")
    receipt = ("receipt", "Receipt cannot be empty.")
    signature = ("signature", "Signature cannot be empty.")
    signed = ("signed_request", "SignedRequest cannot be empty.")
    purchase_id = ("purchase_id", "Purchase ID cannot be empty.")
    validations: tuple[tuple[str, PurchaseKind, Shop, tuple[tuple[str, str], ...]], ...] = (
        ("Apple", "purchase", APPLE, (receipt,)),
        ("Google", "purchase", GOOGLE, (purchase,)),
        ("Huawei", "purchase", HUAWEI, (purchase, signature)),
        ("FacebookInstant", "purchase", FACEBOOK, (signed,)),
        ("Samsung", "purchase", SAMSUNG, (purchase_id,)),
        ("Apple", "subscription", APPLE, (receipt,)),
        ("Google", "subscription", GOOGLE, (receipt,)),
    )
    return (
        *(
            Route(
                f"Validate{kind.title()}{name}",
                "POST",
                f"/v2/iap/{kind}/{name.lower()}",
                Auth.BEARER,
                api.validate(kind, shop, fields),
                body="*",
            )
            for name, kind, shop, fields in validations
        ),
        Route(
            "ListSubscriptions",
            "POST",
            "/v2/iap/subscription",
            Auth.BEARER,
            api.list_subscriptions,
            body="*",
        ),
        Route(
            "GetSubscription",
            "GET",
            "/v2/iap/subscription/{product_id}",
            Auth.BEARER,
            api.get_subscription,
        ),
    )
