"""The account over HTTP: get, update, delete."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import STRING_VALUE, Message


def _get(call: Call) -> dict[str, Any]:
    account = call.parts.accounts.account(call.identity.user_id)
    account.pop("disable_time", None)  # only operators and server modules see it
    return account


def _update(call: Call) -> dict[str, Any]:
    call.parts.accounts.update(call.identity.user_id, call.request)
    return {}


def _delete(call: Call) -> dict[str, Any]:
    try:
        call.parts.accounts.delete(call.identity.user_id)
    except ValueError:
        raise GrpcError(GrpcCode.INTERNAL, "Error deleting user account.") from None
    return {}


_NOTHING = Message("Empty")
_UPDATE = Message(
    "UpdateAccountRequest",
    username=STRING_VALUE,
    display_name=STRING_VALUE,
    avatar_url=STRING_VALUE,
    lang_tag=STRING_VALUE,
    location=STRING_VALUE,
    timezone=STRING_VALUE,
)

ROUTES = (
    Route("GetAccount", "GET", "/v2/account", Auth.BEARER, _NOTHING, _get),
    Route("UpdateAccount", "PUT", "/v2/account", Auth.BEARER, _UPDATE, _update, body="*"),
    Route("DeleteAccount", "DELETE", "/v2/account", Auth.BEARER, _NOTHING, _delete),
)
