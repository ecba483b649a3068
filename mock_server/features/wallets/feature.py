"""The feature `wallets`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.wallets.core import Wallets
from mock_server.features.wallets.runtime import WalletFunctions


def wallets_feature(wallets: Wallets) -> Feature:
    """Return what the feature offers."""
    return Feature(functions=(WalletFunctions(wallets),))
