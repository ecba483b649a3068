"""Groups over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.accounts.core import Accounts
from mock_server.features.groups import listing
from mock_server.features.groups.core import Groups, message
from mock_server.features.groups.errors import (
    DatabaseRefused,
    GroupError,
    GroupFull,
    GroupNotFound,
    LastSuperadmin,
    NameInUse,
    NothingToUpdate,
    NotUpdated,
    PermissionDenied,
    UserNotFound,
)
from mock_server.features.groups.members import GroupMembers
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit import Store

_Handler = Callable[[Call], dict[str, Any]]
_Refusals = Mapping[type[GroupError], tuple[GrpcCode, str]]


def _invalid(text: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, text)


_DENIED: _Refusals = {
    PermissionDenied: (GrpcCode.NOT_FOUND, "Group not found or permission denied.")
}
_FULL: _Refusals = {GroupFull: (GrpcCode.INVALID_ARGUMENT, "Group is full.")}


def _refusing(handler: _Handler, task: str, refusals: _Refusals) -> _Handler:
    """Word the refusals of a handler; one without words of its own is an internal error."""

    def worded(call: Call) -> dict[str, Any]:
        try:
            return handler(call)
        except GroupError as error:
            other = (GrpcCode.INTERNAL, f"Error while trying to {task}.")
            raise GrpcError(*refusals.get(type(error), other)) from error

    return worded


class _GroupsApi:
    def __init__(
        self, store: Store, accounts: Accounts, groups: Groups, members: GroupMembers
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._groups = groups
        self._members = members

    def create(self, call: Call) -> dict[str, Any]:
        request = call.request
        if not request["name"]:
            raise _invalid("Group name must be set.")
        if request["max_count"] < 0:
            raise _invalid("Group max count must be >= 1 when set.")
        optional = ("description", "avatar_url", "lang_tag", "max_count")
        user_id = call.identity.user_id
        row = self._groups.create(
            user_id,
            user_id,
            request["name"],
            is_open=request["open"],
            **{name: request[name] for name in optional if request[name]},
        )
        return message(row)

    def update(self, call: Call) -> dict[str, Any]:
        group_id, request = _group_id(call), call.request
        if request["name"] == "":
            raise _invalid("Group name cannot be empty.")
        if request["lang_tag"] == "":
            raise _invalid("Group language cannot be empty.")
        texts = ("name", "lang_tag", "description", "avatar_url")
        changes = {name: request[name] for name in texts if request[name] is not None}
        if request["open"] is not None:
            changes["state"] = int(not request["open"])
        self._groups.update(group_id, call.identity.user_id, changes)
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        self._groups.delete(_group_id(call), call.identity.user_id)
        return {}

    def join(self, call: Call) -> dict[str, Any]:
        identity = call.identity
        self._members.join(_group_id(call), identity.user_id, identity.username)
        return {}

    def leave(self, call: Call) -> dict[str, Any]:
        identity = call.identity
        self._members.leave(_group_id(call), identity.user_id, identity.username)
        return {}

    def to_users(self, change: Callable[[GroupMembers, str, str, list[str]], None]) -> _Handler:
        """A handler that changes the state of users in a group; without users it does nothing."""

        def handler(call: Call) -> dict[str, Any]:
            group_id, user_ids = _group_id(call), _user_ids(call)
            if user_ids:
                change(self._members, group_id, call.identity.user_id, user_ids)
            return {}

        return handler

    def demote(self, call: Call) -> dict[str, Any]:
        group_id = _group_id(call)
        user_ids = _user_ids(call)
        if not user_ids:
            raise _invalid("User IDs must be set.")
        self._members.demote(group_id, call.identity.user_id, user_ids)
        return {}

    def list_groups(self, call: Call) -> dict[str, Any]:
        request, limit = call.request, call.limit(default=1, maximum=100)
        members = request["members"]
        wanted = listing.GroupFilter(
            request["name"],
            request["lang_tag"],
            request["open"],
            None if members is None or members < 0 else members,
        )
        try:
            page = listing.groups(self._store, wanted, limit, request["cursor"])
        except (BadCursor, DatabaseRefused):
            raise GrpcError(GrpcCode.INTERNAL, "Error while trying to list groups.") from None
        except listing.FilterConflict as error:
            raise _invalid(str(error)) from None
        return omit_empty({"groups": [message(row) for row in page.rows], "cursor": page.cursor})

    def list_users(self, call: Call) -> dict[str, Any]:
        group_id = _group_id(call)
        limit = call.limit(default=100, maximum=100)
        try:
            page = listing.users(self._store, group_id, limit, _state(call), call.request["cursor"])
        except BadCursor:
            raise _invalid("Cursor is invalid.") from None
        found = [
            {"user": self._accounts.user(row), "state": row["edge_state"]} for row in page.rows
        ]
        return omit_empty({"group_users": found, "cursor": page.cursor})

    def list_user_groups(self, call: Call) -> dict[str, Any]:
        given = call.request["user_id"]
        if not given:
            raise _invalid("User ID must be set.")
        user_id = parse_uuid(given)
        if user_id is None:
            raise _invalid("Group ID must be a valid ID.")  # Nakama's words for the user's id
        limit = call.limit(default=100, maximum=100)
        try:
            page = listing.groups_of_user(
                self._store, user_id, limit, _state(call), call.request["cursor"]
            )
        except BadCursor:
            raise _invalid("Cursor is invalid.") from None
        found = [{"group": message(row), "state": row["edge_state"]} for row in page.rows]
        return omit_empty({"user_groups": found, "cursor": page.cursor})


def _group_id(call: Call) -> str:
    given = call.request["group_id"]
    if not given:
        raise _invalid("Group ID must be set.")
    group_id = parse_uuid(given)
    if group_id is None:
        raise _invalid("Group ID must be a valid ID.")
    return group_id


def _user_ids(call: Call) -> list[str]:
    ids = [parse_uuid(text) for text in call.request["user_ids"]]
    if None in ids or NIL in ids:
        raise _invalid("User ID must be a valid ID.")
    return [each for each in ids if each]


def _state(call: Call) -> int | None:
    state: int | None = call.request["state"]
    if state is not None and not 0 <= state <= 4:
        raise _invalid("Invalid state - state must be between 0 and 4.")
    return state


def _users_route(verb: str, handler: _Handler) -> Route:
    return Route(
        f"{verb}GroupUsers",
        "POST",
        f"/v2/group/{{group_id}}/{verb.lower()}",
        Auth.BEARER,
        handler,
    )


_GROUP = "/v2/group/{group_id}"


def routes(
    store: Store, accounts: Accounts, groups: Groups, members: GroupMembers
) -> tuple[Route, ...]:
    """The routes of groups."""
    api = _GroupsApi(store, accounts, groups, members)
    return (
        Route(
            "ListGroups",
            "GET",
            "/v2/group",
            Auth.BEARER,
            api.list_groups,
        ),
        Route(
            "CreateGroup",
            "POST",
            "/v2/group",
            Auth.BEARER,
            _refusing(
                api.create,
                "create group",
                {NameInUse: (GrpcCode.ALREADY_EXISTS, "Group name is in use.")},
            ),
            body="*",
        ),
        Route(
            "UpdateGroup",
            "PUT",
            _GROUP,
            Auth.BEARER,
            _refusing(
                api.update,
                "update group",
                {
                    PermissionDenied: (
                        GrpcCode.NOT_FOUND,
                        "Group not found or you're not allowed to update.",
                    ),
                    NothingToUpdate: (
                        GrpcCode.INVALID_ARGUMENT,
                        "Specify at least one field to update.",
                    ),
                    NotUpdated: (GrpcCode.INVALID_ARGUMENT, "No new fields in group update."),
                    NameInUse: (GrpcCode.INVALID_ARGUMENT, "Group name is in use."),
                },
            ),
            body="*",
        ),
        Route(
            "DeleteGroup",
            "DELETE",
            _GROUP,
            Auth.BEARER,
            _refusing(
                api.delete,
                "delete group",
                {
                    PermissionDenied: (
                        GrpcCode.INVALID_ARGUMENT,
                        "Group not found or you're not allowed to delete.",
                    )
                },
            ),
        ),
        Route(
            "JoinGroup",
            "POST",
            f"{_GROUP}/join",
            Auth.BEARER,
            _refusing(
                api.join,
                "join group",
                {GroupNotFound: (GrpcCode.NOT_FOUND, "Group not found."), **_FULL},
            ),
        ),
        Route(
            "LeaveGroup",
            "POST",
            f"{_GROUP}/leave",
            Auth.BEARER,
            _refusing(
                api.leave,
                "leave group",
                {
                    LastSuperadmin: (
                        GrpcCode.INVALID_ARGUMENT,
                        "Cannot leave group when you are the last superadmin.",
                    )
                },
            ),
        ),
        _users_route(
            "Add",
            _refusing(
                api.to_users(GroupMembers.add),
                "add users to a group",
                {
                    **_DENIED,
                    **_FULL,
                    UserNotFound: (GrpcCode.INVALID_ARGUMENT, "One or more users not found."),
                },
            ),
        ),
        _users_route(
            "Ban", _refusing(api.to_users(GroupMembers.ban), "ban users from a group", _DENIED)
        ),
        _users_route(
            "Kick", _refusing(api.to_users(GroupMembers.kick), "kick users from a group", _DENIED)
        ),
        _users_route(
            "Promote",
            _refusing(
                api.to_users(GroupMembers.promote), "promote users in a group", {**_DENIED, **_FULL}
            ),
        ),
        _users_route(
            "Demote", _refusing(api.demote, "demote users in a group", {**_DENIED, **_FULL})
        ),
        Route(
            "ListGroupUsers",
            "GET",
            f"{_GROUP}/user",
            Auth.BEARER,
            api.list_users,
        ),
        Route(
            "ListUserGroups",
            "GET",
            "/v2/user/{user_id}/group",
            Auth.BEARER,
            api.list_user_groups,
        ),
    )
