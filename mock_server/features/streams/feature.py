"""The feature `streams`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.streams.core import PresenceEvents
from mock_server.features.streams.runtime import StreamFunctions
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.tracker import Tracker


def streams_feature(
    node: str, registry: SessionRegistry, tracker: Tracker, router: Router
) -> Feature:
    """Return what the feature offers."""
    tracker.listen_to_others(PresenceEvents(router).send)
    return Feature(functions=(StreamFunctions(node, registry, tracker, router),))
