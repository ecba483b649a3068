"""Rules reach the devices that the game has registered itself."""

import json
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import Config, MockServer, PushOutcome, PushRecord
from nakama_client import Client, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login

LUA = Path(__file__).parents[2] / "lua"


async def subscribed(onesignal: OneSignalStub, number: int) -> list[str]:
    """Devices that OneSignal knows and the server does not."""
    added = []
    for index in range(number):
        token = f"{index:02}" * 32
        player = {"device_type": 0, "identifier": token, "notification_types": 1}
        added.append(await add_player(onesignal, player))
    return added


async def add_player(onesignal: OneSignalStub, fields: dict[str, Any]) -> str:
    body = {"app_id": onesignal.app_id, **fields}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{onesignal.url}/players", json=body) as answer,
    ):
        return str((await answer.json())["id"])


async def gift(server: MockServer, session: Session) -> PushRecord:
    await server.notifications.send(session.user_id, "A gift", code=7)
    return await server.pushes.wait_for(
        lambda record: record.user_id == session.user_id and record.outcome != PushOutcome.PENDING
    )


@pytest.mark.asyncio
async def test_a_rule_reaches_the_device_that_the_tutorials_function_registered(
    start: Start, onesignal: OneSignalStub, tmp_path: Path
) -> None:
    pytest.importorskip("lupa")
    for name in ("onesignal.lua", "pmessage.lua"):
        text = (
            (LUA / name)
            .read_text()
            .replace("https://onesignal.com", onesignal.url.removesuffix("/api/v1"))
        )
        (tmp_path / name).write_text(text)
    async with start(runtime__path=str(tmp_path)) as server, client_of(server) as client:
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="a token")
        player_id = (await client.get_account(ada)).user.metadata["os_player_id"]
        assert await server.devices(ada.user_id) == []
        record = await gift(server, ada)
        assert (record.outcome, record.player_ids) == (PushOutcome.SENT, (player_id,))
        assert record.device_sources == {player_id: "metadata"}
        assert [push.player_id for push in onesignal.pushes] == [player_id]


@pytest.mark.asyncio
async def test_metadata_may_have_a_list_of_devices_and_bad_ids_are_reported(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    first, second = await subscribed(onesignal, 2)
    metadata = {"os_player_ids": [first, 5, "none", None], "os_player_id": second}
    server.nk.account_update_id(ada.user_id, metadata)
    record = await gift(server, ada)
    assert (record.outcome, record.recipients) == (PushOutcome.SENT, 2)
    assert {push.player_id for push in onesignal.pushes} == {first, second}
    for wrong in (
        "os_player_ids[2] is 5",
        "os_player_ids[3] is 'none'",
        "os_player_ids[4] is None",
    ):
        assert f"metadata of user {ada.user_id}: {wrong}, which is no player id" in record.reason


@pytest.mark.asyncio
@pytest.mark.parametrize("value", [5, True, {"a": 1}, "no uuid", [[]]])
async def test_metadata_that_is_no_id_names_the_user_and_others_get_their_push(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub, value: Any
) -> None:
    (device,) = await subscribed(onesignal, 1)
    bob = await login(client, "bob")
    server.nk.account_update_id(ada.user_id, {"os_player_id": value})
    server.nk.account_update_id(bob.user_id, {"os_player_id": device})
    record = await gift(server, ada)
    assert record.outcome == PushOutcome.NOBODY_REACHED
    assert ada.user_id in record.reason
    assert "no player id" in record.reason
    assert (await gift(server, bob)).outcome == PushOutcome.SENT


@pytest.mark.asyncio
async def test_devices_that_registered_here_come_first(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    (elsewhere,) = await subscribed(onesignal, 1)
    here = (await client.register_push(ada, device_type=1, identifier="a token")).player_id
    server.nk.account_update_id(ada.user_id, {"os_player_ids": [elsewhere]})
    record = await gift(server, ada)
    assert record.device_sources == {here: "registered"}
    assert [push.player_id for push in onesignal.pushes] == [here]


@pytest.mark.asyncio
async def test_a_storage_object_may_have_the_devices(
    start: Start, onesignal: OneSignalStub
) -> None:
    device, other = await subscribed(onesignal, 2)
    async with (
        start(push__device_source="storage:push/devices") as server,
        client_of(server) as client,
    ):
        ada, bob = await login(client, "ada"), await login(client, "bob")
        for user, player_id in ((ada, device), (bob, other)):
            server.nk.storage_write(
                [
                    {
                        "collection": "push",
                        "key": "devices",
                        "user_id": user.user_id,
                        "value": {"os_player_ids": [player_id]},
                    }
                ]
            )
        record = await gift(server, ada)
        assert record.device_sources == {device: "storage:push/devices"}
        assert [push.player_id for push in onesignal.pushes] == [device]
        carl = await login(client, "carl")
        server.nk.account_update_id(carl.user_id, {"os_player_id": device})
        assert (await gift(server, carl)).reason == "the user has no device"


@pytest.mark.asyncio
async def test_a_function_of_a_python_module_may_name_the_devices(
    start: Start, onesignal: OneSignalStub, tmp_path: Path
) -> None:
    (device,) = await subscribed(onesignal, 1)
    (tmp_path / "phones.py").write_text(
        "def init_module(nk):\n    pass\n\n"
        "def player_ids(nk, user_id):\n"
        "    (user,) = nk.users_get_id([user_id])\n"
        "    if user['username'] == 'carl':\n        raise KeyError('no carl')\n"
        f"    return {[device]!r} if user['username'] == 'ada' else None\n"
    )
    async with (
        start(
            push__device_source="function:phones.player_ids", runtime__path=str(tmp_path)
        ) as server,
        client_of(server) as client,
    ):
        ada, bob, carl = [await login(client, name) for name in ("ada", "bob", "carl")]
        assert (await gift(server, ada)).device_sources == {device: "function:phones.player_ids"}
        assert (await gift(server, bob)).outcome == PushOutcome.NOBODY_REACHED
        failed = await gift(server, carl)
        assert failed.outcome == PushOutcome.NOBODY_REACHED
        assert f"failed for user {carl.user_id}: 'no carl'" in failed.reason
        await server.reload_modules()
        assert (await gift(server, ada)).outcome == PushOutcome.SENT


@pytest.mark.asyncio
async def test_a_missing_function_is_reported(start: Start) -> None:
    async with start(push__device_source="function:phones.ids") as server:
        async with client_of(server) as client:
            record = await gift(server, await login(client, "ada"))
        assert "no module in Python of runtime.path has a function phones.ids" in record.reason


@pytest.mark.asyncio
async def test_without_a_source_only_registered_devices_count(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__device_source="") as server, client_of(server) as client:
        ada = await login(client, "ada")
        server.nk.account_update_id(ada.user_id, {"os_player_id": str(uuid.uuid4())})
        assert (await gift(server, ada)).reason == "the user has no device"


@pytest.mark.parametrize("source", ["meta", "storage:", "storage:a", "function:f", 5, None])
def test_a_source_that_can_not_work_is_refused(source: Any) -> None:
    with pytest.raises(ValueError, match=r"push\.device_source must be metadata, storage:"):
        Config.from_settings({"push.device_source": source})


@pytest.mark.asyncio
async def test_the_control_route_shows_the_sources_of_a_record(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    (device,) = await subscribed(onesignal, 1)
    server.nk.account_update_id(ada.user_id, {"os_player_id": device})
    await gift(server, ada)
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{server.console_url}/_control/pushes") as answer,
    ):
        (record,) = json.loads(await answer.text())["pushes"]
    assert record["device_sources"] == {device: "metadata"}
