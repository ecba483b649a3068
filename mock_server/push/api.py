"""Registrations over HTTP: what an app posts when it has registered itself with OneSignal.

Nakama has no such path; an empty `push.registration_path` takes it away.
"""

from __future__ import annotations

from typing import Any

from mock_server.config import PushConfig
from mock_server.features.sessions.core import bearer_token
from mock_server.http.routing import Auth, Call, Route
from mock_server.identity import SYSTEM_USER
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import BOOL, STRING, Message

_REGISTRATION = Message(
    "PushRegistration",
    oneSignalUserId=STRING,
    oneSignalPushToken=STRING,
    oneSignalSubscribed=BOOL,
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


def routes(config: PushConfig) -> tuple[Route, ...]:
    """The route of registrations, where the settings name one."""
    if not config.registration_path:
        return ()
    path = config.registration_path
    return (Route("RegisterPush", "POST", path, Auth.NONE, _REGISTRATION, _register, body="*"),)


def _register(call: Call) -> dict[str, Any]:
    user_id = _user(call)
    call.parts.push.registrar.accept(user_id, call.request)
    return {}


def _user(call: Call) -> str:
    """The user of the session token, which comes in the Authorization header or in a cookie."""
    token = _token(call)
    if not token:
        raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token required")
    identity = call.parts.sessions.check(token)
    if identity is None or identity.user_id == SYSTEM_USER:
        raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
    if call.parts.accounts.find(identity.user_id) is None:
        raise GrpcError(GrpcCode.NOT_FOUND, "Account not found.")
    return identity.user_id


def _token(call: Call) -> str | None:
    headers = {name.lower(): values for name, values in call.headers.items()}
    if "authorization" in headers:
        return bearer_token(headers["authorization"][0])
    wanted = call.parts.config.push.registration_cookie
    for pair in ";".join(headers.get("cookie", [])).split(";"):
        name, _, value = pair.strip().partition("=")
        if wanted and name == wanted:
            return value.strip('"')
    return None
