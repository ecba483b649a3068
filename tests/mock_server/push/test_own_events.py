"""Events of the game's own: `nk.event`, `POST /v2/event`, and calls of RPC functions."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer, PushEvent, PushMessage, PushOutcome, PushRecord
from nakama_client import ApiError, Client, PushDevice, RegistrationInfo, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login

ORDER = {
    "event": "event:order_delivered",
    "contents": {"en": "Order $order is here", "de": "Bestellung $order ist da"},
    "data": {"screen": "orders/$order"},
}
BY_RPC = {**ORDER, "event": "rpc:Order_Delivered"}
SYSTEM = "00000000-0000-0000-0000-000000000000"
NOBODY = "11111111-1111-4111-8111-111111111111"

IN_LUA = """
local nk = require("nakama")
nk.register_rpc(function(context, payload)
  nk.event("order_delivered", nk.json_decode(payload))
end, "deliver")
"""
IN_JAVASCRIPT = """
function deliver(ctx, logger, nk, payload) {
  nk.event("order_delivered", JSON.parse(payload));
}
function InitModule(ctx, logger, nk, initializer) {
  initializer.registerRpc("deliver", deliver);
}
!InitModule && InitModule.bind(null);
"""
IN_PYTHON = """
import json

def init_module(nk):
    def deliver(context, payload):
        nk.event("order_delivered", json.loads(payload))
    nk.register_rpc(deliver, "deliver")
"""


async def ended(server: MockServer, number: int) -> list[PushRecord]:
    def enough(_: PushRecord) -> bool:
        return sum(each.outcome != PushOutcome.PENDING for each in server.pushes) >= number

    await server.pushes.wait_for(enough)
    return list(server.pushes)


async def phone(client: Client, session: Session, name: str = "phone") -> str:
    return (await client.register_push(session, device_type=1, identifier=name)).player_id


async def post_event(server: MockServer, session: Session, name: str, **properties: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{server.http_url}/v2/event",
            json={"name": name, "properties": properties, "external": True},
            headers={"Authorization": f"Bearer {session.token}"},
        ) as answer,
    ):
        assert answer.status == 200


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("file", "source", "needs"),
    [
        ("game.lua", IN_LUA, "lupa"),
        ("index.js", IN_JAVASCRIPT, "quickjs"),
        ("game.py", IN_PYTHON, "json"),
    ],
)
async def test_an_event_of_a_module_is_pushed_to_whom_its_properties_name(
    start: Start, onesignal: OneSignalStub, tmp_path: Path, file: str, source: str, needs: str
) -> None:
    pytest.importorskip(needs)
    (tmp_path / file).write_text(source)
    settings = {"push__on_event": [ORDER], "runtime__path": str(tmp_path)}
    async with start(**settings) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        adas, _ = await phone(client, ada, "adas"), await phone(client, bob, "bobs")
        await client.rpc_http_key("deliver", {"user_id": ada.user_id, "order": "42"})
        (record,) = await ended(server, 1)
    assert (record.event, record.user_id) == ("event:order_delivered", ada.user_id)
    assert (record.outcome, record.player_ids) == (PushOutcome.SENT, (adas,))
    (push,) = onesignal.pushes
    assert (push.player_id, push.contents) == (adas, "Order 42 is here")
    assert push.data == {
        "event": "event:order_delivered",
        "code": 0,
        "sender_id": "",
        "source_id": "",
        "screen": "orders/42",
    }


@pytest.mark.asyncio
async def test_an_event_of_a_client_is_pushed_to_its_user_unless_the_rule_says_to_whom(
    start: Start, onesignal: OneSignalStub
) -> None:
    commented = {
        "event": "event:commented",
        "contents": {"en": "$sender commented: $code $subject"},
        "recipients": "author",
    }
    async with start(push__on_event=[ORDER, commented]) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        adas, bobs = await phone(client, ada, "adas"), await phone(client, bob, "bobs")
        await post_event(server, bob, "order_delivered", order="1", user_id=ada.user_id)
        await post_event(
            server, bob, "commented", author=ada.user_id, code="5", subject="s", sender="eve"
        )
        await post_event(server, bob, "nothing of a rule")
        await ended(server, 2)
        assert {push.player_id: push.contents for push in onesignal.pushes} == {
            bobs: "Order 1 is here",
            adas: "bob commented: 5 s",
        }


@pytest.mark.asyncio
async def test_a_call_of_an_rpc_function_is_an_event_if_it_succeeds(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=[BY_RPC]) as server, client_of(server) as client:

        @server.rpc("order_delivered")
        def order_delivered(context: Any, payload: str) -> str:
            if json.loads(payload).get("order") is None:
                raise ValueError("no order")
            return "{}"

        ada, bob = await login(client, "ada"), await login(client, "bob")
        adas, bobs = await phone(client, ada, "adas"), await phone(client, bob, "bobs")
        both = [ada.user_id, bob.user_id, bob.user_id]
        await client.rpc_http_key("ORDER_delivered", {"order": 42, "user_ids": both})
        with pytest.raises(ApiError):
            await client.rpc_http_key("order_delivered", {"user_ids": both})
        await ended(server, 2)
        assert {push.player_id: push.contents for push in onesignal.pushes} == {
            adas: "Order 42 is here",
            bobs: "Order 42 is here",
        }
        async with client.socket(ada) as socket:  # over a socket it is the caller's
            await socket.rpc("order_delivered", {"order": 43, "user_id": bob.user_id})
        assert (await ended(server, 3))[2].reason == "the user is online"
        assert len(server.pushes) == 3
        assert {record.event for record in server.pushes} == {"rpc:order_delivered"}


@pytest.mark.asyncio
async def test_a_function_makes_the_push_of_an_event(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    @server.pushes.on_event("event:order_delivered", recipients="buyer")
    def delivered(event: PushEvent) -> PushMessage:
        return PushMessage(contents={"en": f"{event.content['order']} for {event.user_id}"})

    await phone(client, ada)
    server.nk.event("order_delivered", {"order": "42", "buyer": ada.user_id})
    await ended(server, 1)
    assert [push.contents for push in onesignal.pushes] == [f"42 for {ada.user_id}"]


@pytest.mark.asyncio
async def test_recipients_that_are_no_users_are_reported_and_the_others_get_their_push(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=[BY_RPC]) as server, client_of(server) as client:
        server.rpc("order_delivered")(lambda context, payload: None)
        ada = await login(client, "ada")
        adas = await phone(client, ada)
        wrong: list[Any] = ["ada", 5, None, {"id": 1}, "x" * 100, NOBODY]
        await client.rpc_http_key(
            "order_delivered", {"order": 1, "user_ids": [*wrong, ada.user_id]}
        )
        records = await ended(server, 7)
    assert [record.outcome for record in records].count(PushOutcome.FAILED) == 6
    by_user = {record.user_id: record for record in records}
    assert by_user["ada"].reason == "user_ids[1] is 'ada', which is no user id"
    assert by_user["5"].reason == "user_ids[2] is 5, which is no user id"
    assert by_user["None"].reason == "user_ids[3] is None, which is no user id"
    assert by_user["x" * 60 + "…"].reason.startswith("user_ids[5] is 'xxx")
    assert by_user[NOBODY].reason == f"there is no user {NOBODY}"
    assert by_user[ada.user_id].player_ids == (adas,)
    assert [push.player_id for push in onesignal.pushes] == [adas]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (
            {"order": "1"},
            "no property 'user_id' or 'user_ids' names the event's recipients; it has",
        ),
        ({}, "it has none"),
        ({"user_id": "", "order": "1"}, "no property 'user_id' or 'user_ids'"),
        ({"user_id": SYSTEM, "order": "1"}, f"there is no user {SYSTEM}"),
        ({"user_id": "ada", "order": "1"}, "user_id is 'ada', which is no user id"),
        ({"user_ids": "ada,bob", "order": "1"}, "user_ids[1] is 'ada'"),
        ({"user_ids": "a,b" * 5000}, "is 'a'"),
    ],
)
async def test_an_event_without_recipients_is_recorded_with_the_reason(
    start: Start, properties: dict[str, str], reason: str
) -> None:
    async with start(push__on_event=[ORDER]) as server:
        server.nk.event("order_delivered", properties)
        record = next(iter(server.pushes))
        assert record.outcome == PushOutcome.FAILED
        assert reason in record.reason


@pytest.mark.asyncio
async def test_one_text_may_name_several_users_and_a_missing_value_is_reported(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=[ORDER]) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        devices = {await phone(client, ada, "adas"), await phone(client, bob, "bobs")}
        text = f"{ada.user_id.upper()}, {bob.user_id} ,{ada.user_id}"
        server.nk.event("order_delivered", {"user_ids": text, "order": "7"})
        await ended(server, 2)
        assert {push.player_id for push in onesignal.pushes} == devices
        server.nk.event("order_delivered", {"user_id": ada.user_id})
        failed = list(server.pushes)[-1]
        assert (failed.outcome, len(server.pushes)) == (PushOutcome.FAILED, 3)
        assert failed.reason == "the text names $order; this event has $user_id, $sender"


@pytest.mark.asyncio
async def test_an_event_of_more_users_than_a_thousand_pushes_to_a_thousand(start: Start) -> None:
    async with start(push__on_event=[ORDER]) as server:
        ids = ",".join(f"00000000-0000-4000-8000-{number:012}" for number in range(1100))
        server.nk.event("order_delivered", {"user_ids": ids, "order": "7"})
        records = list(server.pushes)
        assert len(records) == 1001
        assert "more than 1000 users; the others get no push" in records[-1].reason


@pytest.mark.asyncio
async def test_an_event_of_a_module_that_is_being_loaded_is_sent_once(
    start: Start, onesignal: OneSignalStub, tmp_path: Path
) -> None:
    (tmp_path / "game.py").write_text(
        "def init_module(nk):\n    nk.event('started', {'user_ids': ''})\n"
    )
    rule = {
        "event": "event:started",
        "contents": {"en": "The season begins"},
        "included_segments": ["All"],
    }
    async with PushDevice(onesignal.url, onesignal.app_id, info=RegistrationInfo()) as device:
        await device.register()
        async with start(push__on_event=[rule], runtime__path=str(tmp_path)) as server:
            (record,) = await ended(server, 1)
            assert (record.outcome, record.recipients) == (PushOutcome.SENT, 1)
    posts = [entry for entry in onesignal.journal if entry.name == "POST /notifications"]
    assert len(posts) == len(onesignal.pushes) == 1
