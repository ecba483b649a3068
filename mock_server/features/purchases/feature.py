"""The feature `purchases`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.purchases import api
from mock_server.features.purchases.core import Purchases
from mock_server.features.purchases.runtime import PurchaseFunctions


def purchases_feature(purchases: Purchases) -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes(purchases), functions=(PurchaseFunctions(purchases),))
