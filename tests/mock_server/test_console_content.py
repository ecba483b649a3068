"""What operators do with all content: purchases, and everything at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import Config, Context, MockServer, ModuleError
from tests.mock_server.players import Player, sign_up

pytestmark = pytest.mark.asyncio

ADMIN = {"Authorization": aiohttp.encode_basic_auth("admin", "password")}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(Config.from_settings({"purchases.accept": ("apple",)})) as server:
        yield server


async def ask(
    player: Player, method: str, path: str, body: object = None
) -> tuple[int, dict[str, Any]]:
    url = f"{player.server.console_url}/v2/console{path}"
    async with player.http.request(method, url, json=body, headers=ADMIN) as answer:
        return answer.status, await answer.json()


async def test_purchases_are_listed_and_found_by_transaction(ada: Player) -> None:
    await ada.call("POST", "/v2/iap/purchase/apple", {"receipt": "apple:sword:t-1"})
    assert (await ask(ada, "GET", "/purchase"))[0] == 400
    for query in ("limit=10", "filter=t-1", f"user_id={ada.user_id}&limit=1"):
        _, page = await ask(ada, "GET", f"/purchase?{query}")
        assert [each["transaction_id"] for each in page["validated_purchases"]] == ["t-1"]
    assert (await ask(ada, "GET", "/subscription?limit=1"))[1]["validated_subscriptions"] == []


async def test_delete_all_leaves_nobody_and_nothing(
    server: MockServer, http: aiohttp.ClientSession, ada: Player
) -> None:
    objects = [{"collection": "c", "key": "k", "value": "{}"}]
    await ada.call("PUT", "/v2/storage", {"objects": objects})
    assert await ask(ada, "DELETE", "/all") == (200, {})
    assert await server.users() == []
    assert (await ask(ada, "GET", "/storage"))[1]["objects"] == []
    assert (await ada.call("GET", "/v2/account"))[0] == 404
    assert (await sign_up(http, server, "ada")).user_id != ada.user_id


async def test_account_delete_id_leaves_a_tombstone_when_it_is_recorded(
    server: MockServer, ada: Player, bob: Player
) -> None:
    server.nk.account_delete_id(ada.user_id, True)
    server.nk.account_delete_id(bob.user_id, False)
    _, page = await ask(ada, "GET", "/account?tombstones=true")
    assert [each["id"] for each in page["users"]] == [ada.user_id]


async def test_metadata_of_a_group_that_is_no_json_is_refused_as_by_the_database(
    server: MockServer, ada: Player
) -> None:
    group = server.nk.group_create(ada.user_id, "Guild")["id"]
    refusal = "ERROR: invalid input syntax for type json (SQLSTATE 22P02)"
    assert await ask(ada, "POST", f"/group/{group}", {"metadata": "x"}) == (
        500,
        {"code": 2, "message": refusal, "details": []},
    )


async def test_the_explorer_calls_an_operation_between_its_hooks(
    http: aiohttp.ClientSession,
) -> None:
    heard: list[Any] = []
    server = MockServer(Config())

    def before(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        if not context.vars:
            raise ModuleError("closed", 1)
        return {**request, "display_name": context.vars["name"]}

    @server.module
    def init_module(nk: Any) -> None:
        nk.register_req_before(before, "UpdateAccount")
        nk.register_req_after(lambda context, *_: heard.append(context.user_id), "UpdateAccount")

    async with server:
        ada = await sign_up(http, server, "ada")
        call = {"user_id": ada.user_id, "body": "{}"}
        path = "/api/endpoints/UpdateAccount"
        _, refused = await ask(ada, "POST", path, call)
        assert refused == {"body": "", "error_message": "rpc error: code = Canceled desc = closed"}
        _, done = await ask(ada, "POST", path, {**call, "session_vars": {"name": "Ada L."}})
        assert done == {"body": "{}", "error_message": ""}
        assert server.nk.account_get_id(ada.user_id)["user"]["display_name"] == "Ada L."
        assert heard == [ada.user_id]


async def test_the_explorer_needs_no_user_for_logins_alone(ada: Player) -> None:
    body = {"body": '{"account": {"id": "device-of-the-explorer"}}'}
    _, done = await ask(ada, "POST", "/api/endpoints/AuthenticateDevice", body)
    assert '"created":true' in done["body"]
    status, refused = await ask(ada, "POST", "/api/endpoints/SessionRefresh", {"body": "{}"})
    assert (status, refused["message"]) == (400, "Built-in RPC functions require a user_id.")
