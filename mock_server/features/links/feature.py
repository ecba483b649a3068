"""The feature `links`, put together."""

from __future__ import annotations

from mock_server.config import SocialConfig
from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.links import api
from mock_server.features.links.core import Links
from mock_server.features.links.runtime import LinkFunctions
from mock_server.features.links.runtime_foreign import ForeignLinkFunctions
from mock_server.features.social.core import Social
from server_kit import Clock, Store


def links_feature(
    config: SocialConfig, store: Store, clock: Clock, accounts: Accounts, social: Social
) -> Feature:
    """Return what the feature offers."""
    links = Links(config, store, clock, accounts, social)
    return Feature(
        routes=api.routes(links), functions=(LinkFunctions(links), ForeignLinkFunctions(links))
    )
