"""The feature `friends`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.friends import api
from mock_server.features.friends.core import Friends
from mock_server.features.friends.runtime import FriendFunctions
from server_kit import Store


def friends_feature(store: Store, accounts: Accounts, friends: Friends) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(store, accounts, friends),
        functions=(FriendFunctions(store, accounts, friends),),
    )
