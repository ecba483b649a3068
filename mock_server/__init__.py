"""A mock of Nakama 3.40 for clients in any language, compared with recordings of a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.config import (
    Config,
    ConsoleConfig,
    OneSignalConfig,
    PushConfig,
    RuntimeConfig,
    SessionConfig,
    SocialConfig,
    SocketConfig,
    SteamConfig,
    UnknownSetting,
)
from mock_server.features.push.devices import Device
from mock_server.features.push.events import InvalidRule, PushEvent
from mock_server.features.push.message import PushMessage
from mock_server.features.push.records import FailedAttempt, PushOutcome, PushRecord
from mock_server.features.push.rules import PushRule
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError, ModuleLoadError

if TYPE_CHECKING:
    from mock_server.server import MockServer

__all__ = [
    "Config",
    "ConsoleConfig",
    "Context",
    "Device",
    "FailedAttempt",
    "InvalidRule",
    "MockServer",
    "ModuleError",
    "ModuleLoadError",
    "OneSignalConfig",
    "PushConfig",
    "PushEvent",
    "PushMessage",
    "PushOutcome",
    "PushRecord",
    "PushRule",
    "RuntimeConfig",
    "SessionConfig",
    "SocialConfig",
    "SocketConfig",
    "SteamConfig",
    "UnknownSetting",
]


def __getattr__(name: str) -> Any:
    """Import the server when it is first asked for.

    It needs the extra `mock`; the pytest plugin of this package is loaded without it, too.
    """
    if name != "MockServer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from mock_server.server import MockServer
    except ModuleNotFoundError as error:
        if error.name not in ("jwt", "bcrypt"):
            raise
        raise ImportError(
            "the mock server needs more packages: pip install 'nakama-client[mock]'"
        ) from error
    return MockServer
