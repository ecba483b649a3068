"""Purchases and subscriptions over HTTP, as a Nakama answers that has no store configured."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Handler, Route
from mock_server.wire.errors import GrpcCode, GrpcError

_STORES = (
    ("Purchase", "Apple", "Apple"),
    ("Purchase", "Google", "Google"),
    ("Purchase", "Huawei", "Huawei"),
    ("Purchase", "FacebookInstant", "Facebook Instant"),
    ("Subscription", "Apple", "Apple"),
    ("Subscription", "Google", "Google"),
)


def _not_configured(store: str) -> Handler:
    def refuse(call: Call) -> dict[str, Any]:
        raise GrpcError(GrpcCode.FAILED_PRECONDITION, f"{store} IAP is not configured.")

    return refuse


def _list(call: Call) -> dict[str, Any]:
    call.limit(default=100, maximum=100)
    return {}


def _get(call: Call) -> dict[str, Any]:
    raise GrpcError(GrpcCode.NOT_FOUND, "subscription not found")


def routes() -> tuple[Route, ...]:
    """The routes of purchases."""
    return (
        *(
            Route(
                f"Validate{kind}{provider}",
                "POST",
                f"/v2/iap/{kind.lower()}/{provider.lower()}",
                Auth.BEARER,
                _not_configured(store),
                body="*",
            )
            for kind, provider, store in _STORES
        ),
        Route(
            "ListSubscriptions",
            "POST",
            "/v2/iap/subscription",
            Auth.BEARER,
            _list,
            body="*",
        ),
        Route(
            "GetSubscription",
            "GET",
            "/v2/iap/subscription/{product_id}",
            Auth.BEARER,
            _get,
        ),
    )
