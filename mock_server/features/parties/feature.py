"""The feature `parties`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.parties import api


def parties_feature() -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes())
