"""The console's purchases and subscriptions."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import full, internal, invalid, not_found, query_of, time_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cursor import BadCursor
from mock_server.features.purchases.api import purchase_message, subscription_message
from mock_server.features.purchases.core import PurchaseKind, Validated
from mock_server.wire.schema import STRING, UINT32, Message
from mock_server.wire.uuids import parse_uuid

_LIST = Message(
    "ListPurchasesRequest",
    user_id=STRING,
    limit=UINT32,
    cursor=STRING,
    filter=STRING,
    after=STRING,
    before=STRING,
)


def list_purchases(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Purchases, the newest first."""
    return _list(services, request, "purchase")


def list_subscriptions(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Subscriptions, the newest first."""
    return _list(services, request, "subscription")


def get_purchase(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The purchase of a transaction."""
    return _get(services, request, "purchase", "Purchase not found")


def get_subscription(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The subscription of an original transaction."""
    return _get(services, request, "subscription", "subscription not found")


def _get(
    services: ConsoleServices, request: web.Request, kind: PurchaseKind, missing: str
) -> dict[str, Any]:
    found = services.purchases.get(kind, request.match_info["transaction_id"])
    if found is None:
        raise not_found(missing)
    return _document(services, kind, found)


def _list(services: ConsoleServices, request: web.Request, kind: PurchaseKind) -> dict[str, Any]:
    asked, purchases = query_of(request, _LIST), services.purchases
    cursor = previous = ""
    bounds = {name: time_of(asked[name], name) for name in ("after", "before") if asked[name]}
    if asked["filter"]:
        one = purchases.get(kind, asked["filter"])
        found = [] if one is None else [one]
    else:
        user = asked["user_id"]
        owner = parse_uuid(user) if user else ""
        if owner is None:
            raise invalid("expects a valid user ID filter")
        if not 1 <= asked["limit"] <= 100:
            raise invalid("expects a limit value between 1 and 100")
        try:
            page = purchases.list(kind, owner, asked["limit"], asked["cursor"], **bounds)
        except BadCursor:
            raise internal("Error listing purchases.") from None  # of subscriptions, too
        found, cursor, previous = list(page.items), page.cursor, page.prev_cursor
    return {
        f"validated_{kind}s": [_document(services, kind, each) for each in found],
        "cursor": cursor,
        "prev_cursor": previous,
    }


def _document(services: ConsoleServices, kind: PurchaseKind, found: Validated) -> dict[str, Any]:
    if kind == "purchase":
        return full("ValidatedPurchase", purchase_message(found, is_listed=True))
    is_active = services.purchases.is_active(found)
    document = subscription_message(found, is_active=is_active, is_listed=True)
    return full("ValidatedSubscription", document)


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/purchase", list_purchases),
    ("GET", "/subscription", list_subscriptions),
    ("GET", "/iap/purchase/{transaction_id}", get_purchase),
    ("GET", "/iap/subscription/{transaction_id}", get_subscription),
)
"""What is served under `/v2/console`."""
