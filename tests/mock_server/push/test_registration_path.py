"""Registrations that an app posts: `push.registration_path`."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer
from nakama_client import Client, PushDevice, RegistrationInfo, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login

REGISTRATION = json.loads((Path(__file__).parent / "data" / "registration.json").read_text())


async def post(
    server: MockServer, body: Any, *, path: str = "/push/registration", **headers: str
) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{server.http_url}{path}",
            data=body if isinstance(body, str) else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
        ) as answer,
    ):
        return answer.status, await answer.json()


def bearer(session: Session) -> dict[str, str]:
    return {"authorization": f"Bearer {session.token}"}


@pytest.mark.asyncio
async def test_the_json_of_the_app_is_taken_as_it_is(
    server: MockServer, client: Client, ada: Session
) -> None:
    assert await post(server, REGISTRATION, **bearer(ada)) == (200, {})
    (device,) = await server.devices(ada.user_id)
    assert device.info == REGISTRATION
    assert list(device.info) == list(REGISTRATION)
    assert (device.player_id, device.device_type) == ("xxxxxxx", 0)
    assert (device.identifier, device.installation_id) == ("xxxxxx", "xxxx-xxxx-xxxx-xxxx")
    metadata = (await client.get_account(ada)).user.metadata
    assert metadata == {"os_player_id": "xxxxxxx"}


@pytest.mark.parametrize(
    "cookie",
    [
        "session={token}",
        'other={{"a":"b"}}; session={token}; more=1',
        'session="{token}"',
        "malformed;;=;session={token}",
    ],
)
@pytest.mark.asyncio
async def test_a_registration_finds_the_user_by_the_cookie(
    server: MockServer, ada: Session, cookie: str
) -> None:
    status, _ = await post(server, REGISTRATION, Cookie=cookie.format(token=ada.token))
    assert status == 200
    assert len(await server.devices(ada.user_id)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic ZGVmYXVsdGtleTo="},
        {"Authorization": "Bearer nonsense"},
        {"Cookie": "session=nonsense"},
        {"Cookie": "another={token}"},
        {"Authorization": "Bearer nonsense", "Cookie": "session={token}"},
    ],
)
@pytest.mark.asyncio
async def test_without_a_session_nothing_is_stored(
    server: MockServer, ada: Session, headers: dict[str, str]
) -> None:
    filled = {name: value.format(token=ada.token) for name, value in headers.items()}
    status, body = await post(server, REGISTRATION, **filled)
    assert status == 401
    assert body["code"] == 16
    assert await server.devices(ada.user_id) == []


@pytest.mark.asyncio
async def test_a_session_that_was_logged_out_is_none(
    server: MockServer, client: Client, ada: Session
) -> None:
    await client.logout(ada)
    status, _ = await post(server, REGISTRATION, **bearer(ada))
    assert status == 401


@pytest.mark.asyncio
async def test_a_user_who_is_gone_has_no_devices(
    server: MockServer, client: Client, ada: Session
) -> None:
    await client.delete_account(ada)
    fresh = await login(client, "ada")
    status, _ = await post(server, REGISTRATION, **bearer(ada))
    assert status == 404
    assert await server.devices(fresh.user_id) == []


@pytest.mark.parametrize(
    "body", ["not json", "[1]", '{"oneSignalUserId": 5}', '{"oneSignalSubscribed": "yes"}']
)
@pytest.mark.asyncio
async def test_a_malformed_registration_is_refused(
    server: MockServer, ada: Session, body: str
) -> None:
    status, answer = await post(server, body, **bearer(ada))
    assert (status, answer["code"]) == (400, 3)
    assert await server.devices(ada.user_id) == []


@pytest.mark.asyncio
async def test_unknown_fields_of_a_registration_are_ignored(
    server: MockServer, ada: Session
) -> None:
    status, _ = await post(server, REGISTRATION | {"screenSize": "large"}, **bearer(ada))
    assert status == 200


@pytest.mark.asyncio
async def test_another_token_or_player_id_of_an_installation_replaces_the_old_one(
    server: MockServer, client: Client, ada: Session
) -> None:
    bob = await login(client, "bob")
    await post(server, REGISTRATION, **bearer(ada))
    await post(server, REGISTRATION, **bearer(bob))
    await post(server, REGISTRATION | {"oneSignalPushToken": "new token"}, **bearer(ada))
    await post(server, REGISTRATION | {"oneSignalUserId": "new player"}, **bearer(ada))
    for session in (ada, bob):
        (device,) = await server.devices(session.user_id)
        assert (device.player_id, device.identifier) == ("new player", "xxxxxx")


@pytest.mark.asyncio
async def test_a_reinstalled_app_is_another_device(server: MockServer, ada: Session) -> None:
    await post(server, REGISTRATION, **bearer(ada))
    again = {"oneSignalUserId": "2", "oneSignalPushToken": "2", "installationId": "2"}
    await post(server, REGISTRATION | again, **bearer(ada))
    assert len(await server.devices(ada.user_id)) == 2


@pytest.mark.parametrize("user_id", [None, ""])
@pytest.mark.asyncio
async def test_without_a_player_id_a_device_is_forgotten(
    server: MockServer, client: Client, ada: Session, user_id: str | None
) -> None:
    bob = await login(client, "bob")
    await post(server, REGISTRATION, **bearer(ada))
    await post(server, REGISTRATION, **bearer(bob))
    declined = REGISTRATION | {"oneSignalUserId": user_id, "oneSignalSubscribed": False}
    assert await post(server, declined, **bearer(ada)) == (200, {})
    assert await server.devices(ada.user_id) == []
    assert await server.devices(bob.user_id) == []
    assert (await client.get_account(bob)).user.metadata == {}


@pytest.mark.parametrize(("platform", "number"), [("android", 1), ("iOS", 0), ("web", None)])
@pytest.mark.asyncio
async def test_the_platform_decides_the_device_type(
    server: MockServer, ada: Session, platform: str, number: int | None
) -> None:
    await post(server, REGISTRATION | {"platform": platform}, **bearer(ada))
    assert (await server.devices(ada.user_id))[0].device_type == number


@pytest.mark.asyncio
async def test_a_registration_by_token_is_the_device_with_that_token(
    server: MockServer, client: Client, ada: Session
) -> None:
    by_rpc = await client.register_push(ada, device_type=1, identifier="token")
    told = {"platform": "android", "oneSignalPushToken": "token"}
    await post(server, REGISTRATION | told | {"oneSignalUserId": by_rpc.player_id}, **bearer(ada))
    (device,) = await server.devices(ada.user_id)
    assert device.info["platform"] == "android"
    await client.unregister_push(ada, device_type=1, identifier="token")
    assert await server.devices(ada.user_id) == []


@pytest.mark.asyncio
async def test_path_and_cookie_can_be_others(start: Start) -> None:
    settings = {"push__registration_path": "/phones", "push__registration_cookie": "game_session"}
    async with start(**settings) as server, client_of(server) as client:
        ada = await login(client, "ada")
        cookie = f"session={ada.token}"
        assert (await post(server, REGISTRATION, Cookie=cookie))[0] == 404
        assert (await post(server, REGISTRATION, path="/phones", Cookie=cookie))[0] == 401
        status, _ = await post(server, REGISTRATION, path="/phones", Cookie=f"game_{cookie}")
        assert status == 200


@pytest.mark.asyncio
async def test_without_the_setting_there_is_no_such_path(start: Start) -> None:
    async with start(push__registration_path="") as server, client_of(server) as client:
        ada = await login(client, "ada")
        assert (await post(server, REGISTRATION, **bearer(ada)))[0] == 404


@pytest.mark.asyncio
async def test_a_page_before_onesignal_has_answered_keeps_the_device(
    server: MockServer, ada: Session, onesignal: OneSignalStub
) -> None:
    info = RegistrationInfo(installation_id="the same", one_signal_push_token="token")
    for is_registered in (True, False):
        async with PushDevice(
            onesignal.url,
            onesignal.app_id,
            info=info,
            registration_url=f"{server.http_url}/push/registration",
            page_pattern=".*",
            cookies={"session": ada.token},
        ) as phone:
            if is_registered:
                await phone.register()
            reply = await phone.load_page("https://game.test/")
            assert reply is not None
            assert reply.status == 200
    assert len(await server.devices(ada.user_id)) == 1
