"""The feature `storage`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.storage import api
from mock_server.features.storage.core import Storage
from mock_server.features.storage.indexes import StorageIndexes
from mock_server.features.storage.runtime import StorageFunctions
from mock_server.features.storage.runtime_indexes import StorageIndexFunctions
from mock_server.features.storage.runtime_retry import StorageRetryFunctions
from mock_server.runtime.context import Contexts
from mock_server.runtime.registrations import Registrations


def storage_feature(storage: Storage, registrations: Registrations, contexts: Contexts) -> Feature:
    """Return what the feature offers."""
    indexes = StorageIndexes(storage, registrations, contexts)
    return Feature(
        routes=api.routes(storage),
        functions=(
            StorageFunctions(storage),
            StorageIndexFunctions(indexes, registrations),
            StorageRetryFunctions(storage),
        ),
        start=indexes.load,
        end=indexes.end,
        close=indexes.end,
    )
