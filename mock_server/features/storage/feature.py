"""The feature `storage`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.storage.core import Storage
from mock_server.features.storage.runtime import StorageFunctions
from server_kit import Clock, Store


def storage_feature(store: Store, clock: Clock, accounts: Accounts) -> Feature:
    """Return what the feature offers."""
    storage = Storage(store, clock, accounts)
    return Feature(functions=(StorageFunctions(storage),))
