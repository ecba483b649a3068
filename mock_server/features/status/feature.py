"""The feature `status`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.status import pipeline
from mock_server.features.status.core import StatusRegistry
from mock_server.features.status.runtime import StatusFunctions
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.tracker import Tracker


def status_feature(
    registry: SessionRegistry, tracker: Tracker, accounts: Accounts, status: StatusRegistry
) -> Feature:
    """Return what the feature offers."""
    return Feature(
        requests=pipeline.requests(tracker, accounts, status),
        functions=(StatusFunctions(registry, status),),
    )
