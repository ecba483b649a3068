"""The feature `channels`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.channels import api, pipeline
from mock_server.features.channels.core import Channels
from mock_server.features.channels.history import ChannelHistory
from mock_server.features.channels.joining import ChannelResolver
from mock_server.features.channels.runtime import ChannelFunctions
from mock_server.features.friends.core import Friends
from mock_server.features.groups.core import Groups
from mock_server.features.notifications.core import Notifications
from mock_server.realtime.tracker import Tracker
from server_kit import Store


def channels_feature(
    store: Store,
    tracker: Tracker,
    accounts: Accounts,
    notifications: Notifications,
    friends: Friends,
    groups: Groups,
    channels: Channels,
) -> Feature:
    """Return what the feature offers."""
    history = ChannelHistory(store, groups)
    resolver = ChannelResolver(accounts, friends, groups)
    return Feature(
        routes=api.routes(history),
        requests=pipeline.requests(tracker, notifications, channels, resolver),
        functions=(ChannelFunctions(channels, history, resolver),),
    )
