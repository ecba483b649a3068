"""The feature `purchases`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.purchases import api


def purchases_feature() -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes())
