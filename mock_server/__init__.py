"""A stand-in for Nakama 3.40 that a real Nakama client cannot tell from the real one."""

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
from mock_server.push.devices import Device
from mock_server.push.message import PushMessage
from mock_server.push.records import Failure, Outcome, PushRecord
from mock_server.push.rules import InvalidRule, PushEvent, PushRule
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from mock_server.server import MockServer

__all__ = [
    "Config",
    "ConsoleConfig",
    "Context",
    "Device",
    "Failure",
    "InvalidRule",
    "MockServer",
    "ModuleError",
    "ModuleLoadError",
    "OneSignalConfig",
    "Outcome",
    "PushConfig",
    "PushEvent",
    "PushMessage",
    "PushRecord",
    "PushRule",
    "RuntimeConfig",
    "SessionConfig",
    "SocialConfig",
    "SocketConfig",
    "SteamConfig",
    "UnknownSetting",
]
