"""The feature `wallets`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.wallets.core import Wallets
from mock_server.features.wallets.runtime import WalletFunctions
from server_kit import Clock, Store


def wallets_feature(store: Store, clock: Clock, accounts: Accounts) -> Feature:
    """Return what the feature offers."""
    wallets = Wallets(store, clock, accounts)
    return Feature(functions=(WalletFunctions(wallets),))
