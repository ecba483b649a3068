"""The feature `purchases`, put together."""

from __future__ import annotations

from typing import Protocol

from mock_server.feature import Feature
from mock_server.features.purchases import api
from mock_server.features.purchases.core import Purchases, StoreNotification
from mock_server.features.purchases.runtime import PurchaseFunctions, PurchaseScriptFunctions


class StoreListener(Protocol):
    """Hears what stores tell."""

    def notified(self, notification: StoreNotification) -> None:
        """Handle a store's notification."""

    async def settle(self) -> None:
        """Return once all notifications so far have been handled."""

    async def drop(self) -> None:
        """Give up what is under way."""


def purchases_feature(purchases: Purchases, listener: StoreListener) -> Feature:
    """Return what the feature offers."""
    purchases.notified.connect(listener.notified)
    return Feature(
        routes=api.routes(purchases),
        functions=(PurchaseFunctions(purchases), PurchaseScriptFunctions(purchases)),
        end=listener.drop,
        close=listener.drop,
        settle=listener.settle,
    )
