"""What runtime functions say to arguments that they do not take, in Nakama's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from mock_server import MockServer, ModuleError

_SOMEBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
_SYSTEM = "00000000-0000-0000-0000-000000000000"
_ENDLESS = {"a": [float("inf")]}

# Function, arguments, which of them is bad, and what is said of it.
_CASES: list[tuple[str, tuple[Any, ...], int, str]] = [
    # accounts and users
    ("account_get_id", (None,), 1, "string expected, got nil"),
    ("account_get_id", ("",), 1, "expects user id"),
    ("account_get_id", ("ada",), 1, "invalid user id"),
    ("accounts_get_id", ([1],), 1, "user id must be a string"),
    ("accounts_get_id", (["ada"],), 1, "user id must be a valid identifier string"),
    ("accounts_get_id", (None, [1]), 2, "device id must be a string"),
    ("account_update_id", ("ada", {}), 1, "expects user ID to be a valid identifier"),
    ("account_update_id", (_SOMEBODY, "x"), 2, "table expected, got string"),
    ("account_update_id", (_SOMEBODY, {}, 5), 3, "string expected, got number"),
    ("account_delete_id", ("ada",), 1, "expects user ID to be a valid identifier"),
    ("account_delete_id", (_SOMEBODY, "yes"), 2, "boolean expected, got string"),
    ("users_get_id", ("ada",), 1, "table expected, got string"),
    ("users_get_id", ([],), 1, "invalid user ids list"),
    ("users_get_id", ([5],), 1, "each user id must be a string"),
    ("users_get_id", (["ada"],), 1, "each user id must be a valid id string"),
    ("users_get_id", (None, [5]), 1, "each facebook id must be a string"),
    ("users_get_id", (None, "fb"), 2, "table expected, got string"),
    ("users_get_username", (None,), 1, "invalid username list"),
    ("users_get_username", ([5],), 1, "each username must be a string"),
    ("users_get_random", (-1,), 1, "count must be 0-1000"),
    ("users_get_random", (1001,), 1, "count must be 0-1000"),
    ("users_ban_id", (None,), 1, "invalid user id list"),
    ("users_ban_id", (["ada"],), 1, "each user id must be a valid id string"),
    ("users_unban_id", ([1],), 1, "each user id must be a string"),
    # order and types, where Nakama's checks come in another order than their arguments
    ("storage_list", (5,), 1, "string expected, got number"),
    ("channel_message_update", (None,), 1, "string expected, got nil"),
    ("channel_message_remove", (True, "x"), 1, "string expected, got boolean"),
    ("unlink_gamecenter", (_SOMEBODY, None, 5), 3, "string expected, got number"),
    ("unlink_gamecenter", (_SOMEBODY, "p"), 3, "expects bundle ID string"),
    ("purchase_validate_samsung", (_SOMEBODY, ""), 2, "expects purchaseId"),
    (
        "storage_write",
        ([{"collection": "c", "key": "k", "value": {"a": float("nan")}}],),
        1,
        "failed to convert value: json: unsupported value: NaN",
    ),
    ("unlink_gamecenter", (_SOMEBODY, "p", "b"), 4, "expects timestamp value"),
    ("accounts_get_id", ("",), 1, "table expected, got string"),
    ("multi_update", ({"a": 1},), 1, "expects a valid set of account update data"),
    ("group_create", (_SOMEBODY, "guild", 5), 3, "string expected, got number"),
    ("group_update", (_SOMEBODY, 5), 2, "string expected, got number"),
    ("leaderboard_ranks_disable", ("",), 1, "expects a leaderboard id string"),
    ("tournament_ranks_disable", ("",), 1, "expects a tournament id string"),
    ("purchase_validate_apple", (_SOMEBODY, "r", True, 5), 4, "string expected, got number"),
    (
        "subscription_validate_google",
        (_SOMEBODY, "r", True, "e", 5),
        5,
        "string expected, got number",
    ),
    # authentication, links, sessions
    ("authenticate_device", ("",), 1, "expects id string"),
    (
        "authenticate_device",
        ("has a blank in it",),
        1,
        "expects id to be valid, no spaces or control characters allowed",
    ),
    ("authenticate_device", ("short",), 1, "expects id to be valid, must be 10-128 bytes"),
    ("authenticate_custom", ("short",), 1, "expects id to be valid, must be 6-128 bytes"),
    (
        "authenticate_custom",
        ("long-enough", "a\tb"),
        2,
        "expects username to be valid, no spaces or control characters allowed",
    ),
    ("authenticate_custom", ("long-enough", "a", 1), 3, "boolean expected, got number"),
    ("authenticate_email", ("x@example.com", ""), 2, "expects password string"),
    (
        "authenticate_email",
        ("x@example.com", "short"),
        2,
        "expects password to be valid, must be longer than 8 characters",
    ),
    (
        "authenticate_email",
        ("not an address", "password"),
        1,
        "expects email to be valid, no spaces or control characters allowed",
    ),
    (
        "authenticate_email",
        ("example.com", "password"),
        1,
        "expects email to be valid, invalid email address format",
    ),
    (
        "authenticate_email",
        ("a@b.c", "password"),
        1,
        "expects email to be valid, must be 10-255 bytes",
    ),
    (
        "authenticate_email",
        ("", "password"),
        1,
        "expects username string when email is not supplied",
    ),
    ("authenticate_token_generate", ("", "x"), 1, "expects user id"),
    ("authenticate_token_generate", ("ada", "x"), 1, "expects valid user id"),
    ("authenticate_token_generate", (_SOMEBODY, "x", "soon"), 3, "number expected, got string"),
    (
        "authenticate_token_generate",
        (_SOMEBODY, "x", 0, {"a": 1}),
        4,
        "vars values must be strings",
    ),
    ("authenticate_token_generate", (_SOMEBODY, "x", 0, ["a"]), 4, "vars keys must be strings"),
    ("link_device", ("ada", "device"), 1, "user ID must be a valid identifier"),
    ("link_device", (_SOMEBODY, ""), 2, "expects device ID string"),
    ("link_custom", (_SOMEBODY, ""), 2, "expects custom ID string"),
    ("link_email", (_SOMEBODY, ""), 2, "expects email string"),
    ("unlink_custom", ("ada",), 1, "user ID must be a valid identifier"),
    ("session_disconnect", ("",), 1, "expects session id"),
    ("session_disconnect", ("x",), 1, "expects valid session id"),
    ("session_disconnect", (_SOMEBODY, 5), 2, "invalid disconnect reason, must be a value 0-4"),
    ("session_logout", ("x",), 1, "expects valid user id"),
    # notifications
    ("notification_send", ("ada",), 1, "expects user_id to be a valid UUID"),
    ("notification_send", (_SOMEBODY, ""), 2, "expects subject to be a non-empty string"),
    ("notification_send", (_SOMEBODY, "s", "x"), 3, "table expected, got string"),
    ("notification_send", (_SOMEBODY, "s", {}), 4, "number expected, got nil"),
    (
        "notification_send",
        (_SOMEBODY, "s", {}, 0),
        4,
        "expects code number to be a positive integer",
    ),
    (
        "notification_send",
        (_SOMEBODY, "s", {}, float("nan")),
        4,
        "expects code number to be a positive integer",
    ),
    (
        "notification_send",
        (_SOMEBODY, "s", {}, 1, "bob"),
        5,
        "expects sender_id to either be not set, empty string or a valid UUID",
    ),
    ("notification_send", (_SOMEBODY, "s", {}, 1, None, 1), 6, "boolean expected, got number"),
    ("notifications_send", ("x",), 1, "table expected, got string"),
    ("notifications_send", (["x"],), 1, "expects a valid set of notifications"),
    (
        "notifications_send",
        ([{"code": 1, "content": {}, "user_id": _SOMEBODY}],),
        1,
        "expects subject to be provided and to be non-empty",
    ),
    ("notification_send_all", ("", {}, 1), 1, "expects subject to be a non-empty string"),
    ("notification_send_all", ("s", {}, -1), 3, "expects code number to be a positive integer"),
    ("notifications_list", ("x",), 1, "expects user_id to be a valid uuid"),
    ("notifications_list", (_SOMEBODY, 0), 2, "expects limit to be value between 1 and 1000"),
    ("notifications_get_id", (["x"],), 1, "each notification id must be a valid id"),
    ("notifications_delete", ([1],), 1, "expects a valid set of notifications"),
    ("notifications_update", ([1],), 1, "expects a valid set of data"),
    # streams
    ("stream_user_list", ("x",), 1, "table expected, got string"),
    ("stream_user_list", ({"mode": "x"},), 1, "stream mode must be a number"),
    ("stream_user_list", ({"subject": "x"},), 1, "stream subject must be a valid identifier"),
    ("stream_count", ({"label": 5},), 3, "stream label must be a string"),
    ("stream_user_join", ("x", _SOMEBODY, {}), 1, "expects valid user id"),
    ("stream_user_join", (_SOMEBODY, "", {}), 2, "expects session id"),
    ("stream_user_kick", (None, {}), 1, "expects a valid presence"),
    (
        "stream_user_kick",
        ({"user_id": 5}, {}),
        1,
        "expects each presence to have a valid user_id",
    ),
    (
        "stream_user_kick",
        ({}, {}),
        1,
        "expects each presence to have a valid user_id, session_id, and node",
    ),
    ("stream_send", ({}, None), 2, "string expected, got nil"),
    ("stream_send", ({}, "x", ["y"]), 3, "expects a valid set of presences"),
    ("stream_send_raw", ({}, "x"), 2, "table expected, got string"),
    # storage, wallets, leaderboards
    ("storage_read", ("x",), 1, "table expected, got string"),
    ("storage_read", (["x"],), 1, "expects a valid set of keys"),
    ("storage_read", ([{"key": "k"}],), 1, "expects collection to be supplied"),
    (
        "storage_read",
        ([{"collection": "c", "key": ""}],),
        1,
        "expects key to be a non-empty string",
    ),
    ("storage_read", ([{"collection": "c", "key": 5}],), 1, "expects key to be string"),
    (
        "storage_write",
        ([{"collection": "c", "key": "k", "user_id": "x", "value": {}}],),
        1,
        "expects user_id to be a valid ID",
    ),
    ("storage_write", ([{"collection": "c", "key": "k"}],), 1, "expects value to be supplied"),
    (
        "storage_write",
        ([{"collection": "c", "key": "k", "value": "text"}],),
        1,
        "expects value to be table",
    ),
    ("storage_delete", (["x"],), 1, "expects a valid set of object IDs"),
    ("storage_list", ("x", "c", 1), 1, "expects empty or a valid user ID"),
    ("storage_list", (None, "c", -1), 3, "limit must not be negative"),
    ("wallet_update", ("x", {}), 1, "expects a valid user id"),
    ("wallet_update", (_SOMEBODY, {"a": 0.5}), 2, "expects changeset values to be whole numbers"),
    ("wallets_update", (["x"],), 1, "expects a valid set of updates"),
    ("wallets_update", ([{"user_id": _SOMEBODY}],), 1, "expects changeset to be supplied"),
    ("wallet_ledger_list", (_SOMEBODY, 101), 1, "expects limit to be 0-100"),
    ("leaderboard_create", ("",), 1, "expects a leaderboard ID string"),
    ("leaderboard_create", ("x", "yes"), 2, "boolean expected, got string"),
    ("leaderboard_create", ("x", False, "up"), 3, "expects sort order to be 'asc' or 'desc'"),
    (
        "leaderboard_create",
        ("x", False, "asc", "max"),
        4,
        "expects operator to be 'best', 'set', 'decr' or 'incr'",
    ),
    (
        "leaderboard_create",
        ("x", False, "asc", "set", "daily"),
        5,
        "expects reset schedule to be a valid CRON expression",
    ),
    # tools
    ("json_decode", ("",), 1, "expects JSON string"),
    ("json_decode", ({},), 1, "string expected, got table"),
    ("base64_encode", ("",), 1, "expects string"),
    ("base64_encode", ("x", "y"), 2, "boolean expected, got string"),
    ("base16_decode", (None,), 1, "string expected, got nil"),
    ("uuid_bytes_to_string", ("x",), 1, "not a valid UUID byte string"),
    ("uuid_string_to_bytes", ("x",), 1, "not a valid UUID string"),
    ("md5_hash", ("",), 1, "expects input string"),
    ("sha256_hash", ("",), 1, "expects input string"),
    ("hmac_sha256_hash", ("x", ""), 2, "expects key string"),
    ("aes128_encrypt", ("x", "short"), 2, "expects key 16 bytes long"),
    ("aes256_decrypt", ("x", "short"), 2, "expects key 32 bytes long"),
    (
        "jwt_generate",
        ("none", "k", {}),
        1,
        "unsupported algo type - only allowed 'HS256', 'RS256'.",
    ),
    ("time", ("x",), 1, "table expected, got string"),
    ("cron_next", ("* * *", 1), 1, "expects a valid cron string"),
    ("cron_next", ("* * * * *", 0), 1, "expects timestamp in seconds"),
    ("logger_info", ("",), 1, "expects message string"),
    # registration and events
    ("register_rpc", ("x", "y"), 1, "function expected, got string"),
    ("register_rpc", (print, ""), 2, "expects rpc id"),
    ("register_req_before", (print, ""), 2, "expects method name"),
    ("register_req_after", (None, "x"), 1, "function expected, got nil"),
    ("register_rt_before", (print, ""), 2, "expects message name"),
    ("register_rt_after", (5, "x"), 1, "function expected, got number"),
    ("register_event", ({},), 1, "function expected, got table"),
    ("run_once", (None,), 1, "function expected, got nil"),
    ("event", ("",), 1, "expects name string"),
    ("event", ("x", {"a": 1}), 2, "properties values must be strings"),
    ("event", ("x", {}, "y"), 3, "number expected, got string"),
    ("event", ("x", {}, 0), 3, "timestamp must be numeric UTC seconds when provided"),
]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_server() -> AsyncIterator[MockServer]:
    """A server that no test changes."""
    async with MockServer() as server:
        yield server


@pytest.mark.parametrize(
    ("function", "arguments", "number", "expected"),
    _CASES,
    ids=[f"{name}, {number}" for name, _, number, _ in _CASES],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_bad_argument_is_refused_in_nakamas_words(
    shared_server: MockServer, function: str, arguments: tuple[Any, ...], number: int, expected: str
) -> None:
    with pytest.raises(ModuleError) as caught:
        getattr(shared_server.nk, function)(*arguments)
    assert str(caught.value) == f"bad argument #{number} to {function} ({expected})"
    assert await shared_server.users() == []


# What the database refuses and server modules get to see: function, arguments, text.
_REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    (
        "account_update_id",
        (_SYSTEM, None, "n" * 129),
        (
            "error while trying to update user: ERROR: value too long for type character "
            "varying(128) (SQLSTATE 22001)"
        ),
    ),
    (
        "account_update_id",
        (_SYSTEM, None, None, "n" * 256),
        (
            "error while trying to update user: ERROR: value too long for type character "
            "varying(255) (SQLSTATE 22001)"
        ),
    ),
    (
        "notifications_update",
        ([{"id": _SOMEBODY, "subject": "s" * 256}],),
        (
            "failed to update notifications: failed to update notifications: ERROR: value too "
            "long for "
            "type character varying(255) (SQLSTATE 22001)"
        ),
    ),
    (
        "notifications_delete",
        ([{"user_id": _SOMEBODY}],),
        (
            'failed to delete notifications: ERROR: invalid input syntax for type uuid: "" '
            "(SQLSTATE 22P02)"
        ),
    ),
    (
        "notifications_delete_id",
        ([_SOMEBODY], "x"),
        "failed to delete notifications: expects id to be a valid uuid",
    ),
    (
        "notifications_get_id",
        ([_SOMEBODY], "x"),
        (
            "failed to get notifications: failed to list notifications by id: ERROR: invalid input "
            'syntax for type uuid: "x" (SQLSTATE 22P02)'
        ),
    ),
    (
        "stream_user_kick",
        ({"user_id": _SOMEBODY, "session_id": _SOMEBODY}, {"mode": 5}),
        "stream user kick failed: node not found",
    ),
]


@pytest.mark.parametrize(
    ("function", "arguments", "text"), _REFUSED, ids=[name for name, _, _ in _REFUSED]
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_the_database_refuses_is_told_in_its_words(
    shared_server: MockServer, function: str, arguments: tuple[Any, ...], text: str
) -> None:
    with pytest.raises(ModuleError) as caught:
        getattr(shared_server.nk, function)(*arguments)
    assert str(caught.value) == text


@pytest.mark.asyncio
async def test_a_stored_notification_is_read_once_however_often_it_is_asked_for(
    server: MockServer,
) -> None:
    user_id, _, _ = server.nk.authenticate_device("device-of-ada")
    server.nk.notification_send(user_id, "s", {}, 1, None, True)
    [listed] = server.nk.notifications_list(user_id)[0]
    [read] = server.nk.notifications_get_id([listed["id"], listed["id"]])
    assert read["subject"] == "s"


@pytest.mark.asyncio
async def test_gaps_in_a_list_are_passed_over(server: MockServer) -> None:
    user_id, _, _ = server.nk.authenticate_device("device-of-ada")
    assert [each["user_id"] for each in server.nk.accounts_get_id([None, user_id])] == [user_id]
    written = {"collection": "c", "key": "k", "user_id": user_id, "value": {}}
    assert [each["key"] for each in server.nk.storage_write([None, written])] == ["k"]


@pytest.mark.parametrize(
    "entry",
    [
        {"code": 1, "content": {}, "user_id": _SOMEBODY, "subject": ""},
        {"code": 0, "content": {}, "user_id": _SOMEBODY, "subject": "s"},
        {"code": 1, "content": {}, "user_id": "x", "subject": "s"},
        {"code": 1, "user_id": _SOMEBODY, "subject": "s"},
    ],
)
@pytest.mark.asyncio
async def test_one_bad_notification_of_a_batch_refuses_all(
    server: MockServer, entry: dict[str, Any]
) -> None:
    user_id, _, _ = server.nk.authenticate_device("device-of-ada")
    good = {
        "code": 1,
        "content": {},
        "user_id": user_id,
        "subject": "s",
        "persistent": True,
    }
    with pytest.raises(ModuleError, match="bad argument #1 to notifications_send"):
        server.nk.notifications_send([good, entry])
    assert server.nk.notifications_list(user_id) == ([], None)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("account_update_id", (_SYSTEM, {"a": "\0"})),
        ("storage_write", ([{"collection": "c", "key": "k", "value": {"a": ["\0"]}}],)),
        ("wallet_update", (_SYSTEM, {"gold": 1}, {"\0": 1}, True)),
        ("wallet_update", (_SYSTEM, {"\0": 1})),
        ("group_create", (_SYSTEM, "g", None, None, None, None, True, {"a": "\0"})),
        ("friend_metadata_update", (_SYSTEM, _SOMEBODY, {"a": "\0"})),
        ("leaderboard_create", ("l", False, "desc", "best", None, {"a": "\0"})),
        ("notification_send", (_SYSTEM, "s", {"a": "\0"}, 1, None, True)),
        ("notifications_update", ([{"id": _SOMEBODY, "content": {"a": "\0"}}],)),
    ],
)
@pytest.mark.asyncio
async def test_json_with_a_nul_character_is_refused_as_by_postgresql(
    server: MockServer, function: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(ModuleError, match=r"ERROR: unsupported Unicode escape sequence"):
        getattr(server.nk, function)(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("account_update_id", (_SYSTEM, _ENDLESS)),
        ("storage_write", ([{"collection": "c", "key": "k", "value": _ENDLESS}],)),
        ("wallet_update", (_SYSTEM, {"gold": 1}, _ENDLESS)),
        ("group_create", (_SYSTEM, "g", None, None, None, None, True, _ENDLESS)),
        ("leaderboard_create", ("l", False, "desc", "best", None, _ENDLESS)),
        ("channel_message_send", ("2...room", _ENDLESS)),
        ("notification_send", (_SYSTEM, "s", _ENDLESS, 1)),
        ("notification_send_all", ("s", _ENDLESS, 1)),
        ("notifications_update", ([{"id": _SOMEBODY, "content": _ENDLESS}],)),
        ("jwt_generate", ("HS256", "key", _ENDLESS)),
        ("json_encode", (_ENDLESS,)),
    ],
)
@pytest.mark.asyncio
async def test_what_json_does_not_have_is_refused(
    server: MockServer, function: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(ModuleError, match=r"json: unsupported value: \+Inf"):
        getattr(server.nk, function)(*arguments)


@pytest.mark.asyncio
async def test_a_backslash_before_u0000_is_no_nul_character(server: MockServer) -> None:
    server.nk.account_update_id(_SYSTEM, {"a": "\\u0000"})
    assert server.nk.account_get_id(_SYSTEM)["user"]["metadata"] == {"a": "\\u0000"}


@pytest.mark.asyncio
async def test_groups_are_not_listed_with_a_negative_limit(server: MockServer) -> None:
    with pytest.raises(ModuleError, match="LIMIT must not be negative"):
        server.nk.groups_list(None, None, None, None, -1)
