"""The console's groups and their members."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import (
    body_of,
    full,
    internal,
    invalid,
    not_found,
    query_of,
    unknown,
    user_of,
    uuid_of,
)
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.groups import listing
from mock_server.features.groups.core import CLOSED, OPEN
from mock_server.features.groups.core import message as group_message
from mock_server.features.groups.errors import GroupError
from mock_server.identity import SYSTEM_USER
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import BOOL, BOOL_VALUE, INT32_VALUE, STRING, STRING_VALUE, Message
from mock_server.wire.uuids import parse_uuid
from server_kit.store import Row

_LIST = Message("ListGroupsRequest", filter=STRING, cursor=STRING)
_UPDATE = Message(
    "UpdateGroupRequest",
    name=STRING_VALUE,
    description=STRING_VALUE,
    lang_tag=STRING_VALUE,
    metadata=STRING_VALUE,
    avatar_url=STRING_VALUE,
    open=BOOL_VALUE,
    max_count=INT32_VALUE,
)
_ADD = Message("AddGroupUsersRequest", ids=STRING, join_request=BOOL)
_PAGE = 50
_CURSOR = "console group"
_EVERYTHING = 1 << 31
_REFRESH = "Refresh the page to see any updates."
_NOT_REMOVED = "An error occurred while trying to remove the user from the group."


def list_groups(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Groups by id, or the one that a filter names by id or name."""
    asked = query_of(request, _LIST)
    try:
        after = decode_cursor(_CURSOR, asked["cursor"], str)[0] if asked["cursor"] else ""
    except BadCursor:
        raise internal(
            "An error occurred while trying to decode group list request cursor."
        ) from None
    wanted = asked["filter"]
    if "%" in wanted:  # the query that Nakama makes of it is none for PostgreSQL 15
        raise internal("An error occurred while trying to list groups.")
    group_id = parse_uuid(wanted)
    column, value = ("name", wanted) if group_id is None else ("id", group_id)
    rows = services.store.all(
        f"SELECT * FROM groups WHERE {column if wanted else 'id'} {'=' if wanted else '>'} ? "
        "ORDER BY id LIMIT ?",
        value if wanted else after,
        _PAGE + 1,
    )
    cursor = ""
    if len(rows) > _PAGE:
        rows = rows[:_PAGE]
        cursor = encode_cursor(_CURSOR, rows[-1]["id"])
    (count,) = services.store.all("SELECT count(*) AS count FROM groups")
    return {
        "groups": [_group(row) for row in rows],
        "total_count": count["count"],
        "next_cursor": cursor,
    }


def get_group(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One group."""
    return _group(_find(services, request))


def export_group(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """A group and its members."""
    group = _find(services, request)
    return {"group": _group(group), "members": _members(services, group["id"])}


def list_members(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The members of a group, with their ranks."""
    return {"group_users": _members(services, _group_of(request)), "cursor": ""}


async def update_group(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Change what is given of a group."""
    group_id, given = _group_of(request), await body_of(request, _UPDATE)
    changes = {name: value for name, value in given.items() if value is not None}
    if "open" in changes:
        changes["state"] = OPEN if changes.pop("open") else CLOSED
    if changes.get("max_count", 1) < 1:
        del changes["max_count"]
    try:
        services.groups.update(group_id, SYSTEM_USER, changes)
    except (GroupError, ValueError) as error:
        raise unknown(str(error)) from None
    return {}


def delete_group(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete a group; one that is not there is no error."""
    services.groups.delete(_group_of(request), SYSTEM_USER)
    return {}


def promote(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Move a member one rank up."""
    user_id, group_id = user_of(request), _group_of(request)
    try:
        has_moved = services.members.promote_anybody(group_id, user_id)
    except GroupError:
        raise internal(_not_moved("promote")) from None
    if not has_moved:
        raise _cannot("promote")
    return {}


def demote(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Move a member one rank down."""
    user_id, group_id = user_of(request), _group_of(request)
    before = services.groups.state_of(group_id, user_id)
    try:
        services.members.demote(group_id, SYSTEM_USER, [user_id])
    except GroupError:
        raise internal(_not_moved("demote")) from None
    if services.groups.state_of(group_id, user_id) == before:
        raise _cannot("demote")
    return {}


async def add_members(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Make users members, or let them ask to join."""
    given = await body_of(request, _ADD)
    group_id = parse_uuid(request.match_info["group_id"])
    if group_id is None:
        raise not_found("Invalid group ID format.")
    users = []
    for text in map(str.strip, given["ids"].split(",")):
        user_id = parse_uuid(text)
        if user_id is None:
            raise invalid(f"Invalid user ID format: {text}")
        users.append(user_id)
    if given["join_request"]:
        for user_id in users:
            _ask_to_join(services, group_id, user_id)
        return {}
    try:
        services.members.add(group_id, SYSTEM_USER, users)
    except GroupError as error:
        raise internal(f"An error occurred while trying to add the users: {error}") from None
    return {}


def remove_member(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Remove a member; the only superadmin stays."""
    user_id, group_id = user_of(request), _group_of(request)
    before = services.groups.state_of(group_id, user_id)
    try:
        services.members.kick(group_id, SYSTEM_USER, [user_id])
    except GroupError:
        raise internal(_NOT_REMOVED) from None
    if before is None or services.groups.state_of(group_id, user_id) is not None:
        raise internal(_NOT_REMOVED)
    return {}


def _ask_to_join(services: ConsoleServices, group_id: str, user_id: str) -> None:
    row = services.accounts.find(user_id)
    if row is None:
        raise invalid(f"User not found: {user_id}. {_REFRESH}")
    try:
        services.members.join(group_id, user_id, row["username"])
    except GroupError as error:
        raise internal(
            "An error occurred while trying to join an user to the group, refresh the page: "
            f"{error}. {_REFRESH}"
        ) from None


def _not_moved(verb: str) -> str:
    return f"An error occurred while trying to {verb} the user in the group."


def _cannot(verb: str) -> GrpcError:
    return GrpcError(GrpcCode.FAILED_PRECONDITION, f"Cannot {verb} user in the group.")


def _members(services: ConsoleServices, group_id: str) -> list[dict[str, Any]]:
    page = listing.users(services.store, group_id, _EVERYTHING)
    return [
        full(
            "GroupUserList.GroupUser",
            {
                "user": {**services.accounts.user(row), "edge_count": row["edge_count"]},
                "state": row["edge_state"],
            },
        )
        for row in page.rows
    ]


def _find(services: ConsoleServices, request: web.Request) -> Row:
    row = services.groups.find(_group_of(request))
    if row is None:
        raise not_found("Group not found.")
    return row


def _group_of(request: web.Request) -> str:
    return uuid_of(request, "group_id", "Requires a valid group ID.")


def _group(row: Row) -> dict[str, Any]:
    return full("Group", group_message(row))


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/group", list_groups),
    ("GET", "/group/{group_id}", get_group),
    ("POST", "/group/{group_id}", update_group),
    ("DELETE", "/group/{group_id}", delete_group),
    ("GET", "/group/{group_id}/export", export_group),
    ("GET", "/group/{group_id}/member", list_members),
    ("POST", "/group/{group_id}/add", add_members),
    ("POST", "/group/{group_id}/account/{id}/promote", promote),
    ("POST", "/group/{group_id}/account/{id}/demote", demote),
    ("DELETE", "/account/{id}/group/{group_id}", remove_member),
)
"""What is served under `/v2/console`."""
