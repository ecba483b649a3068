"""The console's accounts: list, get, update, delete, and what belongs to them."""

from __future__ import annotations

import html
import re
from typing import Any

from aiohttp import web

from mock_server.console.forms import (
    body_of,
    full,
    internal,
    invalid,
    not_found,
    query_of,
    time_of,
    user_of,
    uuid_of,
)
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.console.updates import UPDATE, update_account
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.account_export.messages import ledger_message, seconds
from mock_server.features.accounts.core import PROFILE
from mock_server.features.friends import listing as friends_listing
from mock_server.features.groups import listing as groups_listing
from mock_server.features.groups.core import message as group_message
from mock_server.identity import SYSTEM_USER
from mock_server.wire.schema import BOOL, STRING, UINT32, Message
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit.store import Row

_LIST = Message("ListAccountsRequest", filter=STRING, tombstones=BOOL, cursor=STRING)
_LEDGER = Message(
    "GetWalletLedgerRequest", limit=UINT32, cursor=STRING, after=STRING, before=STRING
)
_DELETE = Message("AccountDeleteRequest", record_deletion=BOOL)
_PAGE = 50
_CURSOR = "console account"
_ESCAPED = tuple(name for name in PROFILE if name != "username")
_EVERYTHING = 1 << 31
_END_OF_TIME = (1 << 63) - 1
_PATTERN = re.compile("%?[^%]{3,}%?")
_SPECIAL = re.compile(r"[\\%_]")
_ESCAPE = r"\\\g<0>"


def list_accounts(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Accounts by id, or those that match a filter."""
    asked = query_of(request, _LIST)
    wanted = asked["filter"]
    if asked["tombstones"]:
        return _tombstones(services, wanted)
    cursor = ""
    if wanted:
        rows = _filtered(services, wanted)
    else:
        try:
            after = decode_cursor(_CURSOR, asked["cursor"], str)[0] if asked["cursor"] else ""
        except BadCursor:
            raise internal(
                "An error occurred while trying to decode account list request cursor."
            ) from None
        rows = services.store.all(
            "SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?", after, _PAGE + 1
        )
        if len(rows) > _PAGE:
            rows = rows[:_PAGE]
            cursor = encode_cursor(_CURSOR, rows[-1]["id"])
    (count,) = services.store.all("SELECT count(*) AS count FROM users")
    return {
        "users": [user_document(services, row) for row in rows],
        "total_count": count["count"],
        "next_cursor": cursor,
    }


def _filtered(services: ConsoleServices, wanted: str) -> list[Row]:
    """The accounts that a filter names, by an id or a name of theirs."""
    if "\0" in wanted:
        raise internal("An error occurred while trying to list users.")
    user_id = parse_uuid(wanted) or ""
    pattern = wanted if "%" in wanted and _PATTERN.fullmatch(wanted) else ""
    part = f"%{_SPECIAL.sub(_ESCAPE, wanted)}%" if len(wanted.encode()) >= 3 else ""
    return services.store.all(
        "SELECT u.* FROM users u WHERE u.id = ? OR u.username = ? "
        "OR ? IN (u.custom_id, u.email, u.facebook_id, u.steam_id, u.apple_id, u.google_id, "
        "u.gamecenter_id, u.facebook_instant_game_id) "
        "OR EXISTS (SELECT 1 FROM user_device d WHERE d.user_id = u.id AND d.id = ?) "
        "OR (? <> '' AND ilike(u.username, ?)) "
        "OR (? <> '' AND ilike(coalesce(u.display_name, ''), ?)) LIMIT ?",
        user_id,
        wanted,
        wanted,
        wanted,
        pattern,
        pattern,
        part,
        part,
        _PAGE,
    )


def _tombstones(services: ConsoleServices, wanted: str) -> dict[str, Any]:
    user_ids = [parse_uuid(wanted) or wanted] if wanted else []
    rows = services.store.all(
        f"SELECT * FROM user_tombstone WHERE {'user_id = ?' if user_ids else 'TRUE'} "
        "ORDER BY user_id LIMIT ?",
        *user_ids,
        _PAGE,
    )
    users = [
        full("User", {"id": row["user_id"], "update_time": seconds(row["create_time"])})
        for row in rows
    ]
    return {"users": users, "total_count": len(users), "next_cursor": ""}


def get_account(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One account; texts that a page shows are escaped for HTML, as by Nakama."""
    account = account_document(services, user_of(request))
    account["user"] = _escaped(account["user"])
    return {"account": account, "disable_time": account["disable_time"]}


async def update(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Change what is given of an account."""
    user_id = user_of(request)
    changes = await body_of(request, UPDATE)
    if user_id == SYSTEM_USER:
        raise invalid("Cannot update the system user.")
    update_account(services, user_id, changes)
    return {}


def ban(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Ban an account, also one that is banned or not there."""
    services.moderation.ban([_player(request, "Cannot ban the system user.")])
    return {}


def unban(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Let an account log in again."""
    services.moderation.unban([_player(request, "Cannot unban the system user.")])
    return {}


def delete_all(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete all accounts but the system's, with what belongs to them."""
    services.moderation.delete_all_accounts()
    return {}


def delete(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete an account; with `record_deletion` its id is kept as a tombstone."""
    user_id, asked = user_of(request), query_of(request, _DELETE)
    try:
        services.moderation.delete(user_id, recorded=asked["record_deletion"])
    except ValueError:
        raise internal("An error occurred while trying to delete the user.") from None
    return {}


def ledger(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The ledger of a wallet, newest first."""
    user_id, asked = user_of(request), query_of(request, _LEDGER)
    period = [
        time_of(asked[name], name) if asked[name] else default
        for name, default in (("after", 0), ("before", _END_OF_TIME))
    ]
    if not 1 <= asked["limit"] <= 100:
        raise invalid("expects a limit value between 1 and 100")
    try:
        page = services.wallets.ledger(user_id, asked["limit"], asked["cursor"], *period)
    except BadCursor:
        raise internal("An error occurred while trying to list the user's wallet ledger.") from None
    return {
        "items": [ledger_message(row) for row in page.rows],
        "next_cursor": page.cursor,
        "prev_cursor": page.prev_cursor,
    }


def delete_ledger_item(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Remove an item of a ledger; one that is not there is no error."""
    refusal = "Requires a valid wallet ledger item ID."
    user_id, item = user_of(request), uuid_of(request, "item", refusal)
    if item == NIL:
        raise invalid(refusal)
    services.wallets.delete_ledger(user_id, item)
    return {}


def list_friends(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """All friends of a user, in every state."""
    return {"friends": _friends(services, user_of(request)), "cursor": ""}


def delete_friend(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """End a friendship; one that there is not is no error."""
    user_id = user_of(request)
    friend_id = uuid_of(request, "friend_id", "Requires a valid friend ID.")
    row = services.accounts.find(user_id)
    if row is not None:
        services.friends.delete(user_id, row["username"], [friend_id])
    return {}


def list_groups(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """All groups of a user, with the user's state."""
    return {"user_groups": _groups(services, user_of(request)), "cursor": ""}


def account_document(services: ConsoleServices, user_id: str) -> dict[str, Any]:
    """The `Account` message of a user, with all fields.

    Raises:
        GrpcError: There is no such account.
    """
    if services.accounts.find(user_id) is None:
        raise not_found("Account not found.")
    return full("Account", services.accounts.account(user_id))


def user_document(services: ConsoleServices, row: Row) -> dict[str, Any]:
    """The `User` message of a row, with all fields and escaped for HTML."""
    return _escaped(full("User", services.accounts.user(row)))


def _friends(services: ConsoleServices, user_id: str) -> list[dict[str, Any]]:
    page = friends_listing.friends(services.store, user_id, _EVERYTHING)
    return [
        full(
            "Friend",
            {
                "user": {**services.accounts.user(row), "edge_count": 0},
                "state": row["edge_state"],
                "update_time": seconds(row["edge_time"]),
                "metadata": row["edge_metadata"],
            },
        )
        for row in page.rows
    ]


def _groups(services: ConsoleServices, user_id: str) -> list[dict[str, Any]]:
    page = groups_listing.groups_of_user(services.store, user_id, _EVERYTHING)
    return [
        {"group": full("Group", group_message(row)), "state": row["edge_state"]}
        for row in page.rows
    ]


def _player(request: web.Request, refusal: str) -> str:
    user_id = user_of(request)
    if user_id == SYSTEM_USER:
        raise invalid(refusal)
    return user_id


def _escaped(user: dict[str, Any]) -> dict[str, Any]:
    """A user whose texts a page may show, in Go's way."""
    escaped = {
        name: html.escape(user[name]).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        for name in _ESCAPED
    }
    return user | escaped


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/account", list_accounts),
    ("GET", "/account/{id}", get_account),
    ("POST", "/account/{id}", update),
    ("DELETE", "/account", delete_all),
    ("DELETE", "/account/{id}", delete),
    ("POST", "/account/{id}/ban", ban),
    ("POST", "/account/{id}/unban", unban),
    ("GET", "/account/{id}/wallet", ledger),
    ("DELETE", "/account/{id}/wallet/{item}", delete_ledger_item),
    ("GET", "/account/{id}/friend", list_friends),
    ("DELETE", "/account/{id}/friend/{friend_id}", delete_friend),
    ("GET", "/account/{id}/group", list_groups),
)
"""What is served under `/v2/console`."""
