"""The feature `storage`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.storage import api
from mock_server.features.storage.core import Storage
from mock_server.features.storage.runtime import StorageFunctions


def storage_feature(storage: Storage) -> Feature:
    """Return what the feature offers."""
    return Feature(routes=api.routes(storage), functions=(StorageFunctions(storage),))
