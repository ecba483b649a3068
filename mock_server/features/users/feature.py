"""The feature `users`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.moderation.core import Moderation
from mock_server.features.users import api
from mock_server.features.users.runtime import UserFunctions
from server_kit import Store


def users_feature(store: Store, accounts: Accounts, moderation: Moderation) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(store, accounts),
        functions=(UserFunctions(store, accounts, moderation),),
    )
