"""The table of devices for modules, and the portable modules that keep one of their own."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from mock_server import MockServer, PushOutcome
from mock_server.features.storage.core import Storage
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


@pytest.fixture(params=["lua", pytest.param("typescript", marks=pytest.mark.slow)])
def portable(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings of a server with the portable module in one language."""
    if request.param == "lua":
        pytest.importorskip("lupa")
        shutil.copy(EXAMPLE / "push_devices.lua", tmp_path)
        shutil.copy(ROOT / "tests" / "lua" / "onesignal.lua", tmp_path)
    else:
        pytest.importorskip("quickjs")
        shutil.copy(EXAMPLE / "typescript" / "build" / "index.js", tmp_path)
    return {"runtime__path": str(tmp_path), "push__device_source": "storage:push/devices"}


def kept(server: MockServer, user: Session) -> Any:
    """The player ids that the portable module has of a user."""
    found = server.nk.storage_read(
        [{"collection": "push", "key": "devices", "user_id": user.user_id}]
    )
    return found[0]["value"]["os_player_ids"] if found else []


@pytest.mark.asyncio
async def test_the_portable_module_reaches_every_device_of_many_users(
    start: Start, onesignal: OneSignalStub, portable: dict[str, str]
) -> None:
    async with start(**portable) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        phones = await three_phones(client, ada)
        await three_phones(client, ada)  # each login registers again
        shared = (await client.register_push(bob, device_type=1, identifier="phone 0")).player_id
        assert shared == phones[0]
        assert kept(server, ada) == phones
        assert await server.devices(ada.user_id) == []

        asked = {"user_ids": [ada.user_id, bob.user_id, NOBODY], "contents": {"en": "to all"}}
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
            assert set(record.device_sources.values()) == {"storage:push/devices"}
        for _ in range(2):  # the second time there is nothing to remove
            await client.unregister_push(bob, device_type=1, identifier="phone 0")
        await server.notifications.send(bob.user_id, "Again", code=7)
        last = await server.pushes.wait_for(lambda record: record.outcome != PushOutcome.SENT)
        assert last.reason == "the user has no device"
        for number in range(11):
            await client.register_push(bob, device_type=1, identifier=f"new {number}")
        ids = kept(server, bob)
        assert len(ids) == len(set(ids)) == 10


@pytest.mark.asyncio
async def test_phones_that_register_at_once_are_all_kept_by_the_portable_module(
    start: Start, portable: dict[str, str]
) -> None:
    async with start(**portable) as server, client_of(server) as client:
        ada = await login(client, "ada")
        answers = await asyncio.gather(
            *(client.register_push(ada, device_type=1, identifier=f"phone {n}") for n in range(8))
        )
        assert sorted(kept(server, ada)) == sorted(answer.player_id for answer in answers)
        await asyncio.gather(
            *(client.unregister_push(ada, device_type=1, identifier=f"phone {n}") for n in range(8))
        )
        assert kept(server, ada) == []


@pytest.mark.parametrize("had", [[], ["11111111-1111-4111-8111-111111111111"]])
@pytest.mark.asyncio
async def test_the_portable_module_keeps_a_phone_that_another_call_writes_in_between(
    start: Start, portable: dict[str, str], monkeypatch: pytest.MonkeyPatch, had: list[str]
) -> None:
    other = "22222222-2222-4222-8222-222222222222"
    writes: list[list[str]] = []
    read = Storage.read

    async with start(**portable) as server, client_of(server) as client:
        ada = await login(client, "ada")

        def write(player_ids: list[str]) -> None:
            writes.append(player_ids)
            server.nk.storage_write(
                [
                    {
                        "collection": "push",
                        "key": "devices",
                        "user_id": ada.user_id,
                        "value": {"os_player_ids": player_ids},
                    }
                ]
            )

        def read_and_write(storage: Storage, wanted: Any) -> Any:
            rows = read(storage, wanted)
            if len(writes) == len(had):
                write([*had, other])
            return rows

        if had:
            write(had)
        monkeypatch.setattr(Storage, "read", read_and_write)
        mine = (await client.register_push(ada, device_type=1, identifier="phone")).player_id
        monkeypatch.undo()
        assert kept(server, ada) == [*had, other, mine]
