"""Friends over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.accounts.core import Accounts
from mock_server.features.friends import listing
from mock_server.features.friends.core import Friends
from mock_server.features.notifications.core import RowRejected
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit import Store
from server_kit.store import Row

_Handler = Callable[[Call], dict[str, Any]]


def _refusing(handler: _Handler, task: str) -> _Handler:
    """Word what the database refuses."""

    def worded(call: Call) -> dict[str, Any]:
        try:
            return handler(call)
        except RowRejected:
            raise GrpcError(GrpcCode.INTERNAL, f"Error while trying to {task}.") from None

    return worded


class _FriendsApi:
    def __init__(self, store: Store, accounts: Accounts, friends: Friends) -> None:
        self._store = store
        self._accounts = accounts
        self._friends = friends

    def list_friends(self, call: Call) -> dict[str, Any]:
        limit = call.limit(default=1000, maximum=1000)
        state = call.request["state"]
        if state is not None and not 0 <= state <= 3:
            raise _refuse("Invalid state - state must be between 0 and 3.")
        try:
            page = listing.friends(
                self._store, call.identity.user_id, limit, state, call.request["cursor"]
            )
        except BadCursor:
            raise _refuse("Cursor is invalid.") from None
        return omit_empty(
            {"friends": [self._friend(call, row) for row in page.rows], "cursor": page.cursor}
        )

    def list_friends_of_friends(self, call: Call) -> dict[str, Any]:
        limit = call.limit(default=10, maximum=100)
        try:
            page = listing.friends_of_friends(
                self._store, call.identity.user_id, limit, call.request["cursor"]
            )
        except BadCursor:
            raise _refuse("Cursor is invalid.") from None
        found = [
            {"referrer": row["referrer"], "user": self._accounts.user(row)} for row in page.rows
        ]
        return omit_empty({"friends_of_friends": found, "cursor": page.cursor})

    def add(self, call: Call) -> dict[str, Any]:
        friend_ids = self._friend_ids(call, "Cannot add self as friend.")
        if not friend_ids:
            return _nobody(call)
        identity = call.identity
        self._friends.add(identity.user_id, identity.username, friend_ids, call.request["metadata"])
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        friend_ids = self._friend_ids(call, "Cannot delete self.")
        self._friends.delete(call.identity.user_id, call.identity.username, friend_ids)
        return {}

    def block(self, call: Call) -> dict[str, Any]:
        friend_ids = self._friend_ids(call, "Cannot block self.")
        if not friend_ids:
            return _nobody(call)
        self._friends.block(call.identity.user_id, friend_ids)
        return {}

    def _friend_ids(self, call: Call, self_refusal: str) -> list[str]:
        """The ids that a request names, directly or by user name.

        Raises:
            GrpcError: One is malformed or empty, or names the caller.
        """
        ids, usernames = call.request["ids"], call.request["usernames"]
        found = [_other_user(call, text, self_refusal) for text in ids]
        for username in usernames:
            if not username:
                raise _refuse("Username must not be empty.")
            if username == call.identity.username:
                raise _refuse(self_refusal)
        return found + self._friends.ids_of(usernames)

    def _friend(self, call: Call, row: Row) -> dict[str, Any]:
        user = self._accounts.user(row)
        user.pop("edge_count", None)  # Nakama's query does not ask for it here
        return {
            "user": user,
            "state": row["edge_state"],
            "update_time": timestamp(row["edge_time"] * 1000, digits=0),
            "metadata": row["edge_metadata"],
        }


def _nobody(call: Call) -> dict[str, Any]:
    """Without names it does nothing; names of which none is known are an error."""
    if call.request["usernames"]:
        raise _refuse("No valid ID or username was provided.")
    return {}


def _other_user(call: Call, text: str, self_refusal: str) -> str:
    user_id = parse_uuid(text)
    if user_id == call.identity.user_id:
        raise _refuse(self_refusal)
    if user_id in (None, NIL):
        raise _refuse(f"Invalid user ID '{text}'.")
    return str(user_id)


def _refuse(message: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


def routes(store: Store, accounts: Accounts, friends: Friends) -> tuple[Route, ...]:
    """The routes of friends."""
    api = _FriendsApi(store, accounts, friends)
    return (
        Route(
            "ListFriends",
            "GET",
            "/v2/friend",
            Auth.BEARER,
            api.list_friends,
        ),
        Route(
            "DeleteFriends",
            "DELETE",
            "/v2/friend",
            Auth.BEARER,
            _refusing(api.delete, "delete friends"),
        ),
        Route(
            "AddFriends",
            "POST",
            "/v2/friend",
            Auth.BEARER,
            _refusing(api.add, "add friends"),
        ),
        Route(
            "BlockFriends",
            "POST",
            "/v2/friend/block",
            Auth.BEARER,
            _refusing(api.block, "block friends"),
        ),
        Route(
            "ListFriendsOfFriends",
            "GET",
            "/v2/friend/friends",
            Auth.BEARER,
            api.list_friends_of_friends,
        ),
    )
