"""The built-in RPC functions `register_push` and `unregister_push`."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import Context, MockServer
from nakama_client import (
    ApiError,
    Client,
    DeviceType,
    FailedPrecondition,
    InternalError,
    InvalidArgument,
    NotFound,
    RpcError,
    Session,
    Unauthenticated,
)
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, WatchedClock, client_of, login
from tests.mock_server.push.flaky import FlakyOneSignal, answers, breaks

MODULE = """
def init_module(nk):
    nk.register_rpc(lambda context, payload: "the game's own", "Register_Push")
"""

LUA_MODULE = """
local nk = require("nakama")
nk.register_rpc(function(context, payload) return payload end, "register_push")
"""


async def metadata_of(client: Client, session: Session) -> dict[str, Any]:
    return dict((await client.get_account(session)).user.metadata)


async def player(onesignal: OneSignalStub, player_id: str) -> dict[str, Any]:
    url = f"{onesignal.url}/players/{player_id}?app_id={onesignal.app_id}"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return await answer.json()


@pytest.mark.asyncio
async def test_a_device_is_registered_and_kept_in_the_metadata(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    answer = await client.register_push(ada, device_type=DeviceType.ANDROID, identifier="a token")
    there = await player(onesignal, answer.player_id)
    assert (there["device_type"], there["identifier"], there["language"]) == (1, "a token", "en")
    assert await metadata_of(client, ada) == {"os_player_id": answer.player_id}
    (device,) = await server.devices(ada.user_id)
    assert (device.player_id, device.device_type, device.identifier) == (
        answer.player_id,
        1,
        "a token",
    )


@pytest.mark.asyncio
async def test_the_rest_of_the_metadata_stays_as_it_was(
    server: MockServer, client: Client, ada: Session
) -> None:
    server.nk.account_update_id(ada.user_id, {"level": 12, "ratio": 1.5, "os_player_id": "old"})
    answer = await client.register_push(ada, device_type=0, identifier="token")
    expected = {"level": 12, "ratio": 1.5, "os_player_id": answer.player_id}
    assert await metadata_of(client, ada) == expected
    await client.unregister_push(ada, device_type=0, identifier="token")
    assert await metadata_of(client, ada) == {"level": 12, "ratio": 1.5}


@pytest.mark.asyncio
async def test_the_language_is_that_of_the_account(
    client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    await client.update_account(ada, lang_tag="de")
    answer = await client.register_push(ada, device_type=1, identifier="token")
    assert (await player(onesignal, answer.player_id))["language"] == "de"


@pytest.mark.asyncio
async def test_register_push_works_over_the_socket(
    server: MockServer, client: Client, ada: Session
) -> None:
    async with client.socket(ada) as socket:
        answer = await socket.register_push(device_type=13, identifier="token")
        assert (await server.devices(ada.user_id))[0].player_id == answer.player_id
        with pytest.raises(RpcError, match="0 iOS, 1 Android, 2 Amazon"):
            await socket.register_push(device_type=99, identifier="token")


@pytest.mark.asyncio
async def test_a_user_has_several_devices(server: MockServer, client: Client, ada: Session) -> None:
    first = await client.register_push(ada, device_type=0, identifier="one")
    server.clock.advance(1)
    second = await client.register_push(ada, device_type=1, identifier="two")
    devices = await server.devices(ada.user_id)
    assert [device.player_id for device in devices] == [second.player_id, first.player_id]
    assert await metadata_of(client, ada) == {"os_player_id": second.player_id}
    await client.unregister_push(ada, device_type=1, identifier="two")
    assert await metadata_of(client, ada) == {"os_player_id": first.player_id}


@pytest.mark.asyncio
async def test_registering_again_changes_nothing_but_the_time(
    server: MockServer, client: Client, ada: Session
) -> None:
    first = await client.register_push(ada, device_type=0, identifier="one")
    server.clock.advance(60)
    assert await client.register_push(ada, device_type=0, identifier="one") == first
    (device,) = await server.devices(ada.user_id)
    assert device.registered_at == server.clock.time()


@pytest.mark.asyncio
async def test_a_device_serves_several_users_until_each_of_them_logs_out(
    server: MockServer, client: Client, ada: Session
) -> None:
    bob = await login(client, "bob")
    for_ada = await client.register_push(ada, device_type=0, identifier="shared")
    for_bob = await client.register_push(bob, device_type=0, identifier="shared")
    assert for_bob == for_ada
    await client.unregister_push(ada, device_type=0, identifier="shared")
    assert await server.devices(ada.user_id) == []
    assert [each.player_id for each in await server.devices(bob.user_id)] == [for_bob.player_id]
    await client.unregister_push(ada, device_type=0, identifier="shared")


@pytest.mark.asyncio
async def test_a_device_without_a_login_is_pruned(start: Start) -> None:
    async with start(push__device_expiry_sec=3600) as server, client_of(server) as client:
        ada = await login(client, "ada")
        stale = await client.register_push(ada, device_type=0, identifier="stale")
        server.clock.advance(3000)
        used = await client.register_push(ada, device_type=1, identifier="used")
        assert len(await server.devices(ada.user_id)) == 2
        server.clock.advance(700)
        assert [each.player_id for each in await server.devices(ada.user_id)] == [used.player_id]
        server.clock.advance(3000)
        assert await server.devices(ada.user_id) == []
        assert await metadata_of(client, ada) == {}
        assert stale.player_id != used.player_id


@pytest.mark.asyncio
async def test_devices_need_not_expire(start: Start) -> None:
    async with start(push__device_expiry_sec=0) as server, client_of(server) as client:
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=0, identifier="old")
        server.clock.advance(9_000_000)
        assert len(await server.devices(ada.user_id)) == 1


@pytest.mark.asyncio
async def test_devices_go_with_their_user_and_come_back_with_a_snapshot(
    server: MockServer, client: Client, ada: Session
) -> None:
    await client.register_push(ada, device_type=0, identifier="token")
    image = await server.snapshot()
    await client.delete_account(ada)
    assert await server.devices(ada.user_id) == []
    with pytest.raises(NotFound, match="account not found"):
        await client.register_push(ada, device_type=0, identifier="token")
    await server.restore(image)
    assert len(await server.devices(ada.user_id)) == 1


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"DeviceType": 12, "Identifier": "x"}, "0 iOS, 1 Android, .*17 Safari"),
        ({"DeviceType": "android", "Identifier": "x"}, "DeviceType must be one of"),
        ({"DeviceType": True, "Identifier": "x"}, "DeviceType must be one of"),
        ({"DeviceType": 1.5, "Identifier": "x"}, "DeviceType must be one of"),
        ({"Identifier": "x"}, "DeviceType must be one of"),
        ({"DeviceType": 1, "Identifier": ""}, "Identifier must be"),
        ({"DeviceType": 1, "Identifier": 5}, "Identifier must be"),
        ({"DeviceType": 1}, "Identifier must be"),
        ([1, 2], "Identifier must be"),
    ],
)
@pytest.mark.parametrize("rpc_id", ["register_push", "unregister_push"])
@pytest.mark.asyncio
async def test_a_payload_of_another_kind_is_refused(
    server: MockServer,
    client: Client,
    ada: Session,
    onesignal: OneSignalStub,
    rpc_id: str,
    payload: Any,
    problem: str,
) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        await client.rpc(ada, rpc_id, payload)
    assert await server.devices(ada.user_id) == []
    assert len(onesignal.journal) == 0


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ("not json", "not a valid JSON string: invalid character 'o' in literal null"),
        (None, r"bad argument #1 to json_decode \(expects JSON string\)"),
    ],
)
@pytest.mark.asyncio
async def test_a_payload_that_is_no_json_gets_the_words_of_the_tutorials_function(
    client: Client, ada: Session, payload: str | None, problem: str
) -> None:
    with pytest.raises(InternalError, match=problem):
        await client.rpc(ada, "register_push", payload)


@pytest.mark.asyncio
async def test_a_device_type_may_come_as_text(client: Client, ada: Session) -> None:
    reply = await client.rpc(ada, "register_push", {"DeviceType": "1", "Identifier": "x"})
    assert reply.json()["os_player_id"]


@pytest.mark.asyncio
async def test_without_a_user_nothing_is_registered(
    server: MockServer, client: Client, onesignal: OneSignalStub
) -> None:
    payload = {"DeviceType": 1, "Identifier": "x"}
    for rpc_id in ("register_push", "unregister_push"):
        with pytest.raises(Unauthenticated, match="not with the HTTP key"):
            await client.rpc_http_key(rpc_id, payload)
    assert len(onesignal.journal) == 0


@pytest.mark.asyncio
async def test_without_onesignal_the_answer_says_what_to_set(start: Start) -> None:
    async with start(onesignal__url="") as server, client_of(server) as client:
        ada = await login(client, "ada")
        with pytest.raises(FailedPrecondition, match=r"set onesignal\.url"):
            await client.register_push(ada, device_type=1, identifier="x")
        assert await server.devices(ada.user_id) == []


@pytest.mark.asyncio
async def test_a_function_of_the_game_takes_the_place_of_the_built_in_one(
    start: Start, tmp_path: Path, onesignal: OneSignalStub
) -> None:
    (tmp_path / "game.py").write_text(MODULE)
    async with start(runtime__path=str(tmp_path)) as server, client_of(server) as client:
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="x")
        assert (answer.player_id, answer.payload) == ("", "the game's own")
        assert len(onesignal.journal) == 0

        @server.rpc("unregister_push")
        def unregister_push(context: Context, payload: str) -> str:
            return "mine, too"

        reply = await client.rpc(ada, "unregister_push", "")
        assert reply.payload == "mine, too"
        await server.reset()
        ada = await login(client, "ada")
        with pytest.raises(ApiError):
            await client.rpc(ada, "unregister_push", "")


@pytest.mark.asyncio
async def test_a_function_in_lua_takes_its_place_too(
    start: Start, tmp_path: Path, onesignal: OneSignalStub
) -> None:
    pytest.importorskip("lupa")
    (tmp_path / "game.lua").write_text(LUA_MODULE)
    async with start(runtime__path=str(tmp_path)) as server, client_of(server) as client:
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="x")
        assert answer.payload == '{"DeviceType":1,"Identifier":"x"}'
        assert len(onesignal.journal) == 0


@pytest.mark.asyncio
async def test_while_onesignal_is_down_a_registration_waits(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url, breaks, answers(503)) as flaky,
        start(onesignal__url=flaky.url) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="token")
        assert (answer.player_id, answer.payload) == ("", "{}")
        (device,) = await server.devices(ada.user_id)
        assert device.player_id is None
        assert "no answer" in device.problem
        await clock.advance_past_sleep()
        await clock.advance_past_sleep()
        await onesignal.journal.wait_for(lambda entry: entry.name == "POST /players")
        answer = await client.register_push(ada, device_type=1, identifier="token")
        (device,) = await server.devices(ada.user_id)
        assert device.player_id == answer.player_id
        assert device.problem == ""


@pytest.mark.asyncio
async def test_a_device_given_up_meanwhile_stays_given_up(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url, breaks) as flaky,
        start(onesignal__url=flaky.url) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="token")
        await client.unregister_push(ada, device_type=1, identifier="token")
        await clock.advance_past_sleep()
        other = await client.register_push(ada, device_type=1, identifier="another")
        assert [each.player_id for each in await server.devices(ada.user_id)] == [other.player_id]
        assert await metadata_of(client, ada) == {"os_player_id": other.player_id}
        assert [body["identifier"] for _, body in flaky.requests] == ["token", "another"]


@pytest.mark.asyncio
async def test_what_onesignal_refuses_is_noted_and_not_repeated(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(onesignal__rest_key="wrong") as server, client_of(server) as client:
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="token")
        assert answer.player_id == ""
        (device,) = await server.devices(ada.user_id)
        assert "Access denied" in device.problem
        server.clock.advance(3600)
        assert len(onesignal.journal) == 1
