"""The feature `authentication`, put together."""

from __future__ import annotations

from mock_server.config import SessionConfig, SocialConfig
from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.authentication import api
from mock_server.features.authentication.core import Authentication
from mock_server.features.authentication.runtime import AuthenticationFunctions
from mock_server.features.authentication.runtime_foreign import (
    ForeignAuthenticationFunctions,
)
from mock_server.features.sessions.core import Sessions
from mock_server.features.social.core import Social
from server_kit import Clock, Store


def authentication_feature(
    config: SessionConfig,
    social_config: SocialConfig,
    store: Store,
    clock: Clock,
    accounts: Accounts,
    sessions: Sessions,
    social: Social,
) -> Feature:
    """Return what the feature offers."""
    authentication = Authentication(social_config, store, accounts, social)
    return Feature(
        routes=api.routes(sessions, authentication),
        functions=(
            AuthenticationFunctions(config, clock, authentication, social),
            ForeignAuthenticationFunctions(social_config, authentication),
        ),
    )
