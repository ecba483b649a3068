"""Authentication over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.core import Login
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import (
    BOOL_VALUE,
    INT64,
    STRING,
    STRING_MAP,
    Message,
)

ACCOUNT_DEVICE = Message("AccountDevice", id=STRING, vars=STRING_MAP)
ACCOUNT_CUSTOM = Message("AccountCustom", id=STRING, vars=STRING_MAP)
ACCOUNT_EMAIL = Message("AccountEmail", email=STRING, password=STRING, vars=STRING_MAP)
ACCOUNT_TOKEN = Message("AccountToken", token=STRING, vars=STRING_MAP)
ACCOUNT_INSTANT_GAME = Message(
    "AccountFacebookInstantGame", signed_player_info=STRING, vars=STRING_MAP
)
ACCOUNT_GAME_CENTER = Message(
    "AccountGameCenter",
    player_id=STRING,
    bundle_id=STRING,
    timestamp_seconds=INT64,
    salt=STRING,
    signature=STRING,
    public_key_url=STRING,
    vars=STRING_MAP,
)


def _device(call: Call) -> dict[str, Any]:
    account = _account(call)
    return _session(
        call,
        call.parts.authentication.device(
            account.get("id", ""), call.request["username"], create=_create(call)
        ),
    )


def _custom(call: Call) -> dict[str, Any]:
    account = _account(call)
    return _session(
        call,
        call.parts.authentication.custom(
            account.get("id", ""), call.request["username"], create=_create(call)
        ),
    )


def _email(call: Call) -> dict[str, Any]:
    account = _account(call)
    return _session(
        call,
        call.parts.authentication.email(
            account.get("email", ""),
            account.get("password", ""),
            call.request["username"],
            create=_create(call),
        ),
    )


def _social(provider: Provider) -> Callable[[Call], dict[str, Any]]:
    def handler(call: Call) -> dict[str, Any]:
        login = call.parts.authentication.social(
            provider,
            _account(call).get("token", ""),
            call.request["username"],
            create=_create(call),
            sync=call.request["sync"] is True,
        )
        return _session(call, login)

    return handler


def _account(call: Call) -> dict[str, Any]:
    return call.request["account"] or {}


def _create(call: Call) -> bool:
    return call.request["create"] is not False


def _session(call: Call, login: Login) -> dict[str, Any]:
    return call.parts.sessions.issue(
        login.user_id, login.username, _account(call).get("vars", {}), created=login.created
    )


def _refusal(code: GrpcCode, message: str) -> Callable[[Call], dict[str, Any]]:
    def handler(call: Call) -> dict[str, Any]:
        raise GrpcError(code, message)

    return handler


def _route(provider: str, account: Message, handler: Callable[[Call], dict[str, Any]]) -> Route:
    return Route(
        f"Authenticate{provider}",
        "POST",
        f"/v2/account/authenticate/{provider.lower()}",
        Auth.SERVER_KEY,
        Message(
            f"Authenticate{provider}Request",
            account=account,
            create=BOOL_VALUE,
            username=STRING,
            sync=BOOL_VALUE,
        ),
        handler,
        body="account",
    )


ROUTES = (
    _route("Device", ACCOUNT_DEVICE, _device),
    _route("Custom", ACCOUNT_CUSTOM, _custom),
    _route("Email", ACCOUNT_EMAIL, _email),
    _route("Facebook", ACCOUNT_TOKEN, _social(FACEBOOK)),
    _route("Steam", ACCOUNT_TOKEN, _social(STEAM)),
    # What Nakama answers where a provider is not configured, or its token does not arrive.
    _route(
        "Apple",
        ACCOUNT_TOKEN,
        _refusal(GrpcCode.FAILED_PRECONDITION, "Apple authentication is not configured."),
    ),
    _route(
        "Google",
        ACCOUNT_TOKEN,
        _refusal(GrpcCode.INVALID_ARGUMENT, "Google access token is required."),
    ),
    _route(
        "GameCenter",
        ACCOUNT_GAME_CENTER,
        _refusal(GrpcCode.INVALID_ARGUMENT, "GameCenter bundle ID is required."),
    ),
    _route(
        "FacebookInstantGame",
        ACCOUNT_INSTANT_GAME,
        _refusal(
            GrpcCode.INVALID_ARGUMENT,
            "Signed Player Info for a Facebook Instant Game is required.",
        ),
    ),
)
