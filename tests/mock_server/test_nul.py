"""A NUL character, which no text of PostgreSQL has, is refused by each write that takes a text."""

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


@pytest.mark.asyncio
async def test_write_storage_objects_fails_on_a_key_with_nul() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        written = {"collection": "c", "key": "k\0", "value": "{}"}
        status, answer = await ada.call("PUT", "/v2/storage", {"objects": [written]})
        assert (status, answer["code"]) == (500, 13)
