"""Purchases and subscriptions as server modules see them."""

from __future__ import annotations

from typing import Any

from mock_server.features.purchases.core import Validated
from mock_server.features.purchases.receipts import ENVIRONMENTS, SHOPS

_SECOND = 1_000_000


def purchase_table(found: Validated, *, is_listed: bool = False) -> dict[str, Any]:
    """A purchase; times are in seconds, and left out where there is none.

    Args:
        found: The purchase.
        is_listed: Whether it is read back, which tells a refund time of 0 for none.
    """
    return {
        **({"refund_time": 0} if is_listed else {}),
        **_common(found),
        "transaction_id": found.transaction_id,
        "seen_before": found.seen_before,
    }


def subscription_table(
    found: Validated, *, is_active: bool, notification: str = "", is_listed: bool = False
) -> dict[str, Any]:
    """A subscription; `notification` is what the store reported, as a text.

    `is_listed` is that of `purchase_table`.
    """
    return {
        **({"refund_time": 0} if is_listed else {}),
        **_common(found),
        "original_transaction_id": found.transaction_id,
        "expiry_time": found.expire_time // _SECOND,
        "active": is_active,
        "provider_notification": notification,
    }


def _common(found: Validated) -> dict[str, Any]:
    times = {
        name: getattr(found, name) // _SECOND
        for name in ("create_time", "update_time", "refund_time")
        if getattr(found, name)
    }
    return {
        "user_id": found.user_id,
        "product_id": found.product_id,
        "store": SHOPS[found.store].label,
        "provider_response": found.provider_response,
        "purchase_time": found.purchase_time // _SECOND,
        "environment": ENVIRONMENTS[found.environment],
        **times,
    }
