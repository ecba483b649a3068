"""The feature `accounts`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts import api
from mock_server.features.accounts.core import Accounts
from mock_server.features.accounts.runtime import AccountFunctions, AccountScriptFunctions
from mock_server.features.moderation.core import Moderation
from server_kit import Store


def accounts_feature(store: Store, accounts: Accounts, moderation: Moderation) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(accounts, moderation),
        functions=(
            AccountFunctions(store, accounts, moderation),
            AccountScriptFunctions(accounts),
        ),
    )
