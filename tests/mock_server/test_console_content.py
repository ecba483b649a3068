"""What operators do with all content: purchases, and everything at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

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
    callers: list[Any] = []
    server = MockServer(Config())

    def before(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        if not context.vars:
            raise ModuleError("closed", 1)
        return {**request, "display_name": context.vars["name"]}

    @server.module
    def init_module(nk: Any) -> None:
        nk.register_req_before(before, "UpdateAccount")
        nk.register_req_after(lambda context, *_: callers.append(context.user_id), "UpdateAccount")

    async with server:
        ada = await sign_up(http, server, "ada")
        call = {"user_id": ada.user_id, "body": "{}"}
        path = "/api/endpoints/UpdateAccount"
        _, refused = await ask(ada, "POST", path, call)
        assert refused == {"body": "", "error_message": "rpc error: code = Canceled desc = closed"}
        _, done = await ask(ada, "POST", path, {**call, "session_vars": {"name": "Ada L."}})
        assert done == {"body": "{}", "error_message": ""}
        assert server.nk.account_get_id(ada.user_id)["user"]["display_name"] == "Ada L."
        assert callers == [ada.user_id]


async def test_the_explorer_needs_no_user_for_logins_alone(ada: Player) -> None:
    body = {"body": '{"account": {"id": "device-of-the-explorer"}}'}
    _, done = await ask(ada, "POST", "/api/endpoints/AuthenticateDevice", body)
    assert '"created":true' in done["body"]
    status, refused = await ask(ada, "POST", "/api/endpoints/SessionRefresh", {"body": "{}"})
    assert (status, refused["message"]) == (400, "Built-in RPC functions require a user_id.")


async def test_a_note_is_found_by_its_id_alone(ada: Player) -> None:
    path, elsewhere = f"/account/{ada.user_id}/note", "/account/x/note"
    _, note = await ask(ada, "POST", path, {"note": "first"})
    nobody = "11111111-1111-4111-8111-111111111111"
    spelled = note["id"].upper()
    status, changed = await ask(
        ada, "POST", f"/account/{nobody}/note", {"id": spelled, "note": "second"}
    )
    assert (status, changed["id"], changed["user_id"]) == (200, spelled, nobody)
    (listed,) = (await ask(ada, "GET", path))[1]["notes"]
    assert (listed["user_id"], listed["note"]) == (ada.user_id, "second")
    assert await ask(ada, "DELETE", f"{elsewhere}/{note['id']}") == (200, {})
    assert (await ask(ada, "GET", path))[1]["notes"] == []


async def test_notes_whose_id_is_none(ada: Player) -> None:
    path = f"/account/{ada.user_id}/note"
    status, refusal = await ask(ada, "POST", path, {"id": "x", "note": "first"})
    message = "An error occurred while trying to add or update user note."
    assert (status, refusal["message"]) == (500, message)
    status, refusal = await ask(ada, "DELETE", f"{path}/x")
    message = "An error occurred while trying to delete the user note."
    assert (status, refusal["message"]) == (500, message)


@pytest.mark.parametrize(
    ("wanted", "found"), [("éa", 1), ("É", 0), ("%ad_%", 1), ("_a", 0), ("%ADA%", 1), ("a%a%a", 0)]
)
async def test_accounts_are_found_by_names_in_any_case(
    ada: Player, wanted: str, found: int
) -> None:
    await ada.call("PUT", "/v2/account", {"display_name": "ÉA_a"})
    _, page = await ask(ada, "GET", "/account?" + urlencode({"filter": wanted}))
    assert len(page["users"]) == found


async def test_a_filter_of_accounts_with_a_nul_character_fails(ada: Player) -> None:
    status, refusal = await ask(ada, "GET", "/account?filter=%00")
    assert (status, refusal["message"]) == (500, "An error occurred while trying to list users.")


async def test_a_storage_cursor_that_is_no_base64_is_malformed(ada: Player) -> None:
    for cursor in ("x", "a=", "abcde"):
        status, answer = await ask(ada, "GET", f"/storage?cursor={cursor}")
        assert (status, answer["message"]) == (400, "Malformed cursor was used.")


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("GET", "/account/", "Requires a valid user ID."),
        ("DELETE", "/account/", "Requires a valid user ID."),
        ("GET", "/group/", "Requires a valid group ID."),
        ("GET", "/leaderboard/", "Tournament ID must be set."),
        ("DELETE", "/leaderboard/", "Expects a leaderboard ID"),
        ("GET", "/notification/", "notification id is required."),
    ],
)
async def test_an_empty_id_at_the_end_of_a_path_is_no_id(
    ada: Player, method: str, path: str, message: str
) -> None:
    status, answer = await ask(ada, method, path)
    assert (status, answer["message"]) == (400, message)
