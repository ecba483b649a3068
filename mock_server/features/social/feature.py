"""The feature `social`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.social import api
from mock_server.features.social.core import Social


def social_feature(social: Social) -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes(social))
