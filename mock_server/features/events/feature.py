"""The feature `events`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.events import api
from mock_server.runtime.context import Contexts
from mock_server.runtime.events import Events


def events_feature(events: Events, contexts: Contexts) -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes(events, contexts))
