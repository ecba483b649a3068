"""Registrations over HTTP: an app posts one when it has registered itself with OneSignal.

Nakama has no such path; an empty `push.registration_path` removes it.
"""

from __future__ import annotations

from typing import Any

from mock_server.config import PushConfig
from mock_server.features.accounts.core import Accounts
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.sessions.core import Sessions
from mock_server.http.authorization import bearer_token
from mock_server.http.routing import Auth, Call, Route
from mock_server.identity import SYSTEM_USER, Identity
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.messages import Operation
from mock_server.wire.schema import BOOL, BOOL_VALUE, STRING, Message

_REGISTRATION = Message(
    "PushRegistration",
    oneSignalUserId=STRING,
    oneSignalPushToken=STRING,
    oneSignalSubscribed=BOOL_VALUE,  # not there until OneSignal has answered
    oneSignalRequiresUserPrivacyConsent=BOOL,
    platform=STRING,
    appId=STRING,
    appVersion=STRING,
    distribution=STRING,
    hardware=STRING,
    installationId=STRING,
    language=STRING,
    model=STRING,
    os=STRING,
    osVersion=STRING,
    timeZone=STRING,
)


def routes(
    config: PushConfig, accounts: Accounts, sessions: Sessions, devices: DeviceRegistry
) -> tuple[Route, ...]:
    """The route of registrations, where the settings name one."""
    if not config.registration_path:
        return ()
    api = _PushApi(config, accounts, sessions, devices)
    path = config.registration_path
    return (
        Route(
            "RegisterPush",
            "POST",
            path,
            Auth.NONE,
            api.register,
            body="*",
            operation=Operation("RegisterPush", _REGISTRATION, Message("Registered")),
        ),
    )


class _PushApi:
    def __init__(
        self, config: PushConfig, accounts: Accounts, sessions: Sessions, devices: DeviceRegistry
    ) -> None:
        self._cookie = config.registration_cookie
        self._accounts = accounts
        self._sessions = sessions
        self._devices = devices

    def register(self, call: Call) -> dict[str, Any]:
        if "\0" in call.request["oneSignalUserId"]:  # the account's metadata cannot hold it
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "oneSignalUserId has a NUL character.")
        identity = self._identity(call)
        device_id = self._sessions.devices.device_id(identity.token_id, identity.vars)
        self._devices.store(identity.user_id, call.request, device_id=device_id)
        return {}

    def _identity(self, call: Call) -> Identity:
        """The caller, by the session token in the Authorization header or in a cookie."""
        token = _token(call, self._cookie)
        if not token:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token required")
        identity = self._sessions.check(token)
        if identity is None or identity.user_id == SYSTEM_USER:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
        if self._accounts.find(identity.user_id) is None:
            raise GrpcError(GrpcCode.NOT_FOUND, "Account not found.")
        return identity


def _token(call: Call, cookie: str) -> str | None:
    headers = {name.lower(): values for name, values in call.headers.items()}
    if "authorization" in headers:
        return bearer_token(headers["authorization"][0])
    for pair in ";".join(headers.get("cookie", [])).split(";"):
        name, _, value = pair.strip().partition("=")
        if cookie and name == cookie:
            return value.strip('"')
    return None
