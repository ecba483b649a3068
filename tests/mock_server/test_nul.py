"""A NUL character, which no text of PostgreSQL has, fails what takes or looks for a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer, ModuleError
from tests.mock_server.players import sign_up

REFUSED = 'ERROR: invalid byte sequence for encoding "UTF8": 0x00 (SQLSTATE 22021)'

WRITES: dict[str, Callable[[Any, str], object]] = {
    "storage_write": lambda nk, user_id: nk.storage_write(
        [{"collection": "c", "key": "k\0", "user_id": user_id, "value": {}}]
    ),
    "notification_send": lambda nk, user_id: nk.notification_send(
        user_id, "hello\0", {}, 1, None, True
    ),
    "leaderboard_create": lambda nk, _: nk.leaderboard_create("board\0", True, "desc", "best"),
    "group_create": lambda nk, user_id: nk.group_create(user_id, "name\0", user_id),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", WRITES)
async def test_a_runtime_function_refuses_a_text_with_nul(name: str) -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        with pytest.raises(ModuleError) as refused:
            WRITES[name](server.nk, ada.user_id)
        assert REFUSED in refused.value.message


READS: dict[str, Callable[[Any, str], object]] = {
    "storage_read": lambda nk, user_id: nk.storage_read([{"collection": "c", "key": "k\0"}]),
    "storage_delete": lambda nk, user_id: nk.storage_delete([{"collection": "c\0", "key": "k"}]),
    "storage_list": lambda nk, user_id: nk.storage_list(user_id, "c\0", 10),
    "users_get_username": lambda nk, user_id: nk.users_get_username(["ada\0"]),
    "channel_messages_list": lambda nk, user_id: nk.channel_messages_list("2...room\0"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", READS)
async def test_a_runtime_function_does_not_look_for_a_text_with_nul(name: str) -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        with pytest.raises(ModuleError) as refused:
            READS[name](server.nk, ada.user_id)
        assert REFUSED in refused.value.message


CALLS = (
    ("POST", "/v2/storage", {"object_ids": [{"collection": "c", "key": "k\0"}]}),
    ("PUT", "/v2/storage/delete", {"object_ids": [{"collection": "c", "key": "k\0"}]}),
    (
        "PUT",
        "/v2/storage/delete",
        {"object_ids": [{"collection": "c", "key": "k", "version": "\0"}]},
    ),
    (
        "PUT",
        "/v2/storage",
        {"objects": [{"collection": "c", "key": "k", "value": "{}", "version": "\0"}]},
    ),
    ("GET", "/v2/storage/c%00", None),
    ("GET", "/v2/channel/2...room%00", None),
    ("POST", "/v2/account/unlink/device", {"id": "device-of-ada\0"}),
    ("POST", "/v2/account/unlink/custom", {"id": "custom\0"}),
)


@pytest.mark.asyncio
@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_a_condition_with_nul_is_an_internal_error(call: tuple[str, str, object]) -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        status, answer = await ada.call(*call)
        assert (status, answer["code"]) == (500, 13)


@pytest.mark.asyncio
async def test_write_storage_objects_fails_on_a_key_with_nul() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        written = {"collection": "c", "key": "k\0", "value": "{}"}
        status, answer = await ada.call("PUT", "/v2/storage", {"objects": [written]})
        assert (status, answer["code"]) == (500, 13)


@pytest.mark.asyncio
async def test_get_subscription_hands_on_what_the_database_says_of_nul() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        answer = await ada.call("GET", "/v2/iap/subscription/%00")
        assert answer == (500, {"code": 2, "message": REFUSED})
