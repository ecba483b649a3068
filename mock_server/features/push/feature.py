"""The feature `push`, put together."""

from __future__ import annotations

from mock_server.config import OneSignalConfig, PushConfig
from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.push import api
from mock_server.features.push.core import PushService
from mock_server.features.push.rpc import PushFunctions
from mock_server.features.push.runtime import PushModuleFunctions
from mock_server.features.sessions.core import Sessions


def push_feature(
    onesignal: OneSignalConfig,
    config: PushConfig,
    accounts: Accounts,
    sessions: Sessions,
    push: PushService,
) -> Feature:
    """Return what the feature offers."""
    functions = PushFunctions(onesignal, accounts, sessions.devices, push.devices)
    return Feature(
        routes=api.routes(config, accounts, sessions, push.devices),
        functions=(PushModuleFunctions(push.devices),),
        rpcs=functions.functions(),
        start=push.resume,
        end=push.end,
        settle=push.scheduler.settle,
        close=push.close,
    )
