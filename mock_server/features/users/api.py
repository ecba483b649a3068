"""Users over HTTP: the public fields of accounts."""

from __future__ import annotations

from typing import Any

from mock_server.features.accounts.core import Accounts
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.uuids import parse_uuid
from server_kit import Store


class _UsersApi:
    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def get(self, call: Call) -> dict[str, Any]:
        ids = [_system_id(text) for text in call.request["ids"]]
        if any("\0" in name for name in call.request["usernames"] + call.request["facebook_ids"]):
            raise GrpcError(GrpcCode.INTERNAL, "Error retrieving user accounts.")
        accounts = self._accounts
        rows = [accounts.find(user_id) for user_id in ids]
        rows += [accounts.find_by_username(name) for name in call.request["usernames"]]
        rows += [
            self._store.one("SELECT * FROM users WHERE facebook_id = ?", facebook_id)
            for facebook_id in call.request["facebook_ids"]
        ]
        found = {row["id"]: row for row in rows if row is not None}
        return {"users": [accounts.user(row) for row in found.values()]} if found else {}


def _system_id(text: str) -> str:
    user_id = parse_uuid(text)
    if user_id is None:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, f"ID '{text}' is not a valid system ID.")
    return user_id


def routes(store: Store, accounts: Accounts) -> tuple[Route, ...]:
    """The routes of users."""
    api = _UsersApi(store, accounts)
    return (Route("GetUsers", "GET", "/v2/user", Auth.BEARER, api.get),)
