"""`/_control/console`: what the console page shows and calls, as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from attrs import field, frozen

from mock_server import Config, Context, MockServer
from mock_server.console.page import calls
from mock_server.wire.messages import CLIENT_MEMBERS, operation_names
from server_kit import Fault
from tests.mock_server.players import Player, sign_up

pytestmark = pytest.mark.asyncio

LISTS = ("requests", "players", "pushes", "storage", "boards", "matches", "parties", "tickets")


@frozen
class Page:
    """What the page asks of a server."""

    server: MockServer = field(repr=False)
    http: aiohttp.ClientSession = field(repr=False)
    ada: Player = field(repr=False)

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self.server.console_url}/_control/console/{path}") as answer:
            return await answer.json()

    async def post(self, path: str, body: object) -> Any:
        url = f"{self.server.console_url}/_control/{path}"
        async with self.http.post(url, json=body) as answer:
            return await answer.json()

    async def call(self, endpoint: str, player: str = "", **fields: Any) -> Any:
        body = {"endpoint": endpoint, "player": player, "fields": fields}
        return await self.post("console/call", body)


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    (tmp_path / "game.py").write_text(
        "def init_module(nk):\n    nk.register_rpc(lambda context, payload: payload, 'Echo/Back')\n"
    )
    config = Config.from_settings({"runtime.path": str(tmp_path)})
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        yield Page(server, http, await sign_up(http, server))


async def listed(page: Page, kind: str) -> dict[str, Any]:
    found = await page.get(f"endpoints?kind={kind}&limit=200")
    return {each["name"]: each for each in found["items"]}


async def test_endpoints_are_all_operations_rpcs_and_messages(page: Page) -> None:
    operations = await listed(page, "http")
    assert set(operation_names()) - {"RpcFunc"} <= operations.keys()
    assert set(await listed(page, "rpc")) == set(page.server.rpc_ids())
    assert set(await listed(page, "frame")) == set(CLIENT_MEMBERS)


async def test_every_operation_is_reached_with_what_its_form_sends(page: Page) -> None:
    """The form knows where a request has each field: no route is missed, no part is ignored."""
    names = await listed(page, "http")
    for name in sorted(names, key="DeleteAccount".__eq__):  # that one at the end
        form = (await page.get(f"endpoints?id={name}"))["items"][0]
        fields = {each["name"]: _filled(each) for each in form["fields"]}
        answer = await page.call(name, page.ada.user_id, **fields)
        assert answer["problem"] == "", name
        assert answer["status"] != 501, name
    entries = list(page.server.journal)
    assert [entry.name for entry in entries if entry.unmatched or entry.error] == []
    assert [(entry.name, entry.ignored) for entry in entries if entry.ignored] == []


def _filled(field: dict[str, Any]) -> Any:
    if field["control"] == "lines":
        return ["1"]
    if field["control"] == "bool":
        return True
    if field["control"] == "choice":
        return field["choices"][0]
    return field.get("example", "1")


async def test_call_sends_path_query_and_body_as_a_client_does(page: Page) -> None:
    answer = await page.call("UpdateAccount", "ada", display_name="Ada ÄÖ", location="a/b?c")
    assert answer["body"] == '{"display_name":"Ada ÄÖ","location":"a/b?c"}'
    assert (answer["status"], answer["answer"]) == (200, "{}")
    answer = await page.call("GetUsers", page.ada.user_id, usernames=["ada", "b&c"], ids=[])
    assert answer["request"] == "GET /v2/user?usernames=ada&usernames=b%26c"
    assert "Ada ÄÖ" in answer["answer"]
    answer = await page.call("GetAccount")
    assert (answer["status"], "Auth token required" in answer["answer"]) == (401, True)
    answer = await page.call("AuthenticateDevice", id="a-device-of-bo", username="bo")
    assert answer["status"] == 200
    answer = await page.call("rpc:echo/back", payload="hi")
    assert (answer["request"], answer["answer"]) == ("POST /v2/rpc/echo/back", "hi")
    assert page.server.journal.problems() == []


async def test_call_sends_a_frame_and_returns_what_it_caused(page: Page) -> None:
    answer = await page.call("frame:rpc", "ada", id="echo/back", payload='{"a":1}')
    assert len(answer["frames"]) == 1
    assert '"payload":"{\\"a\\":1}"' in answer["frames"][0]
    assert '"cid":"1"' in answer["frames"][0]
    answer = await page.call("frame:match_data_send", "ada", match_id="nothing", op_code="1")
    assert answer["problem"] == ""
    assert len(answer["frames"]) == 1
    assert page.server.sockets() == []


async def test_call_reports_a_connection_that_breaks(page: Page) -> None:
    page.server.faults.add(Fault.reset(), "GET /v2/account")
    answer = await page.call("GetAccount", "ada")
    assert (answer["status"], answer["answer"]) == (None, "")
    assert answer["problem"]
    page.server.faults.add(Fault.close(4000), "in ping")
    answer = await page.call("frame:status_update", "ada", status="here")
    assert answer["problem"] == "the server closed the socket with code 4000"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"endpoint": "GetEverything"}, "there is no endpoint 'GetEverything'"),
        ({"endpoint": "GetAccount", "player": "nobody"}, "no player has the id or user name"),
        ({"endpoint": "GetUsers", "fields": {"name": "x"}}, "GetUsers has no field 'name'"),
        ({"endpoint": "frame:ping"}, "a frame needs a player"),
        ({"player": "ada"}, "missing required field `endpoint`"),
    ],
)
async def test_call_refuses_what_cannot_be_called(
    page: Page, body: dict[str, Any], error: str
) -> None:
    assert error in (await page.post("console/call", body))["error"]


async def test_a_player_of_the_explorer_is_no_login(page: Page) -> None:
    """With `session.single_session`, a login would end the player's own session."""
    config = Config.from_settings({"session.single_session": True})
    async with MockServer(config) as server:
        ada = await sign_up(page.http, server)
        other = Page(server, page.http, ada)
        server.clock.advance(1)
        assert (await other.call("GetAccount", "ada"))["status"] == 200
        assert (await ada.call("GET", "/v2/account"))[0] == 200


async def test_call_ends_although_frames_keep_coming(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_PATIENCE", aiohttp.ClientTimeout(total=0.3))
    ended = asyncio.Event()
    listener = await page.ada.connect()

    async def send_and_wait(context: Context, payload: str) -> None:
        while not ended.is_set():
            page.server.nk.notification_send(context.user_id, "again", {}, 1)
            assert await listener.subject() == "again"

    page.server.rpc("busy")(send_and_wait)
    shown = await page.call("frame:rpc", page.ada.user_id, id="busy")
    ended.set()
    await listener.close()
    assert shown["problem"] == "no answer within 0.3 seconds"


async def test_lists_refuse_parameters_that_they_do_not_have(page: Page) -> None:
    for path in ("boards?kind=x", "matches?kind=x", "parties?state=x", "modules?language=C"):
        assert "must be one of" in (await page.get(path))["error"]
    for name in LISTS:
        assert "limit must be a number" in (await page.get(f"{name}?limit=-1"))["error"]
        assert (await page.get(f"{name}?id=nothing"))["items"] == []


async def test_players_and_objects_come_a_page_at_a_time_and_are_searched(page: Page) -> None:
    for name in ("Émile", "bo", "chidi_100%"):
        await page.http.post(
            f"{page.server.http_url}/v2/account/authenticate/custom",
            params={"username": name},
            json={"id": f"custom-{name}"},
            headers={"Authorization": aiohttp.encode_basic_auth("defaultkey", "")},
        )
    first = await page.get("players?limit=3")
    assert [each["username"] for each in first["items"]] == ["chidi_100%", "bo", "Émile"]
    assert (first["total"], first["next"]) == (4, 3)
    rest = await page.get(f"players?limit=3&offset={first['next']}")
    assert ([each["username"] for each in rest["items"]], rest["next"]) == (["ada"], None)
    assert (await page.get("players?q=ÉMILE"))["total"] == 1
    assert (await page.get("players?q=%25"))["total"] == 1
    socket = await page.ada.connect()
    assert (await page.get("players?state=online"))["total"] == 1
    assert (await page.get("players?state=offline"))["total"] == 3
    await socket.close()
    objects = [{"collection": "Äpfel", "key": f"k{n}", "value": "{}"} for n in range(3)]
    await page.ada.call("PUT", "/v2/storage", {"objects": objects})
    found = await page.get("storage?q=äpfel&limit=2")
    assert (len(found["items"]), found["total"], found["next"]) == (2, 3, 2)
    assert (await page.get("storage?q=ADA"))["total"] == 3
    assert (await page.get("storage?collection=none"))["total"] == 0


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000 + "]" * 5000, "[" * 900 + "]" * 900])
async def test_a_player_is_shown_whatever_they_have_stored(page: Page, value: str) -> None:
    written = {"collection": "saves", "key": "slot", "value": f'{{"a": {value}}}'}
    status, _ = await page.ada.call("PUT", "/v2/storage", {"objects": [written]})
    assert status == 200
    (player,) = (await page.get(f"players?id={page.ada.user_id}"))["items"]
    (item,) = (await page.get(f"storage?id=saves/slot/{page.ada.user_id}"))["items"]
    # Later Pythons read what is nested deeper.
    for shown in (player["storage"][0]["value"], item["value"]):
        assert shown == written["value"] or json.dumps(shown) == written["value"]
