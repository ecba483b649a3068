"""Accounts as documents: exports and imports, by server modules and by operators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer, ModuleError
from tests.mock_server.players import Player, sign_up
from tests.mock_server.runtime.game import EVAL, serving
from tests.mock_server.runtime.scripts import rpcs

pytestmark = pytest.mark.asyncio

ADMIN = {"Authorization": aiohttp.encode_basic_auth("admin", "password")}
NOBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
SYSTEM = "00000000-0000-0000-0000-000000000000"
NO_USER = "The import has no account.user; a real Nakama 3.40 crashes here."


async def ask(player: Player, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """The console's answer."""
    url = f"{player.server.console_url}/v2/console{path}"
    async with player.http.request(method, url, headers=ADMIN, json=body) as answer:
        return answer.status, await answer.json()


async def fill(ada: Player, bob: Player) -> str:
    """Give Ada something of everything; returns the id of her channel."""
    nk = ada.server.nk
    nk.account_update_id(ada.user_id, {"level": 5})
    nk.wallet_update(ada.user_id, {"gems": 7, "b": 1}, {"why": "<test>"}, True)
    nk.storage_write(
        [{"collection": "saves", "key": "slot", "user_id": ada.user_id, "value": {"hp": 1}}]
    )
    nk.friends_add(ada.user_id, "ada", [bob.user_id])
    nk.group_create(ada.user_id, "Guild of Ada", ada.user_id)
    nk.leaderboard_create("race")
    nk.leaderboard_record_write("race", ada.user_id, "ada", 2**53 + 1)
    nk.notification_send(ada.user_id, "hello", {"coins": 1}, 4, None, True)
    channel: str = nk.channel_id_build(ada.user_id, "lobby", 1)
    nk.channel_message_send(channel, {"text": "hi"}, ada.user_id, "ada", True)
    return channel


async def test_account_export_id_has_all_of_an_account_and_leaves_out_what_is_empty(
    server: MockServer, ada: Player, bob: Player
) -> None:
    channel = await fill(ada, bob)
    socket = await ada.connect()
    text = server.nk.account_export_id(ada.user_id)
    await socket.close()
    export = json.loads(text)
    assert list(export) == [
        "account", "objects", "friends", "groups", "messages", "leaderboard_records",
        "notifications", "wallet_ledgers",
    ]  # fmt: skip
    user = export["account"]["user"]
    assert user["id"] == ada.user_id
    assert user["metadata"] == '{"level": 5}'
    assert "online" not in user
    assert export["account"]["wallet"] == '{"b": 1, "gems": 7}'
    assert export["friends"] == [{"user": {"id": bob.user_id}, "state": 1}]
    (message,) = export["messages"]
    assert (message["channel_id"], message["code"]) == (channel, 0)
    assert "room_name" not in message
    assert "." in message["create_time"], "with microseconds"
    (record,) = export["leaderboard_records"]
    assert (record["score"], "rank" in record) == (str(2**53 + 1), False)
    (item,) = export["wallet_ledgers"]
    assert "user_id" not in item, "Nakama leaves it out"
    assert (item["changeset"], item["metadata"]) == (
        '{"b":1,"gems":7}',
        '{"why":"\\u003ctest\\u003e"}',
    )
    (bob_export, *_) = (json.loads(server.nk.account_export_id(bob.user_id)),)
    assert set(bob_export) == {"account", "friends", "notifications"}
    assert set(json.loads(server.nk.account_export_id(SYSTEM))) == {"account"}


async def test_account_export_id_refuses_in_the_words_of_nakama(server: MockServer) -> None:
    for given, text in {
        "x": "bad argument #1 to account_export_id (expects user ID to be a valid identifier)",
        NOBODY: "error exporting account: rpc error: code = NotFound desc = Account not found.",
    }.items():
        with pytest.raises(ModuleError) as caught:
            server.nk.account_export_id(given)
        assert caught.value.message == text


async def test_the_console_exports_with_all_fields(ada: Player, bob: Player) -> None:
    await fill(ada, bob)
    status, export = await ask(ada, "GET", f"/account/{ada.user_id}/export")
    assert status == 200
    (friend,) = export["friends"]
    assert (friend["user"]["username"], friend["state"], friend["update_time"]) == ("", 1, None)
    assert export["messages"][0]["room_name"] == ""
    assert export["wallet_ledgers"][0]["user_id"] == ""
    assert export["wallet_ledgers"][0]["changeset"] == '{"b":1,"gems":7}'
    assert export["leaderboard_records"][0]["rank"] == "0"


async def test_an_import_over_an_account_takes_metadata_wallet_and_objects_only(
    ada: Player, bob: Player
) -> None:
    await fill(ada, bob)
    ada.server.nk.storage_write(
        [{"collection": "saves", "key": "old", "user_id": bob.user_id, "value": {"hp": 9}}]
    )
    _, export = await ask(ada, "GET", f"/account/{ada.user_id}/export")
    path = f"/account/{bob.user_id}/import"
    assert await ask(ada, "PUT", path, {"data": export}) == (200, {})
    _, account = await bob.call("GET", "/v2/account")
    assert account["user"]["username"] == "bob"
    assert account["user"]["metadata"] == '{"level": 5}'
    assert account["wallet"] == '{"b": 1, "gems": 7}'
    _, page = await bob.call("GET", "/v2/storage/saves?limit=100&user_id=" + bob.user_id)
    (stored,) = page["objects"]
    (given,) = export["objects"]
    assert stored | {"user_id": ada.user_id} == given | {"permission_read": 1}


async def test_an_import_as_a_new_account_keeps_its_id_logins_and_times(
    http: aiohttp.ClientSession, ada: Player, bob: Player
) -> None:
    await fill(ada, bob)
    _, export = await ask(ada, "GET", f"/account/{ada.user_id}/export")
    assert await ask(ada, "POST", "/account", {"data": export}) == (
        500,
        {"code": 2, "message": "User identifier already exists.", "details": []},
    )
    await ask(ada, "DELETE", f"/account/{ada.user_id}")
    status, answer = await ask(ada, "POST", "/account", {"data": export})
    assert status == 200
    assert answer["account"]["user"]["id"] == SYSTEM, "as in Nakama"
    assert answer["account"]["devices"] == [{"id": "device-of-ada", "vars": {}}]
    assert answer["disable_time"] is None
    again = await sign_up(http, ada.server, "ada")
    assert again.user_id == ada.user_id
    _, account = await again.call("GET", "/v2/account")
    assert account["user"]["create_time"] == export["account"]["user"]["create_time"]


def _new(user: dict[str, Any], **account: Any) -> dict[str, Any]:
    base = {"id": NOBODY, "username": "carla", "lang_tag": "en"}
    return {"account": {"user": base | user, **account}}


REFUSED = {
    "Username already in use.": _new({"username": "ada"}),
    'ERROR: invalid input syntax for type uuid: "x" (SQLSTATE 22P02)': _new({"id": "x"}),
    "ERROR: invalid input syntax for type json (SQLSTATE 22P02)": _new({"metadata": "{"}),
    "ERROR: value too long for type character varying(18) (SQLSTATE 22001)": _new(
        {"lang_tag": "e" * 19}
    ),
    'ERROR: duplicate key value violates unique constraint "user_device_pkey" (SQLSTATE 23505)': (
        _new({}, devices=[{"id": "new"}, {"id": "device-of-ada"}])
    ),
    'ERROR: new row for relation "storage" violates check constraint "storage_read_check" '
    "(SQLSTATE 23514)": _new({})
    | {"objects": [{"collection": "c", "key": "k", "value": "{}", "permission_read": -1}]},
    'ERROR: duplicate key value violates unique constraint "storage_pkey" (SQLSTATE 23505)': _new(
        {}
    )
    | {"objects": [{"collection": "c", "key": "k", "value": "{}"}] * 2},
    'ERROR: invalid byte sequence for encoding "UTF8": 0x00 (SQLSTATE 22021)': _new({})
    | {"objects": [{"collection": "c", "key": "k\0", "value": "{}"}]},
    "failed to encode args[6]: unable to encode -32769 into binary format for int2 (OID 21): "
    "-32769 is less than minimum value for int2": _new({})
    | {"objects": [{"collection": "c", "key": "k", "value": "{}", "permission_write": -32769}]},
    "Wallet must be a valid JSON object with only string keys and integer values.": _new(
        {}, wallet='{"gems": 0.5}'
    ),
}


@pytest.mark.parametrize("text", REFUSED)
async def test_an_import_that_is_refused_changes_nothing(ada: Player, text: str) -> None:
    before = await ask(ada, "GET", "/account?filter=")
    status, answer = await ask(ada, "POST", "/account", {"data": REFUSED[text]})
    assert (status, answer["code"], answer["message"]) == (500, 2, text)
    assert await ask(ada, "GET", "/account?filter=") == before
    assert (await ask(ada, "GET", "/storage"))[1]["objects"] == []


@pytest.mark.parametrize("amount", ["9" * 5000, "1.5", "[" * 5000 + "]" * 5000])
async def test_an_import_refuses_what_is_no_amount_of_a_wallet(ada: Player, amount: str) -> None:
    data = _new({}, wallet=f'{{"gems": {amount}}}')
    status, answer = await ask(ada, "POST", "/account", {"data": data})
    assert (status, answer["message"]) == (
        500,
        "Wallet must be a valid JSON object with only string keys and integer values.",
    )


async def test_metadata_that_no_double_holds_is_the_error_of_the_module_that_reads_it(
    ada: Player,
) -> None:
    status, _ = await ask(ada, "POST", "/account", {"data": _new({"metadata": '{"a": 1e400}'})})
    assert status == 200
    nk = ada.server.nk
    for read in (nk.account_get_id, lambda user_id: nk.users_get_id([user_id])):
        with pytest.raises(ModuleError, match="failed to convert user metadata to json: json: "):
            read(NOBODY)


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"account": {"wallet": "{}"}}}])
async def test_an_import_without_a_user_is_a_clear_error_where_a_real_server_crashes(
    ada: Player, body: object
) -> None:
    refused = {"code": 3, "message": NO_USER, "details": []}
    assert await ask(ada, "POST", "/account", body) == (400, refused)
    assert await ask(ada, "PUT", f"/account/{ada.user_id}/import", body) == (400, refused)
    assert (await ask(ada, "PUT", f"/account/{NOBODY}/import", {"data": _new({})}))[1] == {
        "code": 2,
        "message": "ERROR: invalid input syntax for type json (SQLSTATE 22P02)",
        "details": [],
    }
    given = _new({"metadata": "{}"}, wallet="{}")
    assert (await ask(ada, "PUT", f"/account/{NOBODY}/import", {"data": given}))[1] == {
        "code": 2,
        "message": "Error updating user account during import.",
        "details": [],
    }


async def test_account_import_id_reads_structs_of_go_and_not_the_text_of_an_export(
    server: MockServer, ada: Player
) -> None:
    nk = server.nk
    given = _new(
        {"create_time": {"seconds": 1_600_000_000}, "display_name": " Carla ", "Timezone": "UTC"},
        email="carla@example.com",
        devices=[{"id": "device-of-carla"}],
    )
    account = nk.account_import_id(json.dumps(given))
    assert (account["user_id"], account["user"]["user_id"]) == (SYSTEM, SYSTEM), "as in Nakama"
    found = nk.account_get_id(NOBODY)
    assert (found["create_time"], found["update_time"]) == (1_600_000_000, 0)
    assert (found["display_name"], found["timezone"]) == ("Carla", "UTC")
    assert (found["email"], found["devices"]) == ("carla@example.com", [{"id": "device-of-carla"}])
    over = {"account": {"user": {"metadata": '{"a":1}'}, "wallet": '{"gems":2}'}}
    account = nk.account_import_id(json.dumps(over), ada.user_id)
    assert (account["user_id"], account["metadata"], account["wallet"]) == (
        ada.user_id,
        {"a": 1},
        {"gems": 2},
    )
    no_export = (
        "bad argument #1 to account_import_id (expects data to be a valid account export format)"
    )
    for text, problem in {
        "": "bad argument #1 to account_import_id (expects data to be present)",
        "{": no_export,
        "[]": no_export,
        '{"account":5}': no_export,
        '{"account":{"user":{"edge_count":1.0}}}': no_export,
        '{"account":{"user":{"create_time":"2026-01-01T00:00:00Z"}}}': no_export,
        '{"leaderboard_records":[{"score":"5"}]}': no_export,
        "{}": "runtime error: invalid memory address or nil pointer dereference",
        nk.account_export_id(ada.user_id): no_export,  # Nakama does not read what it writes
    }.items():
        with pytest.raises(ModuleError) as caught:
            nk.account_import_id(text)
        assert caught.value.message == problem, text


async def test_exports_and_imports_in_lua_and_typescript(tmp_path: Path) -> None:
    script = rpcs(
        {
            "run": """
            try { return JSON.stringify(new Function('nk', 'id', payload)(nk, ctx.userId)); }
            catch (error) { return JSON.stringify(String(error)); }
            """
        }
    )
    lua = """
    local text = nk.account_export_id(... and (...).user_id or "")
    local ok, problem = pcall(nk.account_import_id, text)
    local account = nk.account_import_id('{"account":{"user":{"metadata":"{}"},"wallet":"{}"}}',
      (...).user_id)
    return nk.json_decode(text).account.user.username, problem, account.user.username
    """
    async with serving(tmp_path, {"index.js": script, "eval.lua": EVAL}) as game:
        token = await game.login()
        told = (await game.rpc("eval", lua, token=token)).body
        assert told[0] == told[2] == "ada"
        assert "expects data to be a valid account export format" in told[1]
        answers = {
            "return JSON.parse(nk.accountExportId(id)).account.devices[0].id": "device-of-ada",
            "return nk.accountImportId('x')": (
                "TypeError: expects data to be a valid account export format"
            ),
            "return nk.accountImportId('')": "TypeError: expects data to be present",
            "return nk.accountImportId('{}', '')": "TypeError: expects user id",
            "return nk.accountImportId('{}', 5)": "TypeError: expects user id to be a string",
            "return nk.accountImportId('{}', 'x')": "TypeError: invalid user id",
            "return nk.accountImportId('x', 5)": (
                "TypeError: expects data to be a valid account export format"
            ),
            "return nk.accountImportId('{}')": (
                "GoError: error importing account: the import has no account.user "
                "(Nakama panics here)"
            ),
            'return nk.accountImportId(\'{"account":{"user":{"id":"x"}}}\')': (
                "GoError: error importing account: "
                'ERROR: invalid input syntax for type uuid: "x" (SQLSTATE 22P02)'
            ),
            "return nk.accountImportId(JSON.stringify({account: {user: {metadata: '{}'}, "
            "wallet: '{\"gems\":2}'}}), id).wallet": {"gems": 2},
        }
        assert {
            code: (await game.rpc("run", code, token=token)).body for code in answers
        } == answers
