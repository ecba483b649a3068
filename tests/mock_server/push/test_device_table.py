"""The table of devices for modules, and the portable modules that keep one of their own."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mock_server import MockServer, PushOutcome
from nakama_client import (
    ApiError,
    Client,
    InvalidArgument,
    PermissionDenied,
    Session,
    Unauthenticated,
)
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "push_devices"
NOBODY = "11111111-1111-4111-8111-111111111111"

MODULE = """
local nk, mock = require("nakama"), require("nakama_mock")

nk.register_rpc(function(context, payload)
  return nk.json_encode(mock.push_devices(nk.json_decode(payload)))
end, "devices")
nk.register_rpc(function(context, payload)
  return nk.json_encode(mock.push_player_ids(nk.json_decode(payload)))
end, "player_ids")
nk.register_rpc(function(context, payload)
  return nk.json_encode({ removed = mock.push_device_remove(context.user_id, payload) })
end, "remove")
nk.register_rpc(function(context, payload)
  assert(not pcall(nk.push_devices, {}), "it is under nk")
  return select(2, pcall(mock.push_devices, { "no id" }))
end, "bad")
"""


async def three_phones(client: Client, user: Session) -> list[str]:
    return [
        (await client.register_push(user, device_type=1, identifier=f"phone {n}")).player_id
        for n in range(3)
    ]


@pytest.mark.asyncio
async def test_a_lua_module_reads_the_table_of_devices(start: Start, tmp_path: Path) -> None:
    pytest.importorskip("lupa")
    (tmp_path / "game.lua").write_text(MODULE)
    async with start(runtime__path=str(tmp_path)) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        phones = await three_phones(client, ada)
        shared = await client.register_push(bob, device_type=1, identifier="phone 0")
        assert shared.player_id == phones[0]
        users = [ada.user_id, bob.user_id]
        devices = (await client.rpc(ada, "devices", users)).json()
        assert {each["player_id"] for each in devices[ada.user_id]} == set(phones)
        (device,) = devices[bob.user_id]
        assert (device["state"], device["device_type"]) == ("registered", 1)
        assert "phone 0" not in str(devices)  # no push tokens
        ids = (await client.rpc(ada, "player_ids", users)).json()
        assert sorted(ids) == sorted(phones)
        for removed in (True, False):
            assert (await client.rpc(ada, "remove", phones[0])).json() == {"removed": removed}
        assert len(await server.devices(ada.user_id)) == 2
        assert len(await server.devices(bob.user_id)) == 1
        bad = (await client.rpc(ada, "bad", "")).payload
        assert "bad argument #1 to (anonymous) (expects user ids; number 1 is none)" in bad
        assert "push_devices" not in dir(server.nk)


@pytest.mark.asyncio
async def test_list_push_devices_lists_the_callers(
    server: MockServer, client: Client, ada: Session
) -> None:
    phones = await three_phones(client, ada)
    bob = await login(client, "bob")
    listed = (await client.rpc(ada, "list_push_devices", {})).json()["devices"]
    assert sorted(each["player_id"] for each in listed) == sorted(phones)
    assert {each["user_id"] for each in listed} == {ada.user_id}
    with pytest.raises(PermissionDenied, match="HTTP key"):
        await client.rpc(bob, "list_push_devices", {"user_ids": [ada.user_id]})
    asked = {"user_ids": [bob.user_id, ada.user_id, NOBODY]}
    by_key = (await client.rpc_http_key("list_push_devices", asked)).json()["devices"]
    assert by_key == listed


@pytest.mark.asyncio
async def test_remove_push_device_removes_one_of_the_callers(
    server: MockServer, client: Client, ada: Session
) -> None:
    phones = await three_phones(client, ada)
    bob = await login(client, "bob")
    for user, removed in ((bob, False), (ada, True), (ada, False)):
        answer = await client.rpc(user, "remove_push_device", {"player_id": phones[2]})
        assert answer.json() == {"removed": removed}
    assert {each.player_id for each in await server.devices(ada.user_id)} == set(phones[:2])
    metadata = (await client.get_account(ada)).user.metadata
    assert metadata["os_player_id"] in phones[:2]


@pytest.mark.parametrize("payload", [{}, {"user_ids": 5}, {"user_ids": ["x"]}, []])
@pytest.mark.asyncio
async def test_list_push_devices_refuses_what_is_no_list_of_users(
    client: Client, payload: Any
) -> None:
    with pytest.raises(InvalidArgument, match="user_ids"):
        await client.rpc_http_key("list_push_devices", payload)


@pytest.mark.asyncio
async def test_remove_push_device_refuses_bad_calls(client: Client, ada: Session) -> None:
    with pytest.raises(InvalidArgument, match="player_id"):
        await client.rpc(ada, "remove_push_device", {"player_id": 5})
    with pytest.raises(Unauthenticated):
        await client.rpc_http_key("remove_push_device", {"player_id": "x"})


@pytest.mark.parametrize("language", ["lua", "typescript"])
@pytest.mark.asyncio
async def test_the_portable_module_reaches_every_device_of_many_users(
    start: Start, onesignal: OneSignalStub, tmp_path: Path, language: str
) -> None:
    if language == "lua":
        pytest.importorskip("lupa")
        shutil.copy(EXAMPLE / "push_devices.lua", tmp_path)
        shutil.copy(ROOT / "tests" / "lua" / "onesignal.lua", tmp_path)
    else:
        pytest.importorskip("quickjs")
        shutil.copy(EXAMPLE / "typescript" / "build" / "index.js", tmp_path)
    async with start(runtime__path=str(tmp_path)) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        server.nk.account_update_id(ada.user_id, {"level": 3})
        phones = await three_phones(client, ada)
        await three_phones(client, ada)  # each login registers again
        shared = (await client.register_push(bob, device_type=1, identifier="phone 0")).player_id
        assert shared == phones[0]
        metadata = (await client.get_account(ada)).user.metadata
        assert metadata == {"level": 3, "os_player_ids": phones}
        assert await server.devices(ada.user_id) == []

        asked = {"user_ids": [ada.user_id, bob.user_id], "contents": {"en": "to all"}}
        with pytest.raises(ApiError, match="only the game's backend"):
            await client.rpc(ada, "push_to_users", asked)
        await client.rpc_http_key("push_to_users", asked)
        got = [push.player_id for push in onesignal.pushes]
        assert sorted(got) == sorted(phones)

        await client.unregister_push(ada, device_type=1, identifier="phone 0")
        await server.notifications.send(ada.user_id, "A gift", code=7)
        await server.notifications.send(bob.user_id, "A gift", code=7)
        for user, reached in ((ada, phones[1:]), (bob, phones[:1])):
            record = await server.pushes.wait_for(
                lambda record, user=user: (
                    (record.user_id, record.outcome) == (user.user_id, PushOutcome.SENT)
                )
            )
            assert sorted(record.player_ids) == sorted(reached)
            assert set(record.device_sources.values()) == {"metadata"}
        await client.unregister_push(bob, device_type=1, identifier="phone 0")
        await server.notifications.send(bob.user_id, "Again", code=7)
        last = await server.pushes.wait_for(lambda record: record.outcome != PushOutcome.SENT)
        assert last.reason == "the user has no device"
        for number in range(11):
            await client.register_push(bob, device_type=1, identifier=f"new {number}")
        ids = (await client.get_account(bob)).user.metadata["os_player_ids"]
        assert len(ids) == len(set(ids)) == 10
