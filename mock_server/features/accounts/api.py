"""The account over HTTP: get, update, delete."""

from __future__ import annotations

from typing import Any

from mock_server.features.accounts.core import Accounts, check_new_username
from mock_server.features.moderation.core import Moderation
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError


class _AccountsApi:
    def __init__(self, accounts: Accounts, moderation: Moderation) -> None:
        self._accounts = accounts
        self._moderation = moderation

    def get(self, call: Call) -> dict[str, Any]:
        account = self._accounts.account(call.identity.user_id)
        account.pop("disable_time", None)  # only operators and server modules see it
        return account

    def update(self, call: Call) -> dict[str, Any]:
        username = call.request.get("username")
        if username is not None:
            check_new_username(username)
        self._accounts.update(call.identity.user_id, call.request)
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        try:
            self._moderation.delete(call.identity.user_id)
        except ValueError:
            raise GrpcError(GrpcCode.INTERNAL, "Error deleting user account.") from None
        return {}


def routes(accounts: Accounts, moderation: Moderation) -> tuple[Route, ...]:
    """The routes of accounts."""
    api = _AccountsApi(accounts, moderation)
    return (
        Route("GetAccount", "GET", "/v2/account", Auth.BEARER, api.get),
        Route("UpdateAccount", "PUT", "/v2/account", Auth.BEARER, api.update, body="*"),
        Route("DeleteAccount", "DELETE", "/v2/account", Auth.BEARER, api.delete),
    )
