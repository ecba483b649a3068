"""The feature `multi_update`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.multi_update.runtime import MultiUpdateFunctions
from mock_server.features.storage.core import Storage
from mock_server.features.wallets.core import Wallets
from server_kit import Store


def multi_update_feature(
    store: Store, accounts: Accounts, storage: Storage, wallets: Wallets
) -> Feature:
    """Return what the feature offers."""
    return Feature(functions=(MultiUpdateFunctions(store, accounts, storage, wallets),))
