"""The feature `rpc`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.rpc import pipeline
from mock_server.runtime.context import Contexts
from mock_server.runtime.rpc import RpcFunctions


def rpc_feature(rpcs: RpcFunctions, contexts: Contexts) -> Feature:
    """Return what the feature offers."""
    return Feature(requests=pipeline.requests(rpcs, contexts))
