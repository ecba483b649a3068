"""The feature `ping`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.ping import pipeline


def ping_feature() -> Feature:
    """Return what the feature offers."""
    return Feature(requests=pipeline.requests())
