"""The feature `notifications`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.notifications import api
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.runtime import NotificationFunctions


def notifications_feature(notifications: Notifications) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(notifications),
        functions=(NotificationFunctions(notifications),),
        settle=notifications.settle,
        end=notifications.end,
        close=notifications.settle,
    )
