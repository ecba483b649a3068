"""A stand-in for Nakama 3.40 that a real Nakama client cannot tell from the real one."""

from mock_server.config import (
    Config,
    ConsoleConfig,
    OneSignalConfig,
    RuntimeConfig,
    SessionConfig,
    SocialConfig,
    SocketConfig,
    SteamConfig,
    UnknownSetting,
)
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.python import ModuleLoadError
from mock_server.server import MockServer

__all__ = [
    "Config",
    "ConsoleConfig",
    "Context",
    "MockServer",
    "ModuleError",
    "ModuleLoadError",
    "OneSignalConfig",
    "RuntimeConfig",
    "SessionConfig",
    "SocialConfig",
    "SocketConfig",
    "SteamConfig",
    "UnknownSetting",
]
