"""All runtime functions together."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import Config, MockServer, ModuleError
from mock_server.runtime.nk import FunctionTable
from mock_server.runtime.tools.logger import LoggerFunctions

_PROMISED = {
    "notification_send",
    "notifications_send",
    "notification_send_all",
    "notifications_list",
    "notifications_get_id",
    "notifications_update",
    "notifications_delete",
    "notifications_delete_id",
    "account_get_id",
    "account_update_id",
    "account_delete_id",
    "accounts_get_id",
    "users_get_id",
    "users_get_username",
    "users_ban_id",
    "users_unban_id",
    "users_get_random",
    "friends_list",
    "friends_add",
    "friends_delete",
    "friends_block",
    "group_create",
    "group_update",
    "group_delete",
    "group_user_join",
    "group_user_leave",
    "group_users_add",
    "group_users_kick",
    "group_users_list",
    "group_users_promote",
    "group_users_demote",
    "groups_get_id",
    "groups_list",
    "channel_id_build",
    "channel_message_send",
    "channel_message_update",
    "channel_message_remove",
    "channel_messages_list",
    "stream_user_list",
    "stream_user_get",
    "stream_user_join",
    "stream_user_update",
    "stream_user_leave",
    "stream_user_kick",
    "stream_count",
    "stream_close",
    "stream_send",
    "stream_send_raw",
    "session_disconnect",
    "session_logout",
    "authenticate_device",
    "authenticate_email",
    "authenticate_custom",
    "authenticate_token_generate",
    "link_device",
    "link_email",
    "link_custom",
    "unlink_device",
    "unlink_email",
    "unlink_custom",
    "storage_read",
    "storage_write",
    "storage_delete",
    "storage_list",
    "wallet_update",
    "leaderboard_create",
    "http_request",
    "json_encode",
    "json_decode",
    "base64_encode",
    "base64_decode",
    "base64url_encode",
    "base64url_decode",
    "base16_encode",
    "base16_decode",
    "md5_hash",
    "sha256_hash",
    "hmac_sha256_hash",
    "aes128_encrypt",
    "aes128_decrypt",
    "aes256_encrypt",
    "aes256_decrypt",
    "rsa_sha256_hash",
    "bcrypt_hash",
    "bcrypt_compare",
    "jwt_generate",
    "uuid_v4",
    "uuid_bytes_to_string",
    "uuid_string_to_bytes",
    "time",
    "cron_next",
    "logger_debug",
    "logger_info",
    "logger_warn",
    "logger_error",
    "event",
    "register_rpc",
    "register_req_before",
    "register_req_after",
    "register_rt_before",
    "register_rt_after",
    "register_event",
    "register_event_session_start",
    "register_event_session_end",
    "run_once",
}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


def test_nk_has_every_documented_function(server: MockServer) -> None:
    assert set(dir(server.nk)) >= _PROMISED


_NAMED = {"collection": "c", "key": "k", "user_id": "u"}


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("accounts_get_id", []),
        ("groups_get_id", []),
        ("storage_delete", None),
        ("storage_read", []),
        ("storage_write", []),
        ("users_ban_id", None),
        ("users_get_username", []),
        ("wallets_update", None),
    ],
)
def test_a_table_without_a_list_is_an_empty_list(
    server: MockServer, name: str, result: Any
) -> None:
    async def call() -> list[Any]:
        return [getattr(server.nk, name)(table) for table in ({}, _NAMED)]

    assert server.run(call()) == [result, result]


@pytest.mark.asyncio
async def test_the_context_of_the_server_is_there_at_any_time() -> None:
    config = Config.from_settings({"name": "home", "runtime.env": ["shop=open"]})
    async with MockServer(config) as server:
        assert server.nk.get_context() == {
            "execution_mode": "run_once",
            "node": "home",
            "version": "3.40.0",
            "env": {"shop": "open"},
            "headers": {},
            "query_params": {},
        }


def test_function_table_raises_when_two_groups_have_the_same_function() -> None:
    with pytest.raises(ValueError, match=r"two groups of runtime functions have nk\.logger_"):
        FunctionTable((LoggerFunctions(), LoggerFunctions()))


def _callable(server: MockServer) -> list[str]:
    return [
        name
        for name in dir(server.nk)
        if not name.startswith("register_") and name not in ("run_once", "http_request")
    ]


def test_every_argument_may_be_left_out_as_in_lua(server: MockServer) -> None:
    required = {
        name: [
            each.name
            for each in inspect.signature(getattr(server.nk, name)).parameters.values()
            if each.default is not None
        ]
        for name in _callable(server)
    }
    assert {name: given for name, given in required.items() if given} == {}


_FIELDS = (
    *("user_id", "session_id", "id", "key", "collection", "value", "code", "subject", "content"),
    *("mode", "label", "changeset", "version", "permission_read", "year", "month", "day"),
)
_SOMEBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
_ADA = "ada's id"
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 50)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=4).map(lambda data: data.decode(errors="surrogateescape"))
    | st.sampled_from([_ADA, _SOMEBODY, "ada", "* * * * *", "device-of-ada", "ada@example.com"])
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=4)
        | st.fixed_dictionaries(dict.fromkeys(_FIELDS, inner))
    ),
    max_leaves=6,
)


def _with_id(value: Any, user_id: str) -> Any:
    """Put the id of a user who is there where `_ADA` stands for it."""
    if isinstance(value, list):
        return [_with_id(item, user_id) for item in value]
    if isinstance(value, dict):
        return {name: _with_id(item, user_id) for name, item in value.items()}
    return user_id if value == _ADA else value


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(data=st.data(), arguments=st.lists(_VALUES, max_size=8))
def test_runtime_functions_refuse_any_bad_arguments_with_a_module_error(
    server: MockServer, data: st.DataObject, arguments: list[Any]
) -> None:
    function = getattr(server.nk, data.draw(st.sampled_from(_callable(server))))

    async def call() -> None:
        user_id, _, _ = server.nk.authenticate_device("device-of-ada")
        given = _with_id(arguments[: len(inspect.signature(function).parameters)], user_id)
        result = function(*given)
        if inspect.isawaitable(result):
            await asyncio.wait_for(result, 5)

    with contextlib.suppress(ModuleError):
        server.run(call())
