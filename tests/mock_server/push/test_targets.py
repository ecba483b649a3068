"""Rules and messages name what a user is called at OneSignal."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import (
    Config,
    InvalidRule,
    MockServer,
    PushEvent,
    PushMessage,
    PushOutcome,
    PushRecord,
)
from nakama_client import Client, PushDevice, RegistrationInfo, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login


def gift_to(target: str) -> dict[str, Any]:
    return {"event": 7, "contents": {"en": "$subject"}, "target": target}


async def device_called(onesignal: OneSignalStub, external_id: str) -> str:
    """A phone whose app has told OneSignal who its user is; returns its player id."""
    phone = PushDevice(onesignal.url, onesignal.app_id, info=RegistrationInfo(platform="ios"))
    async with phone:
        await phone.register()
        await phone.external_user_id.set(external_id)
        return phone.info.one_signal_user_id


async def gift(server: MockServer, session: Session) -> PushRecord:
    await server.notifications.send(session.user_id, "A gift", code=7)
    return await server.pushes.wait_for(
        lambda record: record.user_id == session.user_id and record.outcome != PushOutcome.PENDING
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("target", "external_id"),
    [
        ("external_user_id:email", "ada@example.com"),
        ("external_user_id:custom_id", "account-42"),
        ("external_user_id:metadata:account", "A-42"),
        ("external_user_id:metadata:a.b:c", "B-42"),
        ("external_user_id:function:ids.account", "function of ada"),
    ],
)
async def test_a_rule_sends_to_what_the_backend_calls_the_user(
    start: Start, onesignal: OneSignalStub, tmp_path: Path, target: str, external_id: str
) -> None:
    (tmp_path / "ids.py").write_text(
        "def init_module(nk):\n    pass\n\n"
        "def account(nk, user_id):\n"
        "    return 'function of ' + nk.users_get_id([user_id])[0]['username']\n"
    )
    settings = {"push__on_event": [gift_to(target)], "runtime__path": str(tmp_path)}
    async with start(**settings) as server, client_of(server) as client:
        ada = await client.authenticate_email("ada@example.com", "a long password", username="ada")
        await client.link_custom(ada, "account-42")
        server.nk.account_update_id(ada.user_id, {"account": "A-42", "a.b:c": "B-42"})
        adas = await device_called(onesignal, external_id)
        await device_called(onesignal, ada.user_id)
        await client.register_push(ada, device_type=1, identifier="a phone that is not addressed")
        record = await gift(server, ada)
        assert (record.outcome, record.external_user_id) == (PushOutcome.SENT, external_id)
        assert [push.player_id for push in onesignal.pushes] == [adas]


@pytest.mark.asyncio
async def test_each_rule_has_its_own_target_and_the_setting_is_for_the_others(
    start: Start, onesignal: OneSignalStub
) -> None:
    rules = [gift_to("player_id"), {"event": 8, "contents": {"en": "$subject"}}]
    settings = {"push__on_event": rules, "push__target": "external_user_id:custom_id"}
    async with start(**settings) as server, client_of(server) as client:
        ada = await client.authenticate_custom("account-42", username="ada")
        here = (await client.register_push(ada, device_type=1, identifier="t")).player_id
        elsewhere = await device_called(onesignal, "account-42")
        for code in (7, 8):
            await server.notifications.send(ada.user_id, f"code {code}", code=code)
        await server.pushes.wait_for(
            lambda _: [each.outcome for each in server.pushes] == [PushOutcome.SENT] * 2
        )
        assert {push.player_id: push.contents for push in onesignal.pushes} == {
            here: "code 7",
            elsewhere: "code 8",
        }


@pytest.mark.asyncio
async def test_a_personal_message_has_a_target_of_its_own(
    server: MockServer, client: Client, onesignal: OneSignalStub
) -> None:
    @server.pushes.on_event(7)
    def personal(event: PushEvent) -> PushMessage:
        return PushMessage(contents={"en": "for you"}, target="external_user_id:email")

    ada = await client.authenticate_email("ada@example.com", "a long password", username="ada")
    adas = await device_called(onesignal, "ada@example.com")
    record = await gift(server, ada)
    assert (record.outcome, record.external_user_id) == (PushOutcome.SENT, "ada@example.com")
    assert [push.player_id for push in onesignal.pushes] == [adas]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("metadata", "outcome", "reason"),
    [
        ({}, PushOutcome.NOBODY_REACHED, "has no external id: there is no field 'account'"),
        ({"account": ""}, PushOutcome.NOBODY_REACHED, "there is no field 'account'"),
        ({"account": None}, PushOutcome.NOBODY_REACHED, "there is no field 'account'"),
        ({"account": 42}, PushOutcome.FAILED, "is 42; an external id is a text"),
        ({"account": True}, PushOutcome.FAILED, "is True; an external id is a text"),
        ({"account": ["A-1"]}, PushOutcome.FAILED, "is ['A-1']; an external id is a text"),
        (
            {"account": {"id": "A-1"}},
            PushOutcome.FAILED,
            "is {'id': 'A-1'}; an external id is a text",
        ),
        ({"account": "x" * 129}, PushOutcome.FAILED, "a text of up to 128 characters"),
    ],
)
async def test_a_user_without_an_external_id_is_named_and_others_get_their_push(
    start: Start, onesignal: OneSignalStub, metadata: Any, outcome: PushOutcome, reason: str
) -> None:
    rule = gift_to("external_user_id:metadata:account")
    async with start(push__on_event=[rule]) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        server.nk.account_update_id(ada.user_id, metadata)
        server.nk.account_update_id(bob.user_id, {"account": "B"})
        bobs = await device_called(onesignal, "B")
        record = await gift(server, ada)
        assert record.outcome == outcome
        assert ada.user_id in record.reason
        assert reason in record.reason
        assert (await gift(server, bob)).outcome == PushOutcome.SENT
        assert [push.player_id for push in onesignal.pushes] == [bobs]


@pytest.mark.asyncio
async def test_a_function_may_stand_in_a_file_that_registers_nothing(
    start: Start, onesignal: OneSignalStub, tmp_path: Path
) -> None:
    (tmp_path / "_ids.py").write_text("def account(nk, user_id):\n    return 'A-42'\n")
    rule = gift_to("external_user_id:function:_ids.account")
    async with start(push__on_event=[rule], runtime__path=str(tmp_path)) as server:
        await device_called(onesignal, "A-42")
        async with client_of(server) as client:
            record = await gift(server, await login(client, "ada"))
    assert (record.outcome, record.external_user_id) == (PushOutcome.SENT, "A-42")


@pytest.mark.asyncio
async def test_a_function_that_fails_or_is_missing_is_reported_with_its_user(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "ids.py").write_text(
        "def init_module(nk):\n    pass\n\n"
        "def broken(nk, user_id):\n    raise KeyError('no account')\n"
    )
    (tmp_path / "_wrong.py").write_text("import no_such_package\n")
    rules = [
        gift_to("external_user_id:function:ids.broken"),
        {**gift_to("external_user_id:function:ids.none"), "event": 8},
        {**gift_to("external_user_id:function:_wrong.account"), "event": 9},
    ]
    settings = {"push__on_event": rules, "runtime__path": str(tmp_path)}
    async with start(**settings) as server, client_of(server) as client:
        ada = await login(client, "ada")
        for code in (7, 8, 9):
            await server.notifications.send(ada.user_id, "A gift", code=code)
        failed, missing, unreadable = server.pushes
    assert failed.outcome == missing.outcome == PushOutcome.FAILED
    assert failed.reason == f"ids.broken failed for user {ada.user_id}: KeyError: 'no account'"
    assert f"for user {ada.user_id}: no module in Python of runtime.path" in missing.reason
    assert "_wrong.py:1: ModuleNotFoundError: No module named" in unreadable.reason


@pytest.mark.asyncio
async def test_the_control_route_shows_the_external_id_of_a_record(
    start: Start, onesignal: OneSignalStub
) -> None:
    rule = gift_to("external_user_id:custom_id")
    async with start(push__on_event=[rule]) as server, client_of(server) as client:
        ada = await client.authenticate_custom("account-42", username="ada")
        await device_called(onesignal, "account-42")
        await gift(server, ada)
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{server.console_url}/_control/pushes") as answer:
                (record,) = (await answer.json())["pushes"]
            async with http.get(f"{server.console_url}/_control/push_rules") as answer:
                assert (await answer.json())["rules"] == [{**rule, "event": "7"}]
    assert (record["external_user_id"], record["player_ids"]) == ("account-42", [])


@pytest.mark.parametrize(
    "target",
    [
        "alias",
        "external_user_id:",
        "external_user_id:phone",
        "external_user_id:metadata",
        "external_user_id:metadata:",
        "external_user_id:function:f",
        "external_user_id:email:x",
        "player_id:email",
        5,
        None,
    ],
)
def test_a_target_that_can_not_be_is_refused(target: Any) -> None:
    for settings in (
        {"push.target": target},
        {"push.on_event": [gift_to(target)]},
    ):
        with pytest.raises(InvalidRule, match="target must be player_id, external_user_id"):
            Config.from_settings(settings)
    with pytest.raises(InvalidRule, match="target must be"):
        PushMessage(contents={"en": "x"}, target=target)
